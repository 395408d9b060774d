/* From texts to answers: sessions, look-ups, and what stands before and behind the network. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

void *drp_reserve(drp_buffer *buffer, size_t size_bytes) {
    if (size_bytes <= buffer->size_bytes && buffer->memory) return buffer->memory;
    drp_free(buffer->memory);
    buffer->memory = drp_allocate(size_bytes, 1);
    buffer->size_bytes = buffer->memory ? size_bytes : 0;
    return buffer->memory;
}

/* ---- Making and ending a session ---- */

static size_t row_floats(const drp_layer *layer) {
    return (size_t)layer->direction_count * layer->panels * layer->gates * DRP_LANES;
}

static bool make_projection_cache(drp_projection_cache *cache, const drp_layer *first, uint32_t rows, size_t bytes) {
    cache->row_floats = row_floats(first);
    size_t set_bytes = DRP_WAYS * cache->row_floats * sizeof(float);
    while (cache->set_bits < 24 && ((size_t)2 << cache->set_bits) * set_bytes <= bytes &&
           ((size_t)DRP_WAYS << cache->set_bits) < rows)
        ++cache->set_bits;
    size_t entries = (size_t)DRP_WAYS << cache->set_bits;
    cache->ids = drp_allocate(entries, sizeof *cache->ids);
    cache->places = drp_allocate(entries, sizeof *cache->places);
    cache->rows = drp_allocate(entries, cache->row_floats * sizeof(float));
    if (!cache->ids || !cache->places || !cache->rows) return false;
    for (size_t n = 0; n < entries; ++n) {
        cache->ids[n] = -1;
        cache->places[n] = (uint8_t)(n % DRP_WAYS);
    }
    return true;
}

/* Room for `count` ids, of which the first `kept` stay what they are; NULL when there is no such memory. */
static int32_t *reserve_ids(drupelet_session *s, size_t kept, size_t count) {
    if (s->ids.memory && count <= s->ids.size_bytes / sizeof(int32_t)) return s->ids.memory;
    int32_t *larger = drp_allocate(count, sizeof *larger);
    if (!larger) return NULL;
    if (kept) memcpy(larger, s->ids.memory, kept * sizeof *larger);
    drp_free(s->ids.memory);
    s->ids = (drp_buffer){larger, count * sizeof *larger};
    return larger;
}

drupelet_status drupelet_session_create(const drupelet_model *model, const drupelet_session_options *options,
                                        drupelet_session **session, drupelet_error *error) {
    if (error) error->message[0] = 0;
    *session = NULL;
    drupelet_session *s = drp_allocate(1, sizeof *s);
    if (!s) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a session; free some");
    size_t cache_bytes = options && options->projection_cache_bytes ? options->projection_cache_bytes
                                                                    : DRUPELET_PROJECTION_CACHE_BYTES;
    size_t widest_input = model->embedding_dim, widest_gates = 0, widest_units = 0;
    for (uint32_t n = 0; n < model->layer_count; ++n) {
        const drp_layer *layer = &model->layers[n];
        size_t gates = (size_t)layer->panels * layer->gates * DRP_LANES;
        if (layer->output_dim > widest_input) widest_input = layer->output_dim;
        if (gates > widest_gates) widest_gates = gates;
        if ((size_t)layer->panels * DRP_LANES > widest_units) widest_units = (size_t)layer->panels * DRP_LANES;
    }
    widest_input += 2 * DRP_LANES; /* padding */
    s->model = model;
    s->accept_surrogates = options && options->accept_surrogates;
    s->words = drp_allocate((size_t)DRP_WORD_SETS * DRP_WAYS, sizeof *s->words);
    s->input_row = drp_allocate(widest_input, 1);
    s->float_row = drp_allocate(widest_input, sizeof(float));
    s->gates = drp_allocate(widest_gates, sizeof(float));
    s->recurrent_gates = drp_allocate(widest_gates, sizeof(float));
    s->reset_state = drp_allocate(widest_units, sizeof(float));
    s->reset_state_i8 = drp_allocate(widest_units, 1);
    if (!reserve_ids(s, 0, 1) || !s->words || !s->input_row || !s->float_row || !s->gates || !s->recurrent_gates || !s->reset_state ||
        !s->reset_state_i8 ||
        !make_projection_cache(&s->projections, &model->layers[0], model->vocabulary_rows, cache_bytes)) {
        drupelet_session_destroy(s);
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a session; free some, or ask for a smaller cache");
    }
    *session = s;
    return DRUPELET_OK;
}

