/* Carries out the steps of text rules: the text before the split, and the words behind it. */
#ifndef DRP_TEXT_STEPS_H
#define DRP_TEXT_STEPS_H

#include "quick_words.h"
#include "text_rules.h"

typedef struct {
    drp_buffer texts[2];   /* a step reads one and writes the other */
    drp_buffer words[2];   /* the same for lists of words */
    drp_buffer work;       /* sets of positions of a pattern */
    drp_word_lists lists;
} drp_text_buffers;

void drp_text_buffers_free(drp_text_buffers *buffers);

/* A walk over the words of a text: one with a cutter, or one that squeezes the text in place, piece by piece: dropped characters
 * vanish, and DRP_DELIMITER stands where words end. Or it walks over a list of words, which steps have made. */
typedef struct {
    drp_quick_walk quick;
    uint8_t *next_word, *squeezed_end; /* squeezed text, which ends with a delimiter */
    uint8_t *unread, *end;             /* text that is not squeezed yet, or characters that are words */
    bool is_list;                      /* unread to end are words behind their u32 sizes */
} drp_word_walk;

/* Rewrites a well-formed text and begins a walk over its words. Returns DRUPELET_BAD_TEXT for a text that the rules make too
 * long, or _NO_MEMORY. */
drupelet_status drp_begin_words(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes,
                                drp_text_buffers *buffers, drp_word_walk *walk, drupelet_error *error);

/* drp_next_word where no word of a cutter is left. */
bool drp_next_unlisted(const drp_text_rules *rules, drp_word_walk *walk, uint8_t **word, size_t *size_bytes);

/* The next word, of at least one byte; false at the end. DRP_WORD_READ bytes from its start may be read. */
static inline bool drp_next_word(const drp_text_rules *rules, drp_word_walk *walk, uint8_t **word, size_t *size_bytes) {
    if (walk->quick.next == walk->quick.count) return drp_next_unlisted(rules, walk, word, size_bytes);
    *word = drp_listed_word(&walk->quick, size_bytes);
    return true;
}

#endif
