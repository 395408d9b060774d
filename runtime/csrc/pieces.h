/* Runs a network on a text piece by piece: what has been read of a text is a state, which can be copied, and gone on from. */
#ifndef DRP_PIECES_H
#define DRP_PIECES_H

#include "session.h"

/* What a step of a value follows from. */
typedef enum {
    DRP_NOWHERE, /* it is no step of a token: vectors, and what follows from them alone */
    DRP_OWN,     /* its own token */
    DRP_BEFORE,  /* its own token, and those before it */
    DRP_BEHIND,  /* its own token, and those behind it */
    DRP_HALVES   /* its first half from those before it, its second half from those behind it */
} drp_look;

/* A network that can be read in pieces: embeddings, operations on each step alone, recurrent layers, one vector from all steps, and
 * whatever follows from such vectors. Layers of both directions read embeddings, and one vector is made from all of their steps. */
typedef struct {
    const drupelet_model *model;
    uint8_t *looks; /* (values) drp_look */
    size_t *places; /* (nodes): where its part of a state begins; SIZE_MAX: it has none */
    size_t state_bytes;
    bool looks_behind; /* some value does */
    float *rows;       /* steps of a piece, behind what is known of those before */
} drp_pieces;

typedef enum { DRP_FROM_FRONT, DRP_FROM_BACK } drp_way;

/* Whether each step of a node's value follows from the same steps of its inputs. */
bool drp_is_stepwise(const drp_node *node);

/* Whether a network can be read in pieces; DRUPELET_OK with `pieces->state_bytes` 0 where it cannot. drp_pieces_free frees what
 * there is. */
drupelet_status drp_pieces_of(const drupelet_model *model, drp_pieces *pieces, drupelet_error *error);
void drp_pieces_free(drp_pieces *pieces);

/* Makes `state` that of a text of which nothing has been read. */
void drp_pieces_begin(const drp_pieces *pieces, uint8_t *state);

/* Reads a piece: from the front the ids (count) behind what has been read so, from the back those before it. Values that look the
 * other way are left alone. False when there is no memory. */
bool drp_pieces_read(const drp_pieces *pieces, drupelet_session *session, uint8_t *state, drp_way way, const int32_t *ids,
                     size_t count);

/* Makes the state of a text of which `front` was read from the front, and `back` from the back. */
void drp_pieces_join(const drp_pieces *pieces, const uint8_t *front, const uint8_t *back, uint8_t *state);

/* Logits (units of the last layer) of what has been read. False when there is no memory. */
bool drp_pieces_finish(const drp_pieces *pieces, drupelet_session *session, uint8_t *state, float *logits);

#endif
