/* Looks words up in a vocabulary file of kind rank of drupelet/vocabulary.py, which is read in place. */
#ifndef DRP_VOCABULARY_H
#define DRP_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drupelet.h"

typedef struct {
    uint32_t block_words, word_count, first_id, block_count, entries_size;
    const uint8_t *offsets, *entries; /* in the file: u32 little-endian (block_count), bytes (entries_size) */
    uint64_t *keys; /* (block_count) the first eight bytes of each block's first word, so that numbers compare like words */
} drp_vocabulary;

/* Checks header, checksum and block offsets of a vocabulary file and opens it in place. Of the words only the first of
 * each block are read, for their keys. Whatever it returns, drp_vocabulary_close frees what there is. */
drupelet_status drp_vocabulary_open(const uint8_t *bytes, size_t size_bytes, drp_vocabulary *vocabulary,
                                    drupelet_error *error);

void drp_vocabulary_close(drp_vocabulary *vocabulary);

enum { DRP_RANK_NONE = -1, DRP_RANK_DAMAGED = -2 };

/* The rank of a word: its index among the sorted words. DRP_RANK_NONE when it is none of them, DRP_RANK_DAMAGED when a
 * block on the way breaks a rule of the format. Every length of the file is compared with its block before it is used. */
int32_t drp_vocabulary_rank(const drp_vocabulary *vocabulary, const uint8_t *word, size_t size_bytes);

/* Is given the words of a vocabulary in turn; false ends the visit. */
typedef bool drp_word_visitor(void *to, const uint8_t *word, uint32_t size_bytes, uint32_t rank);

enum { DRP_VISITED_BYTES = 256 };

/* Reads all words. False where the visitor says so, where one has more than DRP_VISITED_BYTES bytes, and where they are not as
 * drp_vocabulary_rank expects them: all blocks well-formed, and each word greater than the one before. */
bool drp_vocabulary_visit(const drp_vocabulary *vocabulary, drp_word_visitor *visitor, void *to);

#endif