void drupelet_session_destroy(drupelet_session *s) {
    if (!s) return;
    void *const all[] = {s->words, s->input_row, s->float_row, s->gates, s->recurrent_gates, s->reset_state,
                         s->reset_state_i8, s->projections.ids, s->projections.places, s->projections.rows,
                         s->text.memory, s->ids.memory, s->states.memory, s->steps[0].memory, s->steps[1].memory,
                         s->vectors.memory, s->logits.memory};
    for (size_t n = 0; n < sizeof all / sizeof *all; ++n) drp_free(all[n]);
    drp_free(s);
}

/* ---- From word to rank ---- */

static uint64_t load_u64(const uint8_t *p) {
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* The first `size_bytes` (0 to 8) of eight little-endian bytes, zeros for the rest. */
static uint64_t first_bytes(uint64_t eight, size_t size_bytes) {
    return size_bytes >= 8 ? eight : eight & (((uint64_t)1 << (8 * size_bytes)) - 1);
}

/* The rank of a word whose first DRP_WORD_READ bytes may be read. */
static int32_t rank_of(drupelet_session *s, const uint8_t *word, size_t size_bytes) {
    if (size_bytes > DRP_WORD_READ) return drp_vocabulary_rank(&s->model->vocabulary, word, size_bytes);
    uint64_t a = first_bytes(load_u64(word), size_bytes), b = 0, c = 0;
    if (size_bytes > 8) b = first_bytes(load_u64(word + 8), size_bytes - 8);
    if (size_bytes > 16) c = first_bytes(load_u64(word + 16), size_bytes - 16);
    /* Multiplicative hashing (Knuth): odd constants, and the top bits of the product. */
    uint64_t hash = (a ^ (b * 0x9E3779B97F4A7C15u) ^ (c * 0xC2B2AE3D27D4EB4Fu)) * 0xD6E8FEB86659FD93u;
    drp_word_entry *set = s->words + (hash >> 52) * DRP_WAYS; /* DRP_WORD_SETS is 2^12 */
    for (int way = 0; way < DRP_WAYS; ++way) {
        drp_word_entry *entry = &set[way];
        if (entry->letters[0] != a || entry->letters[1] != b || entry->letters[2] != c ||
            entry->size_bytes != (int32_t)size_bytes)
            continue;
        if (way > 0) {
            drp_word_entry hit = *entry;
            *entry = set[0];
            set[0] = hit;
        }
        return set[0].rank;
    }
    int32_t rank = drp_vocabulary_rank(&s->model->vocabulary, word, size_bytes);
    if (rank != DRP_RANK_DAMAGED)
        set[set[0].size_bytes ? 1 : 0] = (drp_word_entry){{a, b, c}, (int32_t)size_bytes, rank};
    return rank;
}

/* ---- From text to ids ---- */

static drupelet_status check_utf8(const drupelet_session *s, drupelet_text text, drupelet_error *error) {
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    size_t k = 0;
    while (k < text.size_bytes) {
        /* Eight ASCII bytes at a time: what most of most texts is. */
        while (text.size_bytes - k >= 8 && (load_u64(bytes + k) & 0x8080808080808080u) == 0) k += 8;
        if (k == text.size_bytes) break;
        size_t length = drp_utf8_length(bytes + k, text.size_bytes - k, s->accept_surrogates);
        if (length == 0)
            return drp_fail(error, DRUPELET_BAD_TEXT, "byte %zu of a text (%#04x) is not UTF-8; convert the text", k,
                            bytes[k]);
        k += length;
    }
    return DRUPELET_OK;
}

/* The words of a text, checked and copied to the session's buffer. */
static drupelet_status normalize(drupelet_session *s, drupelet_text text, drp_word_walk *walk, drupelet_error *error) {
    drupelet_status status = check_utf8(s, text, error);
    if (status != DRUPELET_OK) return status;
    uint8_t *out = text.size_bytes > SIZE_MAX - DRP_WORD_READ ? NULL : drp_reserve(&s->text, text.size_bytes + DRP_WORD_READ);
    if (!out)
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", text.size_bytes);
    size_t size_bytes =
        drp_tokenizer_normalize(&s->model->tokenizer, (const uint8_t *)text.bytes, text.size_bytes, out);
    *walk = drp_words_of(out, size_bytes);
    return DRUPELET_OK;
}

typedef struct {
    size_t count, n_tokens; /* of the session's ids */
} encoded;

static drupelet_status no_room_for_ids(size_t count, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the ids of a text of %zu words; cut it", count);
}

/* What Encoder.encode of drupelet/encoder.py does, into s->ids. */
static drupelet_status encode(drupelet_session *s, drupelet_text text, encoded *result, drupelet_error *error) {
    const drupelet_model *m = s->model;
    const drp_tokenizer *t = &m->tokenizer;
    drp_word_walk walk;
    drupelet_status status = normalize(s, text, &walk, error);
    if (status != DRUPELET_OK) return status;
    size_t limit = t->max_tokens == DRP_NO_VALUE ? SIZE_MAX : t->max_tokens, count = 0, room = 0;
    bool stop_at_limit = t->keep == DRP_KEEP_HEAD;
    uint8_t *word;
    int32_t *ids = NULL;
    size_t word_bytes;
    while (!(stop_at_limit && count == limit) && drp_next_word(t, &walk, &word, &word_bytes)) {
        int32_t rank = rank_of(s, word, word_bytes);
        if (rank == DRP_RANK_DAMAGED)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary: a block breaks the format; copy or export it again");
        if (rank == DRP_RANK_NONE && t->unknown_id == DRP_NO_VALUE) continue;
        if (count == room) {
            room = room ? 2 * room : 256;
            ids = reserve_ids(s, count, room);
            if (!ids) return no_room_for_ids(count, error);
        }
        ids[count++] = rank == DRP_RANK_NONE ? (int32_t)t->unknown_id : (int32_t)(m->vocabulary.first_id + (uint32_t)rank);
    }
    if (count > limit) {
        size_t tail = t->keep == DRP_KEEP_TAIL ? limit : limit / 2;
        memmove(ids + (limit - tail), ids + (count - tail), tail * sizeof *ids);
        count = limit;
    }
    result->n_tokens = 0;
    for (size_t k = 0; k < count; ++k) result->n_tokens += ids[k] >= (int32_t)m->vocabulary.first_id;
    if (m->padding == DRP_PADDING_NONE) {
        size_t kept = 0;
        for (size_t k = 0; k < count; ++k)
            if (ids[k] != 0) ids[kept++] = ids[k];
        count = kept;
    } else {
        ids = reserve_ids(s, count, m->max_tokens);
        if (!ids) return no_room_for_ids(m->max_tokens, error);
        size_t filling = m->max_tokens - count;
        if (m->padding == DRP_PADDING_PRE) {
            memmove(ids + filling, ids, count * sizeof *ids);
            memset(ids, 0, filling * sizeof *ids);
        } else {
            memset(ids + count, 0, filling * sizeof *ids);
        }
        count = m->max_tokens;
    }
    result->count = count;
    return DRUPELET_OK;
}

drupelet_status drupelet_encode(drupelet_session *s, drupelet_text text, const int32_t **ids, size_t *count,
                                size_t *n_tokens, drupelet_error *error) {
    if (error) error->message[0] = 0;
    encoded result;
    drupelet_status status = encode(s, text, &result, error);
    if (status != DRUPELET_OK) return status;
    *ids = s->ids.memory;
    *count = result.count;
    if (n_tokens) *n_tokens = result.n_tokens;
    return DRUPELET_OK;
}

drupelet_status drupelet_words(drupelet_session *s, drupelet_text text, const char **words, size_t *size_bytes,
                               drupelet_error *error) {
    if (error) error->message[0] = 0;
    drp_word_walk walk;
    drupelet_status status = normalize(s, text, &walk, error);
    if (status != DRUPELET_OK) return status;
    /* A word is never longer than what it was read from, and white space stands between two. */
    uint8_t *start = drp_reserve(&s->states, text.size_bytes + DRP_WORD_READ), *out = start, *word;
    if (!start) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", text.size_bytes);
    size_t word_bytes;
    while (drp_next_word(&s->model->tokenizer, &walk, &word, &word_bytes)) {
        memcpy(out, word, word_bytes);
        out += word_bytes;
        *out++ = 0;
    }
    *words = (const char *)start;
    *size_bytes = (size_t)(out - start);
    return DRUPELET_OK;
}

/* ---- From logits to an answer ---- */

/* e^x for float64: 2^n e^r with n = round(x / ln 2) and the Taylor polynomial of degree 13 for e^r, |r| <= ln(2) / 2,
 * within 4e-16, relative. Written out so that every processor rounds alike, which libm does not promise. */
static double exp_f64(double x) {
    if (!(x > -708.0)) return x != x ? x : 0.0;
    if (x > 709.0) x = 709.0;
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    double shifted = x * 1.4426950408889634 + magic, n = shifted - magic;
    double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10; /* fdlibm's halves of ln 2 */
    static const double over_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                            1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                            1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5, 1.0, 1.0};
    double p = over_factorial[0];
    for (int k = 1; k <= 13; ++k) p = p * r + over_factorial[k];
    uint64_t bits, shift;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&shift, &shifted, sizeof shift);
    bits += shift << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

