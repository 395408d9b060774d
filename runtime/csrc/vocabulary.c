#include "vocabulary.h"

#include <string.h>

#include "crc32.h"
#include "support.h"

enum {
    HEADER_BYTES = 36,
    VERSION = 2,
    KIND_RANK = 0,
    KIND_TABLE = 1,
    MAX_BLOCK_WORDS = 256,
    MAX_IDS = 1 << 24,       /* as drupelet/vocabulary.py */
    MAX_WORD_BYTES = 1 << 16,
    ESCAPE = 15
};

typedef struct {
    const uint8_t *at, *end;
} cursor;

typedef struct {
    uint32_t shared, added;
    const uint8_t *suffix;
} entry;

/* A LEB128 number of at most three bytes. */
static bool take_number(cursor *c, uint32_t *value) {
    *value = 0;
    for (int shift = 0; shift <= 14 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        *value |= (uint32_t)(byte & 127) << shift;
        if (byte < 128) return true;
    }
    return false;
}

static inline bool take_entry(cursor *c, uint32_t previous_bytes, entry *e) {
    uint8_t control = *c->at++;
    uint32_t more;
    e->shared = control >> 4;
    e->added = control & 15;
    if (e->shared == ESCAPE) {
        if (!take_number(c, &more)) return false;
        e->shared += more;
    }
    if (e->added == ESCAPE) {
        if (!take_number(c, &more)) return false;
        e->added += more;
    }
    if (e->shared > previous_bytes || e->added == 0 || e->added > (size_t)(c->end - c->at) ||
        e->shared + e->added > MAX_WORD_BYTES)
        return false;
    e->suffix = c->at;
    c->at += e->added;
    return true;
}

/* Opens a block; false when its offsets are wrong, as they are where a mapped file was changed after the checks. */
static bool open_block(const drp_vocabulary *v, uint32_t block, cursor *c) {
    uint32_t start = drp_u32(v->offsets + (size_t)4 * block);
    uint32_t end = block + 1 < v->block_count ? drp_u32(v->offsets + (size_t)4 * (block + 1)) : v->entries_size;
    if (start >= end || end > v->entries_size) return false;
    *c = (cursor){v->entries + start, v->entries + end};
    return true;
}

/* The first eight bytes of a word, zeros behind its end, as a number: a greater key is a greater word. */
static uint64_t key_of(const uint8_t *word, size_t size_bytes) {
    uint64_t key = 0;
    for (size_t k = 0; k < 8; ++k) key = key << 8 | (k < size_bytes ? word[k] : 0);
    return key;
}

/* As memcmp of whole words: shorter first where one is the start of the other. */
static int compare(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes) {
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

drupelet_status drp_vocabulary_open(const uint8_t *bytes, size_t size_bytes, drp_vocabulary *vocabulary,
                                    drupelet_error *error) {
    if (size_bytes < HEADER_BYTES || memcmp(bytes, "DRPVOCAB", 8) != 0)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section vocabulary is no vocabulary file; export it again");
    uint32_t version = drp_u32(bytes + 8);
    if (version != VERSION)
        return drp_fail(error, DRUPELET_BAD_VERSION,
                        "vocabulary format %u, this release reads %d; upgrade drupelet or export again", version, VERSION);
    uint32_t kind = drp_u32(bytes + 12), id_count = drp_u32(bytes + 24);
    if (kind == KIND_TABLE)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "vocabulary of kind table, as a bundle has it, expected kind rank in a model file; export it again");
    if (kind != KIND_RANK)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary of kind %u, expected %d (rank); upgrade drupelet", kind,
                        KIND_RANK);
    drp_vocabulary v = {
        .block_words = drp_u32(bytes + 16), .word_count = drp_u32(bytes + 20), .entries_size = drp_u32(bytes + 28)};
    if (v.word_count > id_count || id_count > MAX_IDS || v.block_words < 1 || v.block_words > MAX_BLOCK_WORDS)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "vocabulary: %u words with %u ids in blocks of %u, expected an id for each word, up to %d ids, and "
                        "blocks of 1-%d; export it again",
                        v.word_count, id_count, v.block_words, MAX_IDS, MAX_BLOCK_WORDS);
    v.first_id = id_count - v.word_count;
    v.block_count = (v.word_count + v.block_words - 1) / v.block_words;
    uint64_t expected = HEADER_BYTES + (uint64_t)4 * v.block_count + v.entries_size;
    if (size_bytes != expected)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: %zu bytes, its header announces %llu; copy it again",
                        size_bytes, (unsigned long long)expected);
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* a fuzzer would never get past a checksum */
    uint32_t crc = drp_crc32(bytes + HEADER_BYTES, size_bytes - HEADER_BYTES);
    if (crc != drp_u32(bytes + 32))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: checksum %08x, its header says %08x; copy it again", crc,
                        drp_u32(bytes + 32));
