/* Elementary functions of one float, the same bits everywhere: no call of a C library, whose last digits differ. */
#ifndef DRP_ELEMENTARY_H
#define DRP_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#include "kernel.h"

/* The square root, correctly rounded. Every processor has an instruction for it; sqrtf would need a mathematical library. */
static inline float drp_sqrt(float x) {
    float root;
#if defined(DRP_X86_64)
    __asm__("sqrtss %1, %0" : "=x"(root) : "x"(x));
#elif defined(DRP_AARCH64)
    __asm__("fsqrt %s0, %s1" : "=w"(root) : "w"(x));
#elif defined(__arm__) && defined(__ARM_FP)
    __asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(x));
#else
    root = __builtin_sqrtf(x);
#endif
    return root;
}

/* log((1 + z) / (1 - z)) = 2 atanh(z) for |z| <= 1/3: 2 z (1 + z^2 P(z^2)), relative minimax, within 5e-9 of it. */
static inline float drp_log_ratio(float z) {
    float u = z * z, p = 1.400650491e-1f;
    p = p * u + 1.400079834e-1f;
    p = p * u + 2.001076996e-1f;
    p = p * u + 3.333320804e-1f;
    return 2.0f * z + 2.0f * z * (u * p);
}

/* log(1 + y) for 0 <= y <= 1. */
static inline float drp_log1p(float y) { return drp_log_ratio(y / (2.0f + y)); }

/* log(x) for normal x >= 1: x = 2^n m with m between sqrt(1/2) and sqrt(2). A NaN stays one. */
static inline float drp_log(float x) {
    const uint32_t root_of_half = 0x3f3504f3;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x != x) return x;
    uint32_t n = (bits - root_of_half) >> 23;
    bits -= n << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    return (float)n * 0.693147181f + drp_log_ratio((m - 1.0f) / (m + 1.0f));
}

#endif