static double sigmoid_f64(double x) {
    if (x >= 0) return 1.0 / (1.0 + exp_f64(-x));
    double power = exp_f64(x);
    return power / (1.0 + power);
}

static void finish_answer(const drupelet_model *m, const float *logits, drupelet_answer *answer) {
    uint32_t units = drupelet_model_units(m), classes = drupelet_model_classes(m);
    double *p = answer->probabilities;
    if (units == 1) {
        p[1] = sigmoid_f64(logits[0]);
        p[0] = 1.0 - p[1];
    } else if (m->output == DRP_SIGMOID_OUTPUT) {
        for (uint32_t n = 0; n < units; ++n) p[n] = sigmoid_f64(logits[n]);
    } else {
        double top = logits[0], total = 0.0;
        for (uint32_t n = 1; n < units; ++n)
            if (logits[n] > top) top = logits[n];
        for (uint32_t n = 0; n < units; ++n) total += p[n] = exp_f64(logits[n] - top);
        for (uint32_t n = 0; n < units; ++n) p[n] /= total;
    }
    answer->label = 0;
    for (uint32_t n = 0; n < classes; ++n) {
        if (p[n] != p[n]) {
            answer->label = 0;
            break;
        }
        if (p[n] > p[answer->label]) answer->label = n;
    }
    if (answer->logits) memcpy(answer->logits, logits, units * sizeof *logits);
}

