/* The tier that every processor runs, and the reference for all others: one float a vector, plain C. */
#include <float.h>
#include <string.h>

#include "kernel.h"

_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 16, "floats must be computed as floats: no x87");

/* Every 64-bit ARM has NEON: there this tier is a reference, and small code is worth more than fast code. */
#if defined(__clang__) && defined(DRP_AARCH64)
#pragma clang attribute push(__attribute__((minsize)), apply_to = function)
#endif

#define V_NAME(function) scalar_##function
#define V_LANES 1
#define V_INTERLEAVED 0
typedef float vfloat;
typedef int32_t vint;

static inline vfloat v_load(const float *p) { return *p; }
static inline void v_store(float *p, vfloat x) { *p = x; }
static inline vfloat v_set(float x) { return x; }
static inline vint v_iset(int32_t x) { return x; }
static inline vfloat v_add(vfloat a, vfloat b) { return a + b; }
static inline vfloat v_sub(vfloat a, vfloat b) { return a - b; }
static inline vfloat v_mul(vfloat a, vfloat b) { return a * b; }
static inline vfloat v_div(vfloat a, vfloat b) { return a / b; }
static inline vfloat v_min(vfloat a, vfloat b) { return a < b ? a : b; }
static inline vfloat v_max(vfloat a, vfloat b) { return a > b ? a : b; }
static inline vint v_bits(vfloat x) {
    vint bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline vfloat v_float(vint bits) {
    vfloat x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
/* Unsigned: overflow wraps, as in vector registers. */
static inline vint v_iadd(vint a, vint b) { return (vint)((uint32_t)a + (uint32_t)b); }
static inline vint v_ishl23(vint a) { return (vint)((uint32_t)a << 23); }
static inline vfloat v_from_int(vint a) { return (float)a; }
static inline vfloat v_number(vfloat x) { return x == x ? x : 0.0f; }
static inline void v_store_low_halves(int16_t *p, vint a) { *p = (int16_t)a; }
static inline void v_store_low_bytes(uint8_t *p, vint a) { *p = (uint8_t)a; }

/* The W operations of int16_cell.h: one int16, held in an int. */
#define W(name) w_##name
#define W_LANES 1
#define wvec int
static inline int w_saturated(int x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }
static inline wvec W(load)(const int16_t *p) { return *p; }
static inline void W(store)(int16_t *p, wvec x) { *p = (int16_t)x; }
static inline wvec W(set)(int x) { return x; }
static inline wvec W(mulhrs)(wvec a, wvec b) { return (a * b + (1 << 14)) >> 15; }
static inline wvec W(add)(wvec a, wvec b) { return (int16_t)(a + b); }
static inline wvec W(sub)(wvec a, wvec b) { return (int16_t)(a - b); }
static inline wvec W(adds)(wvec a, wvec b) { return w_saturated(a + b); }
static inline wvec W(sign)(wvec z) { return z >> 15; }
static inline wvec W(xor)(wvec a, wvec b) { return a ^ b; }
static inline wvec W(flip_if_positive)(wvec q, wvec sign) { return q ^ (0x7fff & ~sign); }
static inline wvec W(flip)(wvec q, wvec sign) { return q ^ 0x7fff ^ sign; }
static inline void W(store_bytes)(uint8_t *p, wvec h) { *p = (uint8_t)h; }
static inline wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    (void)gates;
    return w_saturated(*sums >> *shifts); /* of a negative sum as of a vector: GCC and Clang define it */
}

/* One function for every number of gates: gcc would make a copy for each, four times as much code, which is slower. */
#if defined(__GNUC__) && !defined(__clang__)
__attribute__((noinline, noclone)) static void
#else
static inline void
#endif
v_dot_panel(const int8_t *values, uint32_t groups, int gates, const uint8_t *input,
                               const int32_t *starts, vint *sums) {
    (void)starts;
    for (int gate = 0; gate < gates; ++gate) {
        vint *sum = sums + gate * DRP_LANES;
        memset(sum, 0, DRP_LANES * sizeof *sum);
        for (uint32_t group = 0; group < groups; ++group, values += DRP_LANES * DRP_DOT)
            for (int lane = 0; lane < DRP_LANES; ++lane)
                for (int k = 0; k < DRP_DOT; ++k)
                    sum[lane] += values[lane * DRP_DOT + k] * (int8_t)input[group * DRP_DOT + k];
    }
}

#include "vector_math.h"

#if defined(__clang__) && defined(DRP_AARCH64)
#pragma clang attribute pop
#endif

const drp_tier drp_scalar = V_TABLE("scalar", 0);
