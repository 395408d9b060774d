/* From text to words with a cutter: lower case, one replaced text, dropped characters and the split in one pass. */
#ifndef DRP_QUICK_WORDS_H
#define DRP_QUICK_WORDS_H

#include "text_rules.h"

/* Longest text for a cutter: its places are counted in 32 bits. */
enum { DRP_MAX_QUICK_BYTES = 1 << 30 };

enum { DRP_LISTED_WORDS = 256 };

/* Where the words of a piece of text begin and end. */
typedef struct {
    uint32_t starts[DRP_LISTED_WORDS + DRP_BLOCK_WORDS + DRP_LIST_PADDING];
    uint32_t ends[DRP_LISTED_WORDS + DRP_BLOCK_WORDS + DRP_LIST_PADDING];
} drp_word_lists;

/* A walk over the words of a text, piece by piece. */
typedef struct {
    drp_word_lists *lists;         /* NULL: another way leads to the words */
    uint32_t next, count;          /* words of the lists: the next one, and all */
    drp_cut cut;
    const uint8_t *text, *text_end; /* what is cut */
} drp_quick_walk;

/* Begins a walk by rules that have a cutter. `own` holds the words. Returns DRUPELET_NO_MEMORY. */
drupelet_status drp_begin_quick(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes, drp_buffer *own,
                                drp_word_lists *lists, drp_quick_walk *walk, drupelet_error *error);

/* Fills the lists with the next words; false at the end of the text. */
bool drp_list_words(const drp_text_rules *rules, drp_quick_walk *walk);

/* The next of the listed words, of which there is one. */
static inline uint8_t *drp_listed_word(drp_quick_walk *walk, size_t *size_bytes) {
    const uint32_t start = walk->lists->starts[walk->next];
    *size_bytes = walk->lists->ends[walk->next++] - start;
    return walk->cut.base + start;
}

#endif
