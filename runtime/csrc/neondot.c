/* 64-bit Arm with the dot product instructions of Armv8.2 (Pi 5): four int8 products a lane and instruction. */
#include "kernel.h"

#ifdef DRP_AARCH64
#include "target.h"
#if defined(__clang__) /* with the tuning of a processor that has them: that of a Pi 3 unrolls loops most */
DRP_TARGET_BEGIN("arch=armv8.2-a+dotprod,tune=cortex-a76")
#else
DRP_TARGET_BEGIN("arch=armv8.2-a+dotprod")
#endif
#include <arm_neon.h>

#define V_NAME(function) neondot_##function
#include "neon_vector.h"
#define V_FLOATS drp_neon

static inline void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                               const int32_t *starts, bool small, vint *sums) {
    (void)starts, (void)small;
    const size_t next = (size_t)groups * DRP_LANES * DRP_DOT;
    for (int v = 0; v < 4 * gates; ++v) sums[v] = vdupq_n_s32(0);
    for (uint32_t group = 0; group < groups; ++group, values += DRP_LANES * DRP_DOT) {
        int8x16_t x = v_four(input + group * DRP_DOT);
        for (int gate = 0; gate < gates; ++gate) { /* two short loops, which every compiler unrolls */
            const int8_t *weights = values + (size_t)gate * next;
            for (int v = 0; v < 4; ++v) sums[gate * 4 + v] = vdotq_s32(sums[gate * 4 + v], vld1q_s8(weights + v * 16), x);
        }
    }
}

#include "vector_math.h"

const drp_tier drp_neondot = V_TABLE("neondot", 0);
DRP_TARGET_END
#else
typedef int drp_no_neondot; /* a translation unit holds something */
#endif
