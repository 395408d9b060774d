/* An index of the words of a vocabulary: from a word to its rank with one look at one cache line, mostly. It begins empty, takes
 * in the words that are looked up, and then all of them. */
#ifndef DRP_WORD_INDEX_H
#define DRP_WORD_INDEX_H

#include <stdbool.h>
#include <string.h>

#include "vocabulary.h"

enum { DRP_BUCKET_WORDS = 5, DRP_INDEXED_BYTES = 24 };

/* Words whose hashes lie near each other; one cache line. */
typedef struct {
    uint64_t keys[DRP_BUCKET_WORDS];   /* drp_word_key of each, all different; 0: none */
    uint32_t places[DRP_BUCKET_WORDS]; /* ranks; of a word of more than 8 bytes DRP_IS_LONG, and where its end lies */
    uint32_t overflows;                /* 1 when words of this bucket lie in the next one, too */
} drp_word_bucket;

#define DRP_IS_LONG 0x80000000u

/* Words of 1 to DRP_INDEXED_BYTES bytes that do not end in a zero byte: such are told apart by their letters and zeros behind
 * them. */
typedef struct {
    uint32_t bucket_count;
    drp_word_bucket *buckets; /* NULL: there is no index */
    /* Of a long word: its rank, and DRP_HAS_THIRD where it has letters behind the 16th; then those from the ninth on, in 8 or
     * 16 bytes. In front of all, what words that are not long have: zeros. */
    uint32_t *ends, end_count; /* numbers */
    uint32_t words_left, searches;       /* words that may still be put, and look-ups so far that the index did not answer */
    bool is_complete;                    /* it has all such words of the vocabulary */
} drp_word_index;

#define DRP_HAS_THIRD 0x80000000u

/* The letters of a word of at most DRP_INDEXED_BYTES bytes, padded with zeros. */
typedef struct {
    uint64_t first, second, third;
} drp_letters;

static inline uint64_t drp_eight_letters(const uint8_t *letters, const uint8_t *mask) {
    uint64_t eight, kept;
    memcpy(&eight, letters, sizeof eight);
    memcpy(&kept, mask, sizeof kept);
    return eight & kept;
}

/* The letters of a word of 1 to DRP_INDEXED_BYTES bytes, of which DRP_INDEXED_BYTES are read. */
static inline drp_letters drp_word_letters(const uint8_t *word, size_t size_bytes) {
    static const uint8_t masks[2 * DRP_INDEXED_BYTES] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t *mask = masks + DRP_INDEXED_BYTES - size_bytes;
    drp_letters w = {drp_eight_letters(word, mask), drp_eight_letters(word + 8, mask + 8), 0};
    if (size_bytes > 16) w.third = drp_eight_letters(word + 16, mask + 16);
    return w;
}

/* Tells words of up to 8 bytes apart, and long words with the same end. */
static inline uint64_t drp_word_key(drp_letters w) {
    const uint64_t key = w.first ^ (w.second * 0x9E3779B97F4A7C15u);
    return w.third ? key ^ (w.third * 0xC2B2AE3D27D4EB4Fu) : key; /* a rare branch */
}

/* Multiplicative hashing (Knuth): odd constants, and the top bits of the product. */
static inline uint64_t drp_word_hash(uint64_t key) { return key * 0xD6E8FEB86659FD93u; }

/* Where the search for a key begins. */
static inline drp_word_bucket *drp_first_bucket(const drp_word_index *index, uint64_t key) {
    return index->buckets + (uint32_t)((drp_word_hash(key) >> 32) * index->bucket_count >> 32);
}

/* Where it goes on when a bucket overflows. */
static inline drp_word_bucket *drp_next_bucket(const drp_word_index *index, drp_word_bucket *bucket) {
    return bucket + 1 < index->buckets + index->bucket_count ? bucket + 1 : index->buckets;
}

/* Begins an index for so many words: 20 bytes each, and 12 or 20 for a long one, which take no memory before it is put. Returns
 * false, with nothing to free, where there is no memory. */
bool drp_word_index_begin(drp_word_index *index, uint32_t word_count);

/* Puts a word that the index lacks. False where it cannot have it: another word has its key. */
bool drp_word_index_put(drp_word_index *index, drp_letters letters, size_t size_bytes, uint32_t rank);

/* Puts all other words. The index stays incomplete where it cannot have one, and where a search in the vocabulary itself might
 * find other ranks: a block breaks the format, or words do not ascend. */
void drp_word_index_complete(drp_word_index *index, const drp_vocabulary *vocabulary);

void drp_word_index_free(drp_word_index *index);

static inline bool drp_may_be_indexed(const uint8_t *word, size_t size_bytes) {
    return size_bytes <= DRP_INDEXED_BYTES && word[size_bytes - 1] != 0;
}

/* The rank of a word that may be indexed, or DRP_RANK_NONE. No branch depends on which word it is, but for rare ones: a processor
 * could not predict it. */
static inline int32_t drp_word_index_rank(const drp_word_index *index, drp_letters w) {
    const uint64_t key = drp_word_key(w);
    if (key == 0) return DRP_RANK_NONE;
    for (drp_word_bucket *bucket = drp_first_bucket(index, key);; bucket = drp_next_bucket(index, bucket)) {
        const uint64_t *keys = bucket->keys;
        const size_t k = (size_t)(keys[1] == key) + 2 * (size_t)(keys[2] == key) + 3 * (size_t)(keys[3] == key) +
                         4 * (size_t)(keys[4] == key);
        const uint32_t place = bucket->places[k], is_long = -(place >> 31);
        const uint32_t *end = index->ends + (place & ~DRP_IS_LONG & is_long);
        uint64_t second, third = *end >> 31; /* whether there is a third */
        memcpy(&second, end + 1, sizeof second);
        if (w.third) {
            if (third) memcpy(&third, end + 3, sizeof third);
            third ^= w.third;
        }
        const bool found = ((keys[k] ^ key) | (second ^ w.second) | third) == 0;
        const uint32_t rank = (place & ~is_long) | (*end & ~DRP_HAS_THIRD & is_long);
        const uint32_t is_missing = !found;
        if ((is_missing & bucket->overflows) == 0) return (int32_t)(rank | -is_missing);
    }
}

/* The same in less code, for words that are not many. */
int32_t drp_word_index_find(const drp_word_index *index, drp_letters letters);

#endif
