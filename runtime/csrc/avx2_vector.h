/* The v_ operations of vector_math.h on AVX2, eight floats a vector, and the W operations; shared by avx2.c and avxvnni.c.
 * W_FLIP is what stored bytes are changed by. */
#define V_LANES 8
#define V_INTERLEAVED 8
typedef __m256 vfloat;
typedef __m256i vint;

static inline vfloat v_load(const float *p) { return _mm256_load_ps(p); }
static inline void v_store(float *p, vfloat x) { _mm256_store_ps(p, x); }
static inline vfloat v_set(float x) { return _mm256_set1_ps(x); }
static inline vint v_iset(int32_t x) { return _mm256_set1_epi32(x); }
static inline vfloat v_add(vfloat a, vfloat b) { return _mm256_add_ps(a, b); }
static inline vfloat v_sub(vfloat a, vfloat b) { return _mm256_sub_ps(a, b); }
static inline vfloat v_mul(vfloat a, vfloat b) { return _mm256_mul_ps(a, b); }
static inline vfloat v_div(vfloat a, vfloat b) { return _mm256_div_ps(a, b); }
static inline vfloat v_min(vfloat a, vfloat b) { return _mm256_min_ps(a, b); }
static inline vfloat v_max(vfloat a, vfloat b) { return _mm256_max_ps(a, b); }
static inline vint v_bits(vfloat x) { return _mm256_castps_si256(x); }
static inline vfloat v_float(vint x) { return _mm256_castsi256_ps(x); }
static inline vint v_iadd(vint a, vint b) { return _mm256_add_epi32(a, b); }
static inline vint v_ishl23(vint a) { return _mm256_slli_epi32(a, 23); }
static inline vfloat v_from_int(vint a) { return _mm256_cvtepi32_ps(a); }
static inline vfloat v_number(vfloat x) { return _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q)); }
static inline vfloat v_floored(vfloat x) {
    const vfloat magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
    return _mm256_and_ps(x, _mm256_cmp_ps(magnitude, _mm256_set1_ps(DRP_STATE_FLOOR), _CMP_NLT_UQ));
}
/* A number below the range of int32 becomes the least one, as any above it would. */
#define V_STORES_I16
static inline void v_store_i16(int16_t *p, vfloat x) {
    vint rounded = _mm256_cvtps_epi32(v_min(v_number(x), _mm256_set1_ps(32767.0f)));
    vint packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(rounded, rounded), 0x08);
    _mm_store_si128((__m128i *)(void *)p, _mm256_castsi256_si128(packed));
}
static inline void v_store_low_bytes(uint8_t *p, vint a) {
    const vint low = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1,
                                      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    vint packed = _mm256_shuffle_epi8(a, low);
    __m128i both = _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_xor_si128(both, _mm_set1_epi8((char)W_FLIP)));
}

#include "int16_ymm.h"
DRP_INLINE wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    (void)gates;
    return _mm256_packs_epi32(_mm256_srav_epi32(sums[0], _mm256_load_si256((const vint *)(const void *)shifts)),
                              _mm256_srav_epi32(sums[1], _mm256_load_si256((const vint *)(const void *)(shifts + V_LANES))));
}
