/* The softmax of a row, which op_softmax.c and op_attention.c share. */
#ifndef DRP_SOFTMAX_ROW_H
#define DRP_SOFTMAX_ROW_H

#include <string.h>

#include "operation.h"
#include "row_math.h"

/* x (count >= 1, room for whole vectors) becomes e^(x - largest), with zeros behind it. Returns the sum. */
static inline float drp_exp_row(const drp_tier *tier, float *x, size_t count, float *largest) {
    size_t padded = drp_padded(count);
    *largest = drp_largest(x, count);
    tier->exp(x, padded, *largest);
    memset(x + count, 0, (padded - count) * sizeof *x);
    return drp_sum(x, padded);
}

#endif
