/* x86-64 with AVX-512 (F, BW, VL, DQ) and VNNI: sixteen floats a vector, four int8 products a lane and instruction. */
#include "kernel.h"

#ifdef DRP_X86_64
#include "target.h"
DRP_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")
#include <immintrin.h>

#define V_NAME(function) avx512vnni_##function
#define V_LANES 16
#define V_INTERLEAVED 16
typedef __m512 vfloat;
typedef __m512i vint;

static inline vfloat v_load(const float *p) { return _mm512_load_ps(p); }
static inline void v_store(float *p, vfloat x) { _mm512_store_ps(p, x); }
static inline vfloat v_set(float x) { return _mm512_set1_ps(x); }
static inline vint v_iset(int32_t x) { return _mm512_set1_epi32(x); }
static inline vfloat v_add(vfloat a, vfloat b) { return _mm512_add_ps(a, b); }
static inline vfloat v_sub(vfloat a, vfloat b) { return _mm512_sub_ps(a, b); }
static inline vfloat v_mul(vfloat a, vfloat b) { return _mm512_mul_ps(a, b); }
static inline vfloat v_div(vfloat a, vfloat b) { return _mm512_div_ps(a, b); }
static inline vfloat v_min(vfloat a, vfloat b) { return _mm512_min_ps(a, b); }
static inline vfloat v_max(vfloat a, vfloat b) { return _mm512_max_ps(a, b); }
static inline vint v_bits(vfloat x) { return _mm512_castps_si512(x); }
static inline vfloat v_float(vint x) { return _mm512_castsi512_ps(x); }
static inline vint v_iadd(vint a, vint b) { return _mm512_add_epi32(a, b); }
static inline vint v_ishl23(vint a) { return _mm512_slli_epi32(a, 23); }
static inline vfloat v_from_int(vint a) { return _mm512_cvtepi32_ps(a); }
static inline vfloat v_number(vfloat x) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x); }
static inline vfloat v_floored(vfloat x) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(DRP_STATE_FLOOR), _CMP_NLT_UQ), x);
}
/* A number below the range of int32 becomes the least one, as any above it would. */
#define V_STORES_I16
static inline void v_store_i16(int16_t *p, vfloat x) {
    vint rounded = _mm512_maskz_cvtps_epi32(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), _mm512_min_ps(x, _mm512_set1_ps(32767.0f)));
    _mm256_store_si256((__m256i *)(void *)p, _mm512_cvtsepi32_epi16(rounded));
}
/* dpbusd wants one factor unsigned: inputs are stored plus 128 (flip), which adds 128 times the sum of a column. */
static inline void v_store_low_bytes(uint8_t *p, vint a) {
    _mm_storeu_si128((__m128i *)p, _mm_xor_si128(_mm512_cvtepi32_epi8(a), _mm_set1_epi8((char)0x80)));
}

/* As _mm512_dpbusd_epi32, which GCC 12 surrounds with copies of its accumulator. */
static inline vint v_dot(vint sum, vint unsigned_bytes, const int8_t *weights) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(unsigned_bytes), "m"(*(const vint *)(const void *)weights));
    return sum;
}

static inline vint v_broadcast_four(const uint8_t *input) {
    int32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    return _mm512_set1_epi32(four);
}

/* Adds the products of inputs from group `from` to group `to` to the sums of eight columns of sixteen, which have names so that
 * compilers keep them in registers. A column's weights are `next` bytes behind those of the one before. */
