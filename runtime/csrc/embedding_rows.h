/* Rows of an embedding: as floats, or multiplied with the input kernel of the layer that reads them, which a cache remembers. */
#ifndef DRP_EMBEDDING_ROWS_H
#define DRP_EMBEDDING_ROWS_H

#include "operation.h"
#include "session.h"

/* Prefetches an embedding row that is projected a few steps later: it is seldom in a cache. */
void drp_prefetch_row(const drupelet_session *s, int32_t id);

/* The input projection of an embedding row for each direction of the folded layer: floats in panels, or int16 in blocks. Valid
 * until the next call. */
const void *drp_projected_row(drupelet_session *s, int32_t id);

/* Rows of an embedding as floats, one for each step of the output. */
void drp_look_up(const drupelet_model *m, const drp_table *table, const int32_t *ids, const drp_rows *output);

#endif
