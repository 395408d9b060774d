/* What is asked of a reduction by a recurrent layer, which takes the maximum of its states itself. */
#ifndef DRP_OP_REDUCE_H
#define DRP_OP_REDUCE_H

#include "operation.h"

enum { DRP_REDUCE_ATTRIBUTES = 2 };

/* Whether a node is the average of the steps of its input. */
bool drp_is_average(const drp_node *node);
/* Whether it is their sum; the first or the last of them. */
bool drp_is_sum(const drp_node *node);
bool drp_is_first(const drp_node *node);
bool drp_is_last(const drp_node *node);

/* The attributes of a reduction of some of the steps, which that of all goes on from: for an average the sum, and without zeros. */
void drp_gathering_attributes(const drp_node *node, uint32_t attributes[DRP_REDUCE_ATTRIBUTES]);

/* Whether a node is the maximum over the steps of its input. */
bool drp_is_maximum(const drp_node *node);

/* Whether zeros count among so many steps: among none, and among fewer than Keras's padding would leave. */
bool drp_counts_zeros(const drp_node *node, size_t steps);

/* largest[k] becomes h[k] where that is larger; count a multiple of DRP_LANES. */
void drp_keep_largest(const int16_t *restrict h, size_t count, int16_t *restrict largest);

#endif
