/* What is asked of a dense layer by who divides its sums. */
#ifndef DRP_OP_DENSE_H
#define DRP_OP_DENSE_H

#include "operation.h"

float drp_dense_weight(const drp_node *node, size_t input, size_t unit);
float drp_dense_bias(const drp_node *node, size_t unit);

#endif
