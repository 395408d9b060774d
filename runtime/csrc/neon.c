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

/* Two products of int8 share an int16 lane (at most 2 * 128 * 127 = 32512), then neighbours are added into int32. */
static inline void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                               const int32_t *column_sums, vint *sums) {
    (void)column_sums;
    enum { GROUP_BYTES = DRP_LANES * DRP_DOT };
    for (int gate = 0; gate < gates; ++gate) {
        vint halves[8];
        for (int v = 0; v < 8; ++v) halves[v] = vdupq_n_s32(0);
        uint32_t group = 0;
        for (; group + 2 <= groups; group += 2, values += 2 * GROUP_BYTES) {
            int8x8_t x0 = vget_low_s8(v_four(input + group * DRP_DOT));
            int8x8_t x1 = vget_low_s8(v_four(input + group * DRP_DOT + DRP_DOT));
            for (int v = 0; v < 8; ++v) {
                int16x8_t products = vmull_s8(vld1_s8(values + v * 8), x0);
                products = vmlal_s8(products, vld1_s8(values + GROUP_BYTES + v * 8), x1);
                halves[v] = vpadalq_s16(halves[v], products);
            }
        }
        if (group < groups) {
            int8x8_t x0 = vget_low_s8(v_four(input + group * DRP_DOT));
            for (int v = 0; v < 8; ++v)
                halves[v] = vpadalq_s16(halves[v], vmull_s8(vld1_s8(values + v * 8), x0));
            values += GROUP_BYTES;
        }
        for (int v = 0; v < 4; ++v) sums[gate * 4 + v] = v_pairwise_sums(halves[2 * v], halves[2 * v + 1]);
    }
}

#include "vector_math.h"

const drp_tier drp_neon = V_TABLE("neon", 0);
#ifdef DRP_NEON_IS_OPTIONAL
DRP_TARGET_END
#endif
#else
typedef int drp_no_neon; /* a translation unit holds something */
#endif
