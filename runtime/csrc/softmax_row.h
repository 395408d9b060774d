/* The softmax of a row, which op_softmax.c and op_attention.c share. */
#ifndef DRP_SOFTMAX_ROW_H
#define DRP_SOFTMAX_ROW_H

#include "kernel.h"

/* x (count >= 1, room for whole vectors) becomes e^(x - largest), with zeros behind it. Returns the sum. */
float drp_exp_row(const drp_tier *tier, float *x, size_t count, float *largest);

#endif
