#include "word_index.h"

#include "support.h"

/* Words that a bucket has on average, in quarters. One word in 17 then lies in the next bucket. */
enum { MEAN_QUARTERS = 13 };

enum { FIRST_END = 3, END_NUMBERS = 5 }; /* numbers before the ends of words, and of one at most */

bool drp_word_index_begin(drp_word_index *index, uint32_t word_count) {
    const uint32_t buckets = (uint32_t)((uint64_t)word_count * 4 / MEAN_QUARTERS + 1);
    *index = (drp_word_index){.bucket_count = buckets, .end_count = FIRST_END, .words_left = word_count};
    index->buckets = drp_allocate(buckets, sizeof *index->buckets);
    index->ends = drp_allocate(FIRST_END + (size_t)END_NUMBERS * word_count, sizeof *index->ends);
    if (index->buckets && index->ends) return true;
    drp_word_index_free(index);
    return false;
}

void drp_word_index_free(drp_word_index *index) {
    drp_free(index->buckets);
    drp_free(index->ends);
    memset(index, 0, sizeof *index);
}

/* The place of a word, whose end is written. */
static uint32_t put_end(drp_word_index *index, drp_letters w, size_t size_bytes, uint32_t rank) {
    if (size_bytes <= 8) return rank;
    const uint32_t place = DRP_IS_LONG | index->end_count;
    uint32_t *end = index->ends + index->end_count;
    *end = rank | (size_bytes > 16 ? DRP_HAS_THIRD : 0);
    memcpy(end + 1, &w.second, sizeof w.second);
    if (size_bytes > 16) memcpy(end + 3, &w.third, sizeof w.third);
    index->end_count += size_bytes > 16 ? END_NUMBERS : END_NUMBERS - 2;
    return place;
}

bool drp_word_index_put(drp_word_index *index, drp_letters w, size_t size_bytes, uint32_t rank) {
    const uint64_t key = drp_word_key(w);
    if (key == 0 || index->words_left == 0) return false;
    for (drp_word_bucket *bucket = drp_first_bucket(index, key);; bucket = drp_next_bucket(index, bucket)) {
        for (int k = 0; k < DRP_BUCKET_WORDS; ++k) {
            if (bucket->keys[k] == key) return false;
            if (bucket->keys[k]) continue;
            bucket->keys[k] = key;
            bucket->places[k] = put_end(index, w, size_bytes, rank);
            --index->words_left;
            return true;
        }
        bucket->overflows = 1;
    }
}

int32_t drp_word_index_find(const drp_word_index *index, drp_letters w) { return drp_word_index_rank(index, w); }

static bool visit_none(void *to, const uint8_t *word, uint32_t size_bytes, uint32_t rank) {
    return (void)to, (void)word, (void)size_bytes, (void)rank, true;
}

static bool put_other(void *index, const uint8_t *word, uint32_t size_bytes, uint32_t rank) {
    drp_letters w = {0, 0, 0};
    if (!drp_may_be_indexed(word, size_bytes)) return true;
    memcpy(&w, word, size_bytes);
    return drp_word_index_find(index, w) != DRP_RANK_NONE || drp_word_index_put(index, w, size_bytes, rank);
}

void drp_word_index_complete(drp_word_index *index, const drp_vocabulary *vocabulary) {
    index->is_complete = drp_vocabulary_visit(vocabulary, visit_none, NULL) && drp_vocabulary_visit(vocabulary, put_other, index);
}
