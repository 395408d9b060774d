#include "softmax_row.h"

#include <string.h>

#include "row_math.h"

float drp_exp_row(const drp_tier *tier, float *x, size_t count, float *largest) {
    size_t padded = (count + DRP_LANES - 1) / DRP_LANES * DRP_LANES;
    *largest = drp_largest(x, count);
    tier->exp(x, padded, *largest);
    memset(x + count, 0, (padded - count) * sizeof *x);
    return drp_sum(x, padded);
}
