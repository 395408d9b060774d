/* Runs the network: from ids to logits. */
#ifndef DRP_NETWORK_H
#define DRP_NETWORK_H

#include "session.h"

/* Logits (units of the last layer) float32 of one text's ids (count), each a row of the embedding. */
drupelet_status drp_run_network(drupelet_session *session, const int32_t *ids, size_t count, float *logits,
                                drupelet_error *error);

/* Whether the network reads so many ids; else DRUPELET_BAD_TEXT. */
drupelet_status drp_check_count(const drupelet_model *model, size_t count, drupelet_error *error);

/* Whether each of ids is a row of the embedding, and the network reads so many; else DRUPELET_BAD_TEXT. */
drupelet_status drp_check_ids(const drupelet_model *model, const int32_t *ids, size_t count, drupelet_error *error);

/* Runs a node for so many tokens, whose ids are s->ids_read; the values that it reads are there. An embedding whose rows the
 * next layer reads by their ids does nothing. False when there is no memory. */
bool drp_run_node(drupelet_session *session, uint32_t number, size_t tokens);
/* Whether a node is a recurrent layer that takes the maximum over its steps itself, which the next node then copies. */
bool drp_takes_maximum(const drupelet_model *model, uint32_t number);
/* A value of a text of so many tokens. Ids take the place of floats. */
drp_rows drp_value(const drupelet_session *session, uint32_t value, size_t tokens);
/* Makes room for a value that is a vector; false when there is no memory. */
bool drp_reserve_vector(drupelet_session *session, uint32_t value);

/* The error for a text for which there is no memory. */
drupelet_status drp_no_memory_for(size_t tokens, drupelet_error *error);

#endif
