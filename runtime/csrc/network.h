/* Runs the network: from ids to logits. */
#ifndef DRP_NETWORK_H
#define DRP_NETWORK_H

#include "session.h"

/* Logits (units of the last layer) float32 of one text's ids (count), each a row of the embedding. */
drupelet_status drp_run_network(drupelet_session *session, const int32_t *ids, size_t count, float *logits,
                                drupelet_error *error);

#endif
