/* What a thread needs while it answers: buffers that grow to the largest text so far, and two caches. */
#ifndef DRP_SESSION_H
#define DRP_SESSION_H

#include "model.h"

/* A buffer that only grows. */
typedef struct {
    void *memory;
    size_t size_bytes;
} drp_buffer;

/* Words and their ids: sets of two entries, one cache line each. The first entry of a set is the one that was hit
 * last, so that a rare word can only push out the other. */
typedef struct {
    uint64_t letters[3]; /* the word, padded with zeros */
    int32_t size_bytes;  /* 0: the entry is empty */
    int32_t rank;        /* DRP_RANK_NONE: not in the vocabulary */
} drp_word_entry;

enum { DRP_WORD_SET_BITS = 13, DRP_WORD_SETS = 1 << DRP_WORD_SET_BITS, DRP_WAYS = 2 }; /* 512 KiB */

/* Input projections of embedding rows, (directions, panels, gates, DRP_LANES) float32 each, found by id the same way. */
typedef struct {
    uint32_t sets;
    size_t row_floats;
    int32_t *ids; /* (sets, DRP_WAYS), -1: empty */
    uint8_t *places; /* (sets, DRP_WAYS): which of the set's rows an entry owns, so that entries swap and rows stay */
    float *rows;  /* (sets, DRP_WAYS, row_floats) */
} drp_projection_cache;

struct drupelet_session {
    const drupelet_model *model;
    bool accept_surrogates;
    drp_word_entry *words; /* (DRP_WORD_SETS, DRP_WAYS) */
    drp_projection_cache projections;
    uint8_t *input_row; /* an embedding row or a layer's input, stored int8, padded */
    float *float_row;   /* the same as float32 */
    float *gates;       /* input projection of a layer behind the first, in panels */
    float *recurrent_gates, *reset_state;
    uint8_t *reset_state_i8;
    drp_buffer text, ids, states, steps[2], vectors, logits;
};

/* Room for `count` ids, of which the first `kept` stay what they are; NULL when there is no such memory. */
int32_t *drp_reserve_ids(drupelet_session *session, size_t kept, size_t count);

/* Room for that many bytes, aligned, old contents lost; NULL when there is no such memory. */
void *drp_reserve(drp_buffer *buffer, size_t size_bytes);

#endif
