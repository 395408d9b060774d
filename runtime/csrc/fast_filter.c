#include "fast_filter.h"

#include "support.h"

DRP_RARE double drp_filter_tap(uint32_t point, uint32_t tap, uint32_t taps) {
    static const double points[] = {0, 1, -1, 2, -2}, over[] = {1.0 / 4, -1.0 / 6, -1.0 / 6, 1.0 / 24, 1.0 / 24};
    if (point == DRP_FILTER_POINTS - 1) return tap == taps - 1;
    double power = over[point];
    while (tap-- > 0) power *= points[point];
    return power;
}

void drp_filter_steps(const float *restrict products, size_t stride, size_t count, const float *restrict bias,
                      uint32_t outputs, uint32_t wanted, float *restrict out, size_t out_stride) {
    const float *p0 = products, *p1 = p0 + stride, *p2 = p1 + stride, *p3 = p2 + stride, *p4 = p3 + stride;
    const float *p5 = p4 + stride;
    float power = 1.0f;
    for (uint32_t step = 0; step < wanted; ++step, out += out_stride) {
        for (size_t at = 0; at < count; at += DRP_LANES)
            for (size_t k = at; k < at + DRP_LANES; ++k) {
                float of_1 = step % 2 ? p1[k] - p2[k] : p1[k] + p2[k], of_2 = step % 2 ? p3[k] - p4[k] : p3[k] + p4[k];
                out[k] = bias[k] + (of_1 + power * of_2);
            }
        if (step == 0)
            for (size_t k = 0; k < count; ++k) out[k] += p0[k];
        if (step + 1 == outputs)
            for (size_t k = 0; k < count; ++k) out[k] += p5[k];
        power *= 2.0f;
    }
}