#endif
    v.offsets = bytes + HEADER_BYTES;
    v.entries = v.offsets + (size_t)4 * v.block_count;
    for (uint32_t block = 0; block < v.block_count; ++block) {
        uint32_t start = drp_u32(v.offsets + (size_t)4 * block);
        uint32_t end = block + 1 < v.block_count ? drp_u32(v.offsets + (size_t)4 * (block + 1)) : v.entries_size;
        if (start >= end || end > v.entries_size || (block == 0 && start != 0))
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "vocabulary: block %u covers bytes %u to %u of %u; export it again", block, start, end,
                            v.entries_size);
    }
    if (v.block_count == 0 && v.entries_size != 0)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: %u bytes of entries for no word; export it again",
                        v.entries_size);
    *vocabulary = v;
    vocabulary->keys = drp_allocate(v.block_count, sizeof *v.keys);
    if (!vocabulary->keys) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the vocabulary; free some");
    entry before = {0};
    for (uint32_t block = 0; block < v.block_count; ++block) {
        cursor c;
        entry e;
        if (!open_block(&v, block, &c) || !take_entry(&c, 0, &e))
            return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: block %u breaks the format; copy or export it again",
                            block);
        /* A look-up is a search among them, and two searches may go different ways where they do not ascend. */
        if (block > 0 && compare(before.suffix, before.added, e.suffix, e.added) >= 0)
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "vocabulary: the first word of block %u is not greater than that of the block before; copy or "
                            "export it again", block);
        before = e;
        vocabulary->keys[block] = key_of(e.suffix, e.added);
    }
    return DRUPELET_OK;
}

void drp_vocabulary_close(drp_vocabulary *vocabulary) { drp_free(vocabulary->keys); }

int32_t drp_vocabulary_rank(const drp_vocabulary *v, const uint8_t *word, size_t size_bytes) {
    const uint64_t key = key_of(word, size_bytes);
    /* The number of blocks whose first word's key is not greater. No branch depends on a comparison: a processor
     * could not predict it. */
    const uint64_t *base = v->keys;
    for (uint32_t left = v->block_count; left > 0;) {
        uint32_t half = (left + 1) / 2;
        base += half & -(uint32_t)(base[half - 1] <= key);
        left -= half;
    }
    uint32_t low = (uint32_t)(base - v->keys);
    cursor c;
    entry e;
    /* Among blocks with that key, whole words decide. The last block is mostly the one; but thousands of addresses begin
     * alike. */
    for (uint32_t from = 0, to = low, middle = low - 1; from < to && v->keys[to - 1] == key;) {
        bool greater = false;
        if (v->keys[middle] == key) {
            if (!open_block(v, middle, &c) || !take_entry(&c, 0, &e)) return DRP_RANK_DAMAGED;
            greater = compare(e.suffix, e.added, word, size_bytes) > 0;
        }
        if (greater)
            to = middle;
        else
            from = middle + 1;
        low = to;
        middle = from + (to - from) / 2;
    }
    if (low == 0) return DRP_RANK_NONE;
    uint32_t block = low - 1, first = block * v->block_words;
    uint32_t expected = v->word_count - first < v->block_words ? v->word_count - first : v->block_words;
    if (!open_block(v, block, &c)) return DRP_RANK_DAMAGED;
    /* The previous word shares exactly `matched` bytes with the wanted one, and is smaller in the byte after those. A word
     * that shares more than `matched` bytes with the previous one is smaller for the same reason; one that shares fewer is
     * greater. */
    uint32_t matched = 0, previous_bytes = 0, place = 0;
    for (; c.at < c.end && place < expected; ++place) {
        if (!take_entry(&c, previous_bytes, &e)) return DRP_RANK_DAMAGED;
        previous_bytes = e.shared + e.added;
        if (e.shared > matched) continue;
        if (e.shared < matched) return DRP_RANK_NONE;
        uint32_t k = 0;
        while (k < e.added && matched + k < size_bytes && e.suffix[k] == word[matched + k]) ++k;
        if (k == e.added && matched + k == size_bytes) return (int32_t)(first + place);
        if (matched + k == size_bytes || (k < e.added && e.suffix[k] > word[matched + k])) return DRP_RANK_NONE;
        matched += k;
    }
    return place == expected && c.at == c.end ? DRP_RANK_NONE : DRP_RANK_DAMAGED;
}

DRP_RARE bool drp_vocabulary_visit(const drp_vocabulary *v, drp_word_visitor *visitor, void *to) {
    uint8_t word[DRP_VISITED_BYTES];
    uint32_t size_bytes = 0, rank = 0;
    for (uint32_t block = 0; block < v->block_count; ++block) {
        const uint32_t first = rank, left = v->word_count - first;
        const uint32_t expected = left < v->block_words ? left : v->block_words;
        cursor c;
        if (!open_block(v, block, &c)) return false;
        for (; rank - first < expected && c.at < c.end; ++rank) {
            entry e;
            const uint32_t before_bytes = size_bytes;
            if (!take_entry(&c, rank == first ? 0 : before_bytes, &e) || e.shared + e.added > sizeof word) return false;
            if (rank == first) { /* it shares nothing, and may begin as the word before it does */
                if (rank > 0 && compare(word, before_bytes, e.suffix, e.added) >= 0) return false;
            } else if (e.shared < before_bytes && word[e.shared] >= e.suffix[0]) {
                return false;
            }
            memcpy(word + e.shared, e.suffix, e.added);
            size_bytes = e.shared + e.added;
            if (!visitor(to, word, size_bytes, rank)) return false;
        }
        if (rank - first != expected || c.at != c.end) return false;
    }
    return rank == v->word_count;
}
