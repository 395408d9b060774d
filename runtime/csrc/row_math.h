/* Sums and maxima over a row of floats, in the same order on every tier: lane by lane over whole vectors of DRP_LANES, then
 * the rest, then the lanes. What lies behind `count` is not read. */
#ifndef DRP_ROW_MATH_H
#define DRP_ROW_MATH_H

#include "kernel.h"

/* The sum over a row of (x - from)^2. */
static inline float drp_sum_of_squares(const float *x, float from, size_t count) {
    float lanes[DRP_LANES] = {0.0f};
    size_t k = 0;
    for (; k + DRP_LANES <= count; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane) lanes[lane] += (x[k + lane] - from) * (x[k + lane] - from);
    for (size_t lane = 0; k < count; ++k, ++lane) lanes[lane] += (x[k] - from) * (x[k] - from);
    for (size_t lane = 1; lane < DRP_LANES; ++lane) lanes[0] += lanes[lane];
    return lanes[0];
}

static inline float drp_sum(const float *x, size_t count) {
    float lanes[DRP_LANES] = {0.0f};
    size_t k = 0;
    for (; k + DRP_LANES <= count; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane) lanes[lane] += x[k + lane];
    for (size_t lane = 0; k < count; ++k, ++lane) lanes[lane] += x[k];
    for (size_t lane = 1; lane < DRP_LANES; ++lane) lanes[0] += lanes[lane];
    return lanes[0];
}

static inline float drp_larger(float a, float b) { return a > b ? a : b; }

/* The largest number, of none -infinity; a NaN is passed over. */
static inline float drp_largest(const float *x, size_t count) {
    float lanes[DRP_LANES];
    for (size_t lane = 0; lane < DRP_LANES; ++lane) lanes[lane] = -__builtin_inff();
    size_t k = 0;
    for (; k + DRP_LANES <= count; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane) lanes[lane] = drp_larger(x[k + lane], lanes[lane]);
    for (size_t lane = 0; k < count; ++k, ++lane) lanes[lane] = drp_larger(x[k], lanes[lane]);
    for (size_t lane = 1; lane < DRP_LANES; ++lane) lanes[0] = drp_larger(lanes[lane], lanes[0]);
    return lanes[0];
}

/* The largest |x|; 0 of none. A NaN is passed over. */
static inline float drp_largest_magnitude(const float *x, size_t count) {
    float lanes[DRP_LANES] = {0.0f};
    size_t k = 0;
    for (; k + DRP_LANES <= count; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane)
            lanes[lane] = drp_larger(__builtin_fabsf(x[k + lane]), lanes[lane]);
    for (size_t lane = 0; k < count; ++k, ++lane) lanes[lane] = drp_larger(__builtin_fabsf(x[k]), lanes[lane]);
    for (size_t lane = 1; lane < DRP_LANES; ++lane) lanes[0] = drp_larger(lanes[lane], lanes[0]);
    return lanes[0];
}

#endif
