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
static inline vfloat v_floored(vfloat x) { return x < DRP_STATE_FLOOR && x > -DRP_STATE_FLOOR ? 0.0f : x; }
static inline void v_store_low_halves(int16_t *p, vint a) { *p = (int16_t)a; }
static inline void v_store_low_bytes(uint8_t *p, vint a) { *p = (uint8_t)a; }

/* The W operations of int16_cell.h: one int16, held in an int. */
#define W(name) w_##name
#define W_SHIFTS
#define W_LANES 1
#define wvec int
static inline int w_saturated(int x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }
static inline wvec W(load)(const int16_t *p) { return *p; }
static inline void W(store)(int16_t *p, wvec x) { *p = (int16_t)x; }
static inline wvec W(set)(int x) { return x; }
#ifdef __ARM_FEATURE_SIMD32 /* compilers add in an instruction of its own */
static inline wvec W(mulhrs)(wvec a, wvec b) {
    int sum;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(1 << 14));
    return sum >> 15;
}
#else
static inline wvec W(mulhrs)(wvec a, wvec b) { return (a * b + (1 << 14)) >> 15; }
#endif
static inline wvec W(add)(wvec a, wvec b) { return a + b; } /* int16_cell.h says that they fit */
static inline wvec W(sub)(wvec a, wvec b) { return a - b; }
static inline wvec W(adds)(wvec a, wvec b) { return w_saturated(a + b); }
static inline wvec W(shifted)(wvec a, uint32_t n) { return w_saturated(a * (1 << n)); }
static inline wvec W(sign)(wvec z) { return z >> 15; }
static inline wvec W(xor)(wvec a, wvec b) { return a ^ b; }
static inline wvec W(flip_if_positive)(wvec q, wvec sign) { return q ^ (0x7fff & ~sign); }
static inline wvec W(flip)(wvec q, wvec sign) { return q ^ 0x7fff ^ sign; }
static inline void W(store_bytes)(uint8_t *p, wvec h) { *p = (uint8_t)h; }
static inline wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    (void)gates;
    return w_saturated(*sums >> *shifts); /* of a negative sum as of a vector: GCC and Clang define it */
}

/* One function for every number of gates: a copy for each is four times as much code, and slower. */
#if defined(__GNUC__) && !defined(__clang__)
#define DOT_PANEL __attribute__((noinline, noclone)) static void
#else
#define DOT_PANEL __attribute__((noinline)) static void
#endif

#if defined(__ARM_FEATURE_SIMD32) && defined(__OPTIMIZE__) /* without, a frame pointer may take one of the registers */
/* Two pairs of products for a column whose weights are in a register, which is lost: even has input 0 and 2 of the group. */
#define ADD_FOUR(SUM, WEIGHTS)               \
    "sxtb16 %[pair], " WEIGHTS "\n\t"         \
    "sxtb16 " WEIGHTS ", " WEIGHTS ", ror #8\n\t" \
    "smlad " SUM ", %[pair], r2, " SUM "\n\t" \
    "smlad " SUM ", " WEIGHTS ", r3, " SUM "\n\t"

/* The instructions of Armv6 (Pi Zero, Pi 1): SXTB16 widens bytes 0 and 2 of a word, or 1 and 3, and SMLAD adds two products of
 * int16. Inputs are widened once for all columns, BLOCK groups at a time. */
DOT_PANEL v_dot_panel(const int8_t *values, uint32_t groups, int gates, const uint8_t *input, const int32_t *starts, bool small, vint *sums) {
    enum { BLOCK = 16, COLUMNS = 4, GROUP_BYTES = DRP_LANES * DRP_DOT };
    const size_t gate_bytes = (size_t)groups * GROUP_BYTES;
    (void)starts, (void)small;
    if (!groups) memset(sums, 0, (size_t)gates * DRP_LANES * sizeof *sums);
    for (uint32_t first = 0; first < groups; first += BLOCK) {
        uint32_t count = groups - first < BLOCK ? groups - first : BLOCK;
        uint32_t widened[2 * BLOCK];
        for (uint32_t k = 0; k < count; ++k) {
            uint32_t four;
            memcpy(&four, input + (size_t)(first + k) * DRP_DOT, sizeof four);
            __asm__("sxtb16 %0, %1" : "=r"(widened[2 * k]) : "r"(four));
            __asm__("sxtb16 %0, %1, ror #8" : "=r"(widened[2 * k + 1]) : "r"(four));
        }
        for (int column = 0; column < gates * DRP_LANES; column += COLUMNS) {
            const int8_t *weights = values + (size_t)(column / DRP_LANES) * gate_bytes + (size_t)first * GROUP_BYTES +
                                    column % DRP_LANES * DRP_DOT;
            const uint32_t *x = widened;
            vint a = 0, b = 0, c = 0, d = 0;
            if (first) a = sums[column], b = sums[column + 1], c = sums[column + 2], d = sums[column + 3];
            uint32_t left = count, pair;
            __asm__("1:\n\t"
                    "ldmia %[x]!, {r2, r3}\n\t"
                    "ldmia %[weights]!, {r4, r5}\n\t" ADD_FOUR("%[a]", "r4") ADD_FOUR("%[b]", "r5")
                    "ldmia %[weights], {r4, r5}\n\t" ADD_FOUR("%[c]", "r4") ADD_FOUR("%[d]", "r5")
                    "add %[weights], %[weights], #56\n\t" /* GROUP_BYTES from where the group began */
                    "subs %[left], %[left], #1\n\t"
                    "bne 1b"
                    : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [x] "+r"(x), [weights] "+r"(weights),
                      [left] "+r"(left), [pair] "=&r"(pair)
                    :
                    : "r2", "r3", "r4", "r5", "cc", "memory");
            sums[column] = a, sums[column + 1] = b, sums[column + 2] = c, sums[column + 3] = d;
        }
    }
}
#else
DOT_PANEL v_dot_panel(const int8_t *values, uint32_t groups, int gates, const uint8_t *input, const int32_t *starts, bool small, vint *sums) {
    (void)starts, (void)small;
    for (int gate = 0; gate < gates; ++gate) {
        vint *sum = sums + gate * DRP_LANES;
        memset(sum, 0, DRP_LANES * sizeof *sum);
        for (uint32_t group = 0; group < groups; ++group, values += DRP_LANES * DRP_DOT)
            for (int lane = 0; lane < DRP_LANES; ++lane)
                for (int k = 0; k < DRP_DOT; ++k)
                    sum[lane] += values[lane * DRP_DOT + k] * (int8_t)input[group * DRP_DOT + k];
    }
}
#endif

#include "vector_math.h"

#if defined(__clang__) && defined(DRP_AARCH64)
#pragma clang attribute pop
#endif

const drp_tier drp_scalar = V_TABLE("scalar", 0);
