/* Arm with NEON, 64-bit (every Pi since the 3) and 32-bit (Pi 2 to 4 under a 32-bit system): four floats a vector. */
#include "kernel.h"

#if defined(DRP_AARCH64) || defined(DRP_ARMV7)
#include "target.h"
#ifndef __ARM_NEON /* a 32-bit compiler's default may lack it; dispatch.c asks the processor */
#define DRP_NEON_IS_OPTIONAL 1
DRP_TARGET_BEGIN("fpu=neon")
#endif
#include <arm_neon.h>

#define V_NAME(function) neon_##function
#include "neon_vector.h"

static inline vint v_pairwise_sums(vint low, vint high) {
#ifdef DRP_AARCH64
    return vpaddq_s32(low, high);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
}

/* The upper halves of both factors; 64-bit Arm multiplies them in place. */
static inline int16x8_t v_multiply_upper(int8x16_t a, int8x16_t b) {
#ifdef DRP_AARCH64
    return vmull_high_s8(a, b);
#else
    return vmull_s8(vget_high_s8(a), vget_high_s8(b));
#endif
}

static inline int16x8_t v_multiply_add_upper(int16x8_t sum, int8x16_t a, int8x16_t b) {
#ifdef DRP_AARCH64
    return vmlal_high_s8(sum, a, b);
#else
    return vmlal_s8(sum, vget_high_s8(a), vget_high_s8(b));
#endif
}

enum { GROUP_BYTES = DRP_LANES * DRP_DOT, HALVES = 8 };

/* Four bytes of the input, in every group of four. When Clang sees that both halves are the same, it multiplies the upper
 * halves of weights with the lower one, and has to move them down first. The empty assembly hides it. */
static inline int8x16_t v_input_group(const uint8_t *input) {
    int8x16_t x = v_four(input);
#if defined(DRP_AARCH64) && defined(__clang__)
    __asm__("" : "+w"(x));
#endif
    return x;
}

/* Adds one group of a gate to its sums, of which each column has two. */
static inline void v_add_group(const int8_t *values, const uint8_t *input, vint halves[HALVES]) {
    int8x16_t x = v_input_group(input);
    for (int v = 0; v < HALVES; v += 2) {
        int8x16_t w = vld1q_s8(values + v * 8);
        halves[v] = vpadalq_s16(halves[v], vmull_s8(vget_low_s8(w), vget_low_s8(x)));
        halves[v + 1] = vpadalq_s16(halves[v + 1], v_multiply_upper(w, x));
    }
}

/* 32-bit code has sixteen registers, and GCC would fill them with weights loaded ahead and put the sums on the stack. */
#ifdef DRP_ARMV7
#define V_LOADS_STAY_HERE __asm__ volatile("" ::: "memory")
#else
#define V_LOADS_STAY_HERE ((void)0)
#endif

/* The same with two groups: two products share an int16 lane (at most 2 * 128 * 127 = 32512) before neighbours are added
 * into int32. */
static inline void v_add_two_groups(const int8_t *values, const uint8_t *input, vint halves[HALVES]) {
    int8x16_t x0 = v_input_group(input), x1 = v_input_group(input + DRP_DOT);
    for (int v = 0; v < HALVES; v += 2) {
        int8x16_t w0 = vld1q_s8(values + v * 8), w1 = vld1q_s8(values + GROUP_BYTES + v * 8);
        int16x8_t lower = vmlal_s8(vmull_s8(vget_low_s8(w0), vget_low_s8(x0)), vget_low_s8(w1), vget_low_s8(x1));
        int16x8_t upper = v_multiply_add_upper(v_multiply_upper(w0, x0), w1, x1);
        halves[v] = vpadalq_s16(halves[v], lower);
        halves[v + 1] = vpadalq_s16(halves[v + 1], upper);
        V_LOADS_STAY_HERE;
    }
}

/* The same with four groups of small weights: four products share an int16 lane (at most 4 * 128 * DRP_SMALL = 32256). */
static inline void v_add_four_groups(const int8_t *values, const uint8_t *input, vint halves[HALVES]) {
    int8x16_t x[4];
    for (int k = 0; k < 4; ++k) x[k] = v_input_group(input + k * DRP_DOT);
    for (int v = 0; v < HALVES; v += 2) {
        int8x16_t w = vld1q_s8(values + v * 8);
        int16x8_t lower = vmull_s8(vget_low_s8(w), vget_low_s8(x[0])), upper = v_multiply_upper(w, x[0]);
        for (int k = 1; k < 4; ++k) {
            w = vld1q_s8(values + k * GROUP_BYTES + v * 8);
            lower = vmlal_s8(lower, vget_low_s8(w), vget_low_s8(x[k]));
            upper = v_multiply_add_upper(upper, w, x[k]);
        }
        halves[v] = vpadalq_s16(halves[v], lower);
        halves[v + 1] = vpadalq_s16(halves[v + 1], upper);
        V_LOADS_STAY_HERE;
    }
}

/* Four groups a turn, which costs fewer instructions for counting and addresses than two. */
DRP_INLINE void v_add_gates(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input, const bool small,
                            vint *sums) {
    for (int gate = 0; gate < gates; ++gate) {
        vint halves[HALVES];
        for (int v = 0; v < HALVES; ++v) halves[v] = vdupq_n_s32(0);
        const uint8_t *x = input;
        uint32_t left = groups;
        for (; left >= 4; left -= 4, x += 4 * DRP_DOT, values += 4 * GROUP_BYTES) {
            if (small) {
                v_add_four_groups(values, x, halves);
            } else {
                v_add_two_groups(values, x, halves);
                v_add_two_groups(values + 2 * GROUP_BYTES, x + 2 * DRP_DOT, halves);
            }
        }
        for (; left > 0; --left, x += DRP_DOT, values += GROUP_BYTES) v_add_group(values, x, halves);
        for (int v = 0; v < 4; ++v) sums[gate * 4 + v] = v_pairwise_sums(halves[2 * v], halves[2 * v + 1]);
    }
}

static inline void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                               const int32_t *starts, bool small, vint *sums) {
    (void)starts;
    if (small)
        v_add_gates(values, groups, gates, input, true, sums);
    else
        v_add_gates(values, groups, gates, input, false, sums);
}

#include "vector_math.h"

const drp_tier drp_neon = V_TABLE("neon", 0);
#ifdef DRP_NEON_IS_OPTIONAL
DRP_TARGET_END
#endif
#else
typedef int drp_no_neon; /* a translation unit holds something */
#endif