drupelet_status drupelet_predict(drupelet_session *s, const drupelet_text *texts, size_t count,
                                 drupelet_answer *answers, drupelet_error *error) {
    if (error) error->message[0] = 0;
    float *logits = drp_reserve(&s->logits, drupelet_model_units(s->model) * sizeof *logits);
    if (!logits) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for answers; free some");
    for (size_t n = 0; n < count; ++n) {
        encoded text;
        drupelet_status status = encode(s, texts[n], &text, error);
        if (status == DRUPELET_OK) status = drp_run_network(s, s->ids.memory, text.count, logits, error);
        if (status != DRUPELET_OK) return status;
        answers[n].n_tokens = text.n_tokens;
        finish_answer(s->model, logits, &answers[n]);
    }
    return DRUPELET_OK;
}

drupelet_status drupelet_run(drupelet_session *s, const int32_t *ids, size_t count, float *logits,
                             drupelet_error *error) {
    if (error) error->message[0] = 0;
    for (size_t k = 0; k < count; ++k)
        if (ids[k] < 0 || (uint32_t)ids[k] >= s->model->vocabulary_rows)
            return drp_fail(error, DRUPELET_BAD_TEXT, "id %d at place %zu, expected 0 to %u", ids[k], k,
                            s->model->vocabulary_rows - 1);
    return drp_run_network(s, ids, count, logits, error);
}
