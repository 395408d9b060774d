/* Convolutions of 2 to 5 float32 taps with fewer products: Toom and Cook's product of polynomials in the points 0, 1, -1, 2,
 * -2 and infinity, known from Winograd's minimal filters.
 *
 * Six steps of the input give 7 - taps steps of the output: six sums of steps (drp_tier.filter_sums) are multiplied with six
 * sums of taps (drp_filter_tap), and sums of the six products (drp_filter_steps) are the output. That is 6 products of a step
 * with a matrix in place of taps * (7 - taps): half for 3 and 4 taps, 0.6 for 2 and 5. Rounding errors are as small as those
 * of plain sums (root mean square over normal numbers, 64 features: 4.4e-7 for 3 taps, where plain sums have 3.5e-7).
 */
#ifndef DRP_FAST_FILTER_H
#define DRP_FAST_FILTER_H

#include "kernel.h"

enum { DRP_FILTER_POINTS = 6, DRP_FILTER_MIN_TAPS = 2, DRP_FILTER_MAX_TAPS = 5 };

/* The steps of output of one block of DRP_FILTER_POINTS steps of input. */
static inline uint32_t drp_filter_outputs(uint32_t taps) { return DRP_FILTER_POINTS + 1 - taps; }

/* What tap `tap` counts in the sum of taps `point`. */
double drp_filter_tap(uint32_t point, uint32_t tap, uint32_t taps);

/* The first `wanted` of the steps of output, out (wanted, out_stride), of products (6, stride) and a bias (count). */
void drp_filter_steps(const float *restrict products, size_t stride, size_t count, const float *restrict bias,
                      uint32_t outputs, uint32_t wanted, float *restrict out, size_t out_stride);

#endif
