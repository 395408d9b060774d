/* x86-64 with AVX2: eight floats a vector. */
#include "kernel.h"

#ifdef DRP_X86_64
#include "target.h"
DRP_TARGET_BEGIN("avx2")
#include <immintrin.h>

#define V_NAME(function) avx2_##function
#define V_LANES 8
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
static inline vint v_isub(vint a, vint b) { return _mm256_sub_epi32(a, b); }
static inline vint v_ishl23(vint a) { return _mm256_slli_epi32(a, 23); }
static inline vfloat v_from_int(vint a) { return _mm256_cvtepi32_ps(a); }
static inline void v_store_low_bytes(uint8_t *p, vint a) {
    const vint low = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1,
                                      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    vint packed = _mm256_shuffle_epi8(a, low);
    __m128i both = _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
    _mm_storel_epi64((__m128i *)p, both);
}

/* maddubs multiplies unsigned by signed bytes and adds pairs into int16: |input| times the weight with the input's sign,
 * at most 2 * 128 * 127 = 32512, so nothing saturates. */
__attribute__((always_inline)) static inline void v_dot_panel(const int8_t *values, uint32_t groups, const int gates,
                                                              const uint8_t *input, const int32_t *column_sums,
                                                              vint *sums) {
    (void)column_sums;
    const vint ones = _mm256_set1_epi16(1);
    for (int v = 0; v < 2 * gates; ++v) sums[v] = _mm256_setzero_si256();
    size_t gate_bytes = (size_t)groups * DRP_LANES * DRP_DOT;
    for (uint32_t group = 0; group < groups; ++group, values += DRP_LANES * DRP_DOT) {
        int32_t four;
        __builtin_memcpy(&four, input + group * DRP_DOT, sizeof four);
        vint x = _mm256_set1_epi32(four), magnitude = _mm256_abs_epi8(x);
        for (int v = 0; v < 2 * gates; ++v) {
            const int8_t *weights = values + (size_t)(v / 2) * gate_bytes + (v & 1) * 32;
            vint w = _mm256_sign_epi8(_mm256_load_si256((const vint *)weights), x);
            vint pairs = _mm256_maddubs_epi16(magnitude, w);
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(pairs, ones));
        }
    }
}

#include "vector_math.h"

const drp_tier drp_avx2 = V_TABLE("avx2", 0);
DRP_TARGET_END
#else
typedef int drp_no_avx2; /* a translation unit holds something */
#endif
