/* Runs recurrent layers: their steps, in floats or in int16, and what becomes of the states of both directions. */
#ifndef DRP_RUN_RECURRENT_H
#define DRP_RUN_RECURRENT_H

#include "operation.h"
#include "session.h"

/* The floats of the states of all directions, which are written before they are merged. */
size_t drp_state_floats(const drp_layer *layer, size_t count);

/* Bytes of what a layer carries from piece to piece: the states of its directions, one behind the other. */
size_t drp_states_bytes(const drp_layer *layer);
/* Makes it that of a layer that has read nothing. Its maximum, where it takes one, is that of the steps alone, without zeros. */
void drp_clear_states(const drupelet_model *model, const drp_layer *layer, uint8_t *states);

/* Runs a layer over `count` steps, the rows of `ids` or those of inputs[0]. maximum: the node that takes the largest of each
 * unit over all steps, which is then the output; NULL: none. False when there is no memory. */
bool drp_run_recurrent(drupelet_session *s, const drp_node *node, const int32_t *ids, const drp_rows *inputs, size_t count,
                       const drp_node *maximum, const drp_rows *output);

#endif
