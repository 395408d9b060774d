/* What is asked of a reduction by a recurrent layer, which takes the maximum of its states itself. */
#ifndef DRP_OP_REDUCE_H
#define DRP_OP_REDUCE_H

#include "operation.h"

/* Whether a node is the maximum over the steps of its input. */
bool drp_is_maximum(const drp_node *node);

/* Whether zeros count among so many steps: among none, and among fewer than Keras's padding would leave. */
bool drp_counts_zeros(const drp_node *node, size_t steps);

/* largest[k] becomes h[k] where that is larger; count a multiple of DRP_LANES. */
void drp_keep_largest(const int16_t *restrict h, size_t count, int16_t *restrict largest);

#endif
