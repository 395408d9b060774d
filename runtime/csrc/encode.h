/* Encodes a text as ids. */
#ifndef DRP_ENCODE_H
#define DRP_ENCODE_H

#include "session.h"

/* The ids of a text lie in the session's buffer `ids`. */
typedef struct {
    size_t count, n_tokens; /* ids that the network reads, and those of them that are words of the vocabulary */
} drp_encoded;

/* Encodes a text. Returns DRUPELET_BAD_TEXT, _BAD_FORMAT for a damaged vocabulary, or _NO_MEMORY. */
drupelet_status drp_encode(drupelet_session *session, drupelet_text text, drp_encoded *result, drupelet_error *error);

#endif
