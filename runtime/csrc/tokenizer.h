/* Cuts a text into words by the rules of drupelet/tokenizer.py, with the same words for every string. */
#ifndef DRP_TOKENIZER_H
#define DRP_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { DRP_LOWERCASE_UNICODE, DRP_LOWERCASE_ASCII, DRP_LOWERCASE_NONE } drp_lowercase;
typedef enum { DRP_KEPT_ONLY, DRP_KEPT_ALL_BUT } drp_kept;
typedef enum { DRP_SPLIT_UNICODE, DRP_SPLIT_ASCII } drp_split;
typedef enum { DRP_KEEP_HEAD, DRP_KEEP_TAIL, DRP_KEEP_ENDS } drp_keep;

enum { DRP_MAX_REPLACEMENTS = 64 };

typedef struct {
    const uint8_t *from, *to; /* in the file */
    uint32_t from_bytes, to_bytes;
} drp_replacement;

typedef struct {
    drp_lowercase lowercase;
    drp_kept kept;
    drp_split split;
    drp_keep keep;
    uint32_t max_tokens, unknown_id; /* DRP_NO_VALUE where absent */
    uint32_t replacement_count;
    drp_replacement replacements[DRP_MAX_REPLACEMENTS];
    uint8_t squeezed[128];    /* what an ASCII byte becomes: itself, or a space */
    uint8_t squeezed_to[128]; /* how many bytes that takes: 1, or 0 where it is dropped */
} drp_tokenizer;

/* Fills in the tables from the other fields and the bitmap (16 bytes) of ASCII characters. */
void drp_tokenizer_prepare(drp_tokenizer *tokenizer, const uint8_t *bitmap);

/* This many bytes are read from the start of a word, however short it is: a buffer needs that much room behind a text. */
enum { DRP_WORD_READ = 24 };

/* Lower-cases a well-formed text into `out` (size_bytes + DRP_WORD_READ) and replaces what is to be replaced; returns the
 * bytes written. No step makes a text longer. */
size_t drp_tokenizer_normalize(const drp_tokenizer *tokenizer, const uint8_t *text, size_t size_bytes, uint8_t *out);

/* A walk over the words of a normalized text. It squeezes the text in place, piece by piece: dropped characters vanish,
 * and a character of white space becomes a space. */
typedef struct {
    uint8_t *next_word, *squeezed_end; /* squeezed text, which ends with a space */
    uint8_t *unread, *end;             /* text that is not squeezed yet */
} drp_word_walk;

static inline drp_word_walk drp_words_of(uint8_t *normalized, size_t size_bytes) {
    return (drp_word_walk){normalized, normalized, normalized, normalized + size_bytes};
}

/* The next word, of at least one byte; false at the end. */
bool drp_next_word(const drp_tokenizer *tokenizer, drp_word_walk *walk, uint8_t **word, size_t *size_bytes);

#endif
