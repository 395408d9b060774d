/* What is asked of a merge by who divides what was merged. */
#ifndef DRP_OP_MERGE_H
#define DRP_OP_MERGE_H

#include "operation.h"

/* Whether a node puts the features of its inputs side by side. */
bool drp_is_concatenation(const drp_node *node);

#endif
