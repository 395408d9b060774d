/* A session: the state of a thread while it answers. Its buffers grow to the largest text of a call; it has two caches. */
#ifndef DRP_SESSION_H
#define DRP_SESSION_H

#include "model.h"
#include "support.h"
#include "text_steps.h"
#include "word_index.h"

/* The cache from words to ranks, where an index of the vocabulary would take more memory: sets of two entries, one cache line
 * each. The first entry of a set is the one that was hit last, so that a rare word replaces only the other. */
typedef struct {
    drp_letters letters;
    int32_t size_bytes; /* 0: the entry is empty */
    int32_t rank;       /* DRP_RANK_NONE: not in the vocabulary */
} drp_word_entry;

enum { DRP_WORD_SET_BITS = 13, DRP_WORD_SETS = 1 << DRP_WORD_SET_BITS, DRP_WAYS = 2 }; /* 512 KiB */

/* Words of which an index takes as much memory, with as many long ones as English has. */
enum { DRP_INDEX_WORDS = 21000 };

/* Steps whose input projections are computed at once. */
enum { DRP_GATE_ROWS = 16 };

/* The cache from ids to input projections of embedding rows, with sets of two entries as well: (directions, panels, gates,
 * DRP_LANES) float32 each, or what drp_tier.gates_i16 makes of them. Zeros are an empty cache: none of its pages is written
 * before a row is. */
typedef struct {
    uint32_t sets;
    size_t row_bytes;
    uint32_t *keys;   /* (sets, DRP_WAYS): id + 1; 0: empty */
    uint8_t *swapped; /* (sets): 1 when entry 0 has row 1 of the set, and entry 1 row 0; entries swap, and rows stay */
    uint8_t *rows;    /* (sets, DRP_WAYS, row_bytes) */
} drp_projection_cache;

/* What a recurrent layer begins a piece of a text with, and leaves behind for the next piece (pieces.c). */
typedef struct {
    uint8_t *states;     /* of its directions (drp_clear_states); NULL: it begins with zeros, and leaves nothing */
    uint32_t first, end; /* the directions that read the piece */
    bool every_step;     /* it gives all steps, also where it would take their maximum itself */
} drp_carried;

struct drupelet_session {
    const drupelet_model *model;
    bool accept_surrogates;
    drp_word_index index;
    drp_word_entry *words; /* (DRP_WORD_SETS, DRP_WAYS), where there is no index */
    drp_projection_cache projections;
    const drp_layer *folded; /* the layer whose projections are cached, and its table; NULL: none */
    const drp_table *table;
    uint8_t *input_row; /* an embedding row or a layer's input, stored int8, padded */
    float *float_row;   /* the same as float32 */
    float *gates;       /* input projections of steps of one direction, in panels: one, or DRP_GATE_ROWS where inputs are floats */
    int16_t *gates_i16; /* the same in units of an int16 cell */
    float *recurrent_gates, *reset_state;
    uint8_t *reset_state_i8;
    drp_text_buffers text;
    drp_buffer words_found, ids, states, scratch, logits;
    const drp_carried *carried; /* NULL: a text is read as a whole */
    drp_buffer *values;  /* (slots of the model): what the values of a text lie in */
    size_t buffer_bytes; /* of values and scratch */
    float *ids_read;    /* the ids of the text */
};

/* The session's buffer of ids with room for `count`; its first `kept` ids stay. NULL when there is no such memory. */
int32_t *drp_reserve_ids(drupelet_session *session, size_t kept, size_t count);

/* Frees the buffers that a long text has made large, so that a session that waits for the next call is small. Called when a
 * call ends; where a caller is given what lies in them, when the next one begins. */
void drp_session_trim(drupelet_session *session);

#endif