DRP_INLINE void v_add_eight(const int8_t *values, size_t next, uint32_t from, uint32_t to, const uint8_t *input, vint *sums) {
    const int8_t *more = values + 4 * next;
    vint a = sums[0], b = sums[1], c = sums[2], d = sums[3], e = sums[4], f = sums[5], g = sums[6], h = sums[7];
    for (size_t group = from; group < to; ++group) {
        vint x = v_broadcast_four(input + group * DRP_DOT);
        size_t at = group * DRP_LANES * DRP_DOT;
        a = v_dot(a, x, values + at);
        b = v_dot(b, x, values + next + at);
        c = v_dot(c, x, values + 2 * next + at);
        d = v_dot(d, x, values + 3 * next + at);
        e = v_dot(e, x, more + at);
        f = v_dot(f, x, more + next + at);
        g = v_dot(g, x, more + 2 * next + at);
        h = v_dot(h, x, more + 3 * next + at);
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d, sums[4] = e, sums[5] = f, sums[6] = g, sums[7] = h;
}

/* The same of `gates` columns. */
DRP_INLINE void v_add_products(const int8_t *values, size_t next, uint32_t from, uint32_t to, const int gates,
                               const uint8_t *input, vint *sums) {
    if (gates == 8) {
        v_add_eight(values, next, from, to, input, sums);
        return;
    }
    for (uint32_t group = from; group < to; ++group) {
        vint x = v_broadcast_four(input + group * DRP_DOT);
        for (int gate = 0; gate < gates; ++gate)
            sums[gate] = v_dot(sums[gate], x, values + (size_t)gate * next + (size_t)group * DRP_LANES * DRP_DOT);
    }
}

DRP_INLINE void v_start(const int32_t *starts, const int gates, vint *sums) {
    for (int gate = 0; gate < gates; ++gate) sums[gate] = _mm512_load_si512(starts + gate * DRP_LANES);
}

DRP_INLINE void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input, const int32_t *starts, bool small, vint *sums) {
    (void)small;
    v_start(starts, gates, sums);
    v_add_products(values, (size_t)groups * DRP_LANES * DRP_DOT, 0, groups, gates, input, sums);
}

/* int16 cells: two panels are a vector of 32, an odd one is a vector of 16. States are aligned to panels only. */
#define W(name) zmm_##name
#define wvec vint
DRP_INLINE wvec W(load)(const int16_t *p) { return _mm512_loadu_si512(p); }
DRP_INLINE void W(store)(int16_t *p, wvec x) { _mm512_storeu_si512(p, x); }
DRP_INLINE wvec W(set)(int x) { return _mm512_set1_epi16((short)x); }
DRP_INLINE wvec W(mulhrs)(wvec a, wvec b) { return _mm512_mulhrs_epi16(a, b); }
DRP_INLINE wvec W(add)(wvec a, wvec b) { return _mm512_add_epi16(a, b); }
DRP_INLINE wvec W(sub)(wvec a, wvec b) { return _mm512_sub_epi16(a, b); }
DRP_INLINE wvec W(adds)(wvec a, wvec b) { return _mm512_adds_epi16(a, b); }
DRP_INLINE wvec W(sign)(wvec z) { return _mm512_srai_epi16(z, 15); }
DRP_INLINE wvec W(xor)(wvec a, wvec b) { return _mm512_xor_si512(a, b); }
/* Truth tables over (q, sign, 0x7fff): q ^ (0x7fff & ~sign), and q ^ sign ^ 0x7fff. */
DRP_INLINE wvec W(flip_if_positive)(wvec q, wvec sign) { return _mm512_ternarylogic_epi32(q, sign, W(set)(0x7fff), 0xd2); }
DRP_INLINE wvec W(flip)(wvec q, wvec sign) { return _mm512_ternarylogic_epi32(q, sign, W(set)(0x7fff), 0x96); }
DRP_INLINE void W(store_bytes)(uint8_t *p, wvec h) {
    _mm256_storeu_si256((__m256i *)(void *)p, _mm256_xor_si256(_mm512_cvtepi16_epi8(h), _mm256_set1_epi8((char)0x80)));
}
/* A gate of two panels, `gates` sums apart. */
DRP_INLINE wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    return _mm512_packs_epi32(_mm512_srav_epi32(sums[0], _mm512_load_si512(shifts)),
                              _mm512_srav_epi32(sums[gates], _mm512_load_si512(shifts + gates * DRP_LANES)));
}
enum { V_PER_PANEL = 1 };
#include "int16_cell.h"
#undef W
#undef wvec

#define W_FLIP 0x80
#include "int16_ymm.h"
DRP_INLINE wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    (void)gates;
    return _mm512_cvtsepi32_epi16(_mm512_srav_epi32(sums[0], _mm512_load_si512(shifts)));
}

#include "vector_math.h"

const drp_tier drp_avx512vnni = V_TABLE("avx512vnni", 0x80);
DRP_TARGET_END
#else
typedef int drp_no_avx512vnni; /* a translation unit holds something */
#endif
