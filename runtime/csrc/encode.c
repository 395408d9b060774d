/* Encodes a text as ids, as Encoder.encode of drupelet/encoder.py does. */
#include "encode.h"

#include <string.h>

#include "support.h"
#include "text_steps.h"
#include "vocabulary.h"

/* ---- From word to rank ---- */

static uint64_t load_u64(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline bool is_word(const drp_word_entry *entry, drp_letters w, size_t size_bytes) {
    return entry->letters.first == w.first && entry->letters.second == w.second && entry->letters.third == w.third &&
           entry->size_bytes == (int32_t)size_bytes;
}

/* rank_of by the cache. */
static int32_t cached_rank(drupelet_session *s, const uint8_t *word, drp_letters w, size_t size_bytes) {
    uint64_t hash = drp_word_hash(drp_word_key(w));
    drp_word_entry *set = s->words + (hash >> (64 - DRP_WORD_SET_BITS)) * DRP_WAYS;
    if (is_word(&set[0], w, size_bytes)) return set[0].rank;
    if (is_word(&set[1], w, size_bytes)) {
        drp_word_entry hit = set[1];
        set[1] = set[0];
        set[0] = hit;
        return hit.rank;
    }
    int32_t rank = drp_vocabulary_rank(&s->model->vocabulary, word, size_bytes);
    if (rank != DRP_RANK_DAMAGED)
        set[set[0].size_bytes ? 1 : 0] = (drp_word_entry){w, (int32_t)size_bytes, rank};
    return rank;
}

/* rank_of by an index. As soon as the searches that it did not save cost as much as completing it does, completes it: then no
 * session spends more than twice what it had to. */
static int32_t indexed_rank(drupelet_session *s, const uint8_t *word, drp_letters w, size_t size_bytes) {
    enum { WORDS_A_SEARCH = 2 }; /* that are put in the time of one: 43 and 100 ns */
    const drp_vocabulary *vocabulary = &s->model->vocabulary;
    int32_t rank = drp_word_index_find(&s->index, w);
    if (rank >= 0 || s->index.is_complete) return rank;
    rank = drp_vocabulary_rank(vocabulary, word, size_bytes);
    if (rank >= 0) drp_word_index_put(&s->index, w, size_bytes, (uint32_t)rank);
    if (++s->index.searches == vocabulary->word_count / WORDS_A_SEARCH + 1) drp_word_index_complete(&s->index, vocabulary);
    return rank;
}

/* The rank of a word. DRP_WORD_READ bytes from its start may be read, however short it is. Inlined, it would only make drp_encode
 * large: most words go through listed_ids. */
__attribute__((noinline)) static int32_t rank_of(drupelet_session *s, const uint8_t *word, size_t size_bytes) {
    if (!drp_may_be_indexed(word, size_bytes)) return drp_vocabulary_rank(&s->model->vocabulary, word, size_bytes);
    const drp_letters w = drp_word_letters(word, size_bytes);
    return s->words ? cached_rank(s, word, w, size_bytes) : indexed_rank(s, word, w, size_bytes);
}

/* Looks up words that a cutter has listed in a complete index, up to `limit` ids or a word that it cannot have. Returns the
 * number of ids. */
static size_t listed_ids(const drupelet_session *s, drp_quick_walk *walk, int32_t *ids, size_t count, size_t limit) {
    const drp_text_rules *t = &s->model->text_rules;
    const drp_word_index index = s->index;
    const int32_t first_id = (int32_t)s->model->vocabulary.first_id, unknown_id = (int32_t)t->unknown_id;
    const bool drops_unknown = t->unknown_id == DRP_NO_VALUE;
    const uint32_t *starts = walk->lists->starts, *ends = walk->lists->ends;
    const uint8_t *base = walk->cut.base;
    uint32_t next = walk->next;
    const uint32_t last = walk->count - next > limit - count ? next + (uint32_t)(limit - count) : walk->count;
    for (; next < last; ++next) {
        const uint8_t *word = base + starts[next];
        const size_t size_bytes = ends[next] - starts[next];
        if (!drp_may_be_indexed(word, size_bytes)) break;
        const int32_t rank = drp_word_index_rank(&index, drp_word_letters(word, size_bytes));
        const bool is_unknown = rank == DRP_RANK_NONE;
        ids[count] = is_unknown ? unknown_id : first_id + rank;
        count += !(is_unknown & drops_unknown);
    }
    walk->next = next;
    return count;
}

/* ---- From text to ids ---- */

static drupelet_status check_utf8(const drupelet_session *s, drupelet_text text, drupelet_error *error) {
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    size_t k = 0;
    while (k < text.size_bytes) {
        /* Many ASCII bytes at a time: most of most texts is ASCII. */
        for (; text.size_bytes - k >= 32; k += 32) {
            const uint64_t all = load_u64(bytes + k) | load_u64(bytes + k + 8) | load_u64(bytes + k + 16) | load_u64(bytes + k + 24);
            if (all & 0x8080808080808080u) break;
        }
        while (text.size_bytes - k >= 8 && (load_u64(bytes + k) & 0x8080808080808080u) == 0) k += 8;
        if (k == text.size_bytes) break;
        size_t length = drp_utf8_length(bytes + k, text.size_bytes - k, s->accept_surrogates);
        if (length == 0)
            return drp_fail(error, DRUPELET_BAD_TEXT, "byte %zu (%#04x) is not UTF-8; convert the text, for example with "
                            "iconv -f WINDOWS-1252 -t UTF-8", k, bytes[k]);
        k += length;
    }
    return DRUPELET_OK;
}

/* Checks a text, rewrites a copy in the session's buffers, and begins a walk over its words. */
static drupelet_status begin(drupelet_session *s, drupelet_text text, drp_word_walk *walk, drupelet_error *error) {
    drupelet_status status = check_utf8(s, text, error);
    if (status != DRUPELET_OK) return status;
    return drp_begin_words(&s->model->text_rules, (const uint8_t *)text.bytes, text.size_bytes, &s->text, walk, error);
}

static drupelet_status no_room_for_ids(size_t count, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the ids of a text of %zu words; cut it", count);
}

/* Most ids that a text's are held in before the middle ones, which no answer needs, are cut out: twice those that are read, so
 * that each id moves once at most. A long text then takes no more memory for its ids than a short one. */
static size_t most_ids(const drp_text_rules *t) {
    uint64_t most = 2 * (uint64_t)t->max_tokens + 2;
    return t->max_tokens != DRP_NO_VALUE && most < SIZE_MAX / 8 ? (size_t)most : SIZE_MAX;
}

/* Cuts the ids of a text (count) to max_tokens, in place. Returns the number of ids left. */
static size_t cut(const drp_text_rules *t, int32_t *ids, size_t count) {
    if (t->max_tokens == DRP_NO_VALUE || count <= t->max_tokens) return count;
    size_t limit = t->max_tokens, tail = t->keep == DRP_KEEP_HEAD ? 0 : t->keep == DRP_KEEP_TAIL ? limit : limit / 2;
    memmove(ids + (limit - tail), ids + (count - tail), tail * sizeof *ids);
    return limit;
}

/* Removes ids of padding (0), or fills up with them, as the network expects. Returns the number of ids; `ids` has room
 * for it. */
static size_t pad(const drupelet_model *m, int32_t *ids, size_t count) {
    if (m->padding == DRP_PADDING_NONE) {
        size_t kept = 0;
        for (size_t k = 0; k < count; ++k)
            if (ids[k] != 0) ids[kept++] = ids[k];
        return kept;
    }
    size_t filling = m->max_tokens - count;
    if (m->padding == DRP_PADDING_PRE) memmove(ids + filling, ids, count * sizeof *ids);
    memset(m->padding == DRP_PADDING_PRE ? ids : ids + count, 0, filling * sizeof *ids);
    return m->max_tokens;
}

/* Words of the vocabulary among the ids of a text. */
static size_t count_words(const int32_t *ids, size_t count, int32_t first_id) {
    size_t words = 0;
    for (size_t k = 0; k < count; ++k) words += ids[k] >= first_id;
    return words;
}

drupelet_status drp_encode(drupelet_session *s, drupelet_text text, drp_encoded *result, drupelet_error *error) {
    enum { FIRST_IDS = 256 };
    const drupelet_model *m = s->model;
    const drp_text_rules *t = &m->text_rules;
    const int32_t first_id = (int32_t)m->vocabulary.first_id;
    drp_word_walk walk;
    drupelet_status status = begin(s, text, &walk, error);
    if (status != DRUPELET_OK) return status;
    size_t enough = t->keep == DRP_KEEP_HEAD && t->max_tokens != DRP_NO_VALUE ? t->max_tokens : SIZE_MAX, count = 0;
    size_t most = most_ids(t), word_bytes;
    int32_t *ids = drp_reserve_ids(s, 0, FIRST_IDS);
    if (!ids) return no_room_for_ids(FIRST_IDS, error);
    size_t room = s->ids.size_bytes / sizeof *ids; /* count + 1 never exceeds it, so that end_id fits */
    if (room > most) room = most;
    uint8_t *word;
    if (t->start_id != DRP_NO_VALUE) ids[count++] = (int32_t)t->start_id;
    while (count < enough) {
        if (s->index.is_complete && walk.quick.next < walk.quick.count)
            count = listed_ids(s, &walk.quick, ids, count, room - 1 < enough ? room - 1 : enough);
        if (count == enough || !drp_next_word(t, &walk, &word, &word_bytes)) break;
        int32_t rank = rank_of(s, word, word_bytes);
        if (rank == DRP_RANK_DAMAGED)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: a block breaks the format; copy or export it again");
        if (count + 1 == room && room == most) {
            count = cut(t, ids, count);
        } else if (count + 1 == room) {
            room = 2 * count + FIRST_IDS < most ? 2 * count + FIRST_IDS : most;
            ids = drp_reserve_ids(s, count, room);
            if (!ids) return no_room_for_ids(count, error);
        }
        ids[count] = rank == DRP_RANK_NONE ? (int32_t)t->unknown_id : first_id + rank;
        count += rank != DRP_RANK_NONE || t->unknown_id != DRP_NO_VALUE;
    }
    if (t->end_id != DRP_NO_VALUE) ids[count++] = (int32_t)t->end_id;
    count = cut(t, ids, count);
    result->n_tokens = count_words(ids, count, first_id);
    if (m->padding != DRP_PADDING_NONE) ids = drp_reserve_ids(s, count, m->max_tokens);
    if (!ids) return no_room_for_ids(m->max_tokens, error);
    result->count = pad(m, ids, count);
    return DRUPELET_OK;
}

drupelet_status drupelet_encode(drupelet_session *s, drupelet_text text, const int32_t **ids, size_t *count,
                                size_t *n_tokens, drupelet_error *error) {
    if (error) error->message[0] = 0;
    drp_session_trim(s);
    drp_encoded result;
    drupelet_status status = drp_encode(s, text, &result, error);
    if (status != DRUPELET_OK) return status;
    *ids = s->ids.memory;
    *count = result.count;
    if (n_tokens) *n_tokens = result.n_tokens;
    return DRUPELET_OK;
}

drupelet_status drupelet_words(drupelet_session *s, drupelet_text text, const char **words, size_t *size_bytes,
                               drupelet_error *error) {
    if (error) error->message[0] = 0;
    drp_session_trim(s);
    drp_word_walk walk;
    drupelet_status status = begin(s, text, &walk, error);
    if (status != DRUPELET_OK) return status;
    drp_writer out = {.buffer = &s->words_found, .limit_bytes = SIZE_MAX / 2};
    uint8_t *word;
    size_t word_bytes;
    bool done = drp_make_room(&out, 0) != NULL;
    while (done && drp_next_word(&s->model->text_rules, &walk, &word, &word_bytes)) {
        const uint8_t size[4] = {(uint8_t)word_bytes, (uint8_t)(word_bytes >> 8), (uint8_t)(word_bytes >> 16),
                                 (uint8_t)(word_bytes >> 24)};
        done = drp_write(&out, size, sizeof size) && drp_write(&out, word, word_bytes);
    }
    if (!done) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", text.size_bytes);
    *words = out.buffer->memory;
    *size_bytes = out.size_bytes;
    return DRUPELET_OK;
}
