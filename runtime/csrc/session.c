/* Sessions, and from texts to answers with what stands before and behind the network. */
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
    size_t set_bytes = DRP_WAYS * cache->row_floats * sizeof(float), sets = bytes / set_bytes;
    size_t useful = (rows + DRP_WAYS - 1) / DRP_WAYS; /* more sets than rows would do nothing */
    cache->sets = (uint32_t)(sets < 1 ? 1 : sets < useful ? sets : useful);
    size_t entries = (size_t)cache->sets * DRP_WAYS;
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
    if (!drp_reserve_ids(s, 0, 1) || !s->words || !s->input_row || !s->float_row || !s->gates || !s->recurrent_gates || !s->reset_state ||
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

/* ---- From logits to an answer ---- */

/* e^x for float64: 2^n e^r with n = round(x / ln 2) and the Taylor polynomial of degree 13 for e^r, |r| <= ln(2) / 2,
 * within 4e-16, relative. Written out so that every processor rounds alike, which libm does not promise. */
static double exp_f64(double x) {
    if (x == 0.0) return 1.0; /* one of the powers of every softmax */
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

/* Asks for the first bytes of a text that comes next: it may lie anywhere. */
static void prefetch_text(drupelet_text text) {
    enum { PREFETCHED_BYTES = 512 };
    for (size_t k = 0; k < text.size_bytes && k < PREFETCHED_BYTES; k += DRP_ALIGNMENT) DRP_PREFETCH(text.bytes + k);
}

drupelet_status drupelet_predict(drupelet_session *s, const drupelet_text *texts, size_t count,
                                 drupelet_answer *answers, drupelet_error *error) {
    if (error) error->message[0] = 0;
    float *logits = drp_reserve(&s->logits, drupelet_model_units(s->model) * sizeof *logits);
    if (!logits) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for answers; free some");
    for (size_t n = 0; n < count; ++n) {
        if (n + 1 < count) prefetch_text(texts[n + 1]);
        drp_encoded text;
        drupelet_status status = drp_encode(s, texts[n], &text, error);
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
