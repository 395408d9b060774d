/* Makes and ends sessions, and lets their buffers grow. */
#include "session.h"

#include <string.h>

#include "support.h"

int32_t *drp_reserve_ids(drupelet_session *s, size_t kept, size_t count) {
    if (s->ids.memory && count <= s->ids.size_bytes / sizeof(int32_t)) return s->ids.memory;
    int32_t *larger = drp_allocate(count, sizeof *larger);
    if (!larger) return NULL;
    if (kept) memcpy(larger, s->ids.memory, kept * sizeof *larger);
    drp_free(s->ids.memory);
    s->ids = (drp_buffer){larger, count * sizeof *larger};
    return larger;
}

static size_t trim(drp_buffer *buffer) {
    enum { KEPT_BYTES = 1 << 18 }; /* a text of a quarter of a megabyte: to make room for a longer one costs nothing beside it */
    if (buffer->size_bytes <= KEPT_BYTES) return 0;
    size_t freed_bytes = buffer->size_bytes;
    drp_free(buffer->memory);
    *buffer = (drp_buffer){0};
    return freed_bytes;
}

void drp_session_trim(drupelet_session *s) {
    drp_buffer *const of_text[] = {&s->text.texts[0], &s->text.texts[1], &s->text.words[0], &s->text.words[1],
                                   &s->text.work,     &s->words_found,   &s->ids};
    for (size_t n = 0; n < sizeof of_text / sizeof *of_text; ++n) trim(of_text[n]);
    for (uint32_t n = 0; n < s->model->slot_count; ++n) s->buffer_bytes -= trim(&s->values[n]);
    s->buffer_bytes -= trim(&s->scratch);
}

/* ---- Making and ending a session ---- */

static size_t row_bytes(const drp_layer *layer) {
    size_t number_bytes = layer->step_i16 ? sizeof(int16_t) : sizeof(float);
    return layer->direction_count * layer->panels * layer->gates * DRP_LANES * number_bytes;
}

static void free_projection_cache(drp_projection_cache *cache) {
    drp_free(cache->keys);
    drp_free(cache->swapped);
    drp_free(cache->rows);
    *cache = (drp_projection_cache){.keys = NULL};
}

static bool allocate_projection_cache(drp_projection_cache *cache, uint32_t sets, size_t row_bytes) {
    size_t entries = (size_t)sets * DRP_WAYS;
    *cache = (drp_projection_cache){.sets = sets, .row_bytes = row_bytes};
    cache->keys = drp_allocate(entries, sizeof *cache->keys);
    cache->swapped = drp_allocate(sets, sizeof *cache->swapped);
    cache->rows = drp_allocate(entries, row_bytes);
    if (cache->keys && cache->swapped && cache->rows) return true;
    free_projection_cache(cache);
    return false;
}

/* A cache of at most so many bytes; a smaller one, which answers alike, where there is no such memory. */
static bool make_projection_cache(drp_projection_cache *cache, const drp_layer *first, uint32_t rows, size_t bytes) {
    size_t sets = bytes / (DRP_WAYS * row_bytes(first));
    size_t useful = (rows + DRP_WAYS - 1) / DRP_WAYS; /* more sets than rows would stay empty */
    if (sets > useful) sets = useful;
    if (sets < 1) sets = 1;
    for (; !allocate_projection_cache(cache, (uint32_t)sets, row_bytes(first)); sets /= 2)
        if (sets == 1) return false;
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
    size_t widest_input = 1, widest_gates = 1, most_gates = 1, widest_units = 1;
    for (uint32_t n = 0; n < model->node_count; ++n) {
        if (model->nodes[n].operation != &drp_op_recurrent) continue;
        const drp_layer *layer = model->nodes[n].weights;
        size_t gates = (size_t)layer->panels * layer->gates * DRP_LANES;
        if (layer->input_dim > widest_input) widest_input = layer->input_dim;
        if (gates > widest_gates) widest_gates = gates;
        size_t at_once = gates * (layer->input_i8 ? 1 : DRP_GATE_ROWS);
        if (at_once > most_gates) most_gates = at_once;
        if ((size_t)layer->panels * DRP_LANES > widest_units) widest_units = (size_t)layer->panels * DRP_LANES;
    }
    widest_input += 2 * DRP_LANES; /* padding */
    if (model->folded != DRP_NO_VALUE) {
        const drp_node *folded = &model->nodes[model->folded];
        s->folded = folded->weights;
        s->table = model->nodes[folded->reads[0] - 1].weights;
    }
    s->model = model;
    s->accept_surrogates = options && options->accept_surrogates;
    bool has_words = false;
    if (model->vocabulary.word_count <= DRP_INDEX_WORDS)
        has_words = drp_word_index_begin(&s->index, model->vocabulary.word_count);
    else
        has_words = (s->words = drp_allocate((size_t)DRP_WORD_SETS * DRP_WAYS, sizeof *s->words)) != NULL;
    s->input_row = drp_allocate(widest_input, 1);
    s->float_row = drp_allocate(widest_input, sizeof(float));
    s->gates = drp_allocate(most_gates, sizeof(float));
    s->gates_i16 = drp_allocate(widest_gates, sizeof(int16_t));
    s->recurrent_gates = drp_allocate(widest_gates, sizeof(float));
    s->reset_state = drp_allocate(widest_units, sizeof(float));
    s->reset_state_i8 = drp_allocate(widest_units, 1);
    s->values = drp_allocate(model->slot_count, sizeof *s->values);
    if (!drp_reserve_ids(s, 0, 1) || !has_words || !s->input_row || !s->float_row || !s->gates || !s->gates_i16 || !s->recurrent_gates ||
        !s->reset_state || !s->reset_state_i8 || !s->values ||
        (s->folded && !make_projection_cache(&s->projections, s->folded, model->vocabulary_rows, cache_bytes))) {
        drupelet_session_destroy(s);
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a session; free some");
    }
    *session = s;
    return DRUPELET_OK;
}

void drupelet_session_destroy(drupelet_session *s) {
    if (!s) return;
    void *const all[] = {s->words, s->input_row, s->float_row, s->gates, s->gates_i16, s->recurrent_gates, s->reset_state,
                         s->reset_state_i8, s->ids.memory, s->states.memory, s->scratch.memory, s->logits.memory, s->words_found.memory};
    for (uint32_t n = 0; s->values && n < s->model->slot_count; ++n) drp_free(s->values[n].memory);
    drp_free(s->values);
    for (size_t n = 0; n < sizeof all / sizeof *all; ++n) drp_free(all[n]);
    free_projection_cache(&s->projections);
    drp_text_buffers_free(&s->text);
    drp_word_index_free(&s->index);
    drp_free(s);
}
