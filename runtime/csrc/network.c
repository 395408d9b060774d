/* Runs the network: embedding, recurrent layers, pooling, dense layers. */
#include "network.h"

#include <math.h>
#include <string.h>

#include "activations.h"
#include "support.h"

/* ---- Embedding, folded with the input projection of the first layer ---- */

static void load_row(drupelet_session *s, uint32_t id, float *factor) {
    const drupelet_model *m = s->model;
    uint32_t dim = m->embedding_dim, half = (dim + 1) / 2;
    *factor = 1.0f;
    if (m->scheme == DRP_F32) {
        const uint8_t *row = m->embedding + (size_t)4 * dim * id;
        for (uint32_t k = 0; k < dim; ++k) s->float_row[k] = drp_f32(row + 4 * k);
    } else if (m->scheme == DRP_F16) {
        const uint8_t *row = m->embedding + (size_t)2 * dim * id;
        for (uint32_t k = 0; k < dim; ++k) s->float_row[k] = drp_f16(row + 2 * k);
    } else {
        const uint8_t flip = m->tier->flip;
        uint8_t *restrict out = s->input_row;
        *factor = m->scale_table[m->scale_codes[id]];
        if (m->scheme == DRP_WI8) {
            const uint8_t *restrict row = m->embedding + (size_t)dim * id;
            for (uint32_t k = 0; k < dim; ++k) out[k] = row[k] ^ flip;
        } else { /* column k in the low nibble of byte k, column half + k in its high one, each as value + 8 */
            const uint8_t *restrict row = m->embedding + (size_t)half * id;
            for (uint32_t k = 0; k < half; ++k) out[k] = (uint8_t)((row[k] & 15) - 8) ^ flip;
            for (uint32_t k = half; k < dim; ++k) out[k] = (uint8_t)((row[k - half] >> 4) - 8) ^ flip;
        }
        for (uint32_t k = dim; k % DRP_DOT; ++k) out[k] = flip;
    }
}

/* Prefetches an embedding row that is projected a few steps later: it is seldom in a cache. */
static void prefetch_row(const drupelet_model *m, int32_t id) {
    static const uint8_t bits[] = {32, 16, 8, 4};
    size_t row_bytes = (m->embedding_dim * bits[m->scheme] + 7) / 8;
    const uint8_t *row = m->embedding + (size_t)id * row_bytes;
    DRP_PREFETCH(row);
    DRP_PREFETCH(row + (row_bytes < DRP_ALIGNMENT ? row_bytes : DRP_ALIGNMENT) - 1); /* a row may lie across two lines */
}

/* The input projection of an embedding row for each direction, in panels, biases included. Valid until the next call. */
static const float *projected_row(drupelet_session *s, int32_t id) {
    const drupelet_model *m = s->model;
    const drp_layer *layer = &m->layers[0];
    drp_projection_cache *cache = &s->projections;
    /* Knuth's multiplicative hash (2^32 / golden ratio), and the product's high word for a number below `sets`. */
    uint32_t hash = (uint32_t)id * 2654435769u;
    size_t set = (size_t)((uint64_t)hash * cache->sets >> 32);
    int32_t *ids = cache->ids + set * DRP_WAYS;
    uint8_t *places = cache->places + set * DRP_WAYS;
    float *rows = cache->rows + set * DRP_WAYS * cache->row_floats;
    if (ids[0] == id) return rows + places[0] * cache->row_floats;
    if (ids[1] == id) {
        uint8_t place = places[1];
        ids[1] = ids[0];
        places[1] = places[0];
        ids[0] = id;
        places[0] = place;
        return rows + place * cache->row_floats;
    }
    int way = ids[0] < 0 ? 0 : 1;
    float *row = rows + places[way] * cache->row_floats;
    ids[way] = id;
    float factor;
    load_row(s, (uint32_t)id, &factor);
    size_t gates = (size_t)layer->panels * layer->gates * DRP_LANES;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        const drp_weights *w = &layer->weights[d];
        if (layer->input_i8)
            m->tier->project_i8(&w->kernel_i8, s->input_row, factor, w->bias, row + d * gates);
        else
            m->tier->project_f32(&w->kernel_f32, s->float_row, w->bias, row + d * gates);
    }
    return row;
}

/* ---- One step of one direction ---- */

/* The state of a direction: (units, padded) each. */
typedef struct {
    float *c, *h;
    uint8_t *h_i8[2]; /* read by the next step, and written by it, in turn */
    int now;          /* which of the two the next step reads */
} drp_state;

/* A state below this becomes zero. It stays out of the subnormal range, where 32-bit NEON computes with zero. */
#define STATE_FLOOR 1e-18f

static float floored(float x) { return x < STATE_FLOOR && x > -STATE_FLOOR ? 0.0f : x; }

static void project_state(drupelet_session *s, const drp_layer *layer, const drp_kernel_i8 *i8, const drp_kernel_f32 *f32,
                          const float *state, const uint8_t *state_i8, const float *bias, float *out) {
    if (layer->recurrent_i8)
        s->model->tier->project_i8(i8, state_i8, 1.0f, bias, out);
    else
        s->model->tier->project_f32(f32, state, bias, out);
}

/* The cell of an LSTM step. z (panels, 4, DRP_LANES) holds gates i, f, g, o before their activations; it is overwritten. */
static void lstm_cell(const drupelet_session *s, const drp_layer *layer, float *z, drp_state *state) {
    const drp_tier *tier = s->model->tier;
    for (uint32_t p = 0; p < layer->panels; ++p) {
        float *i = z + (size_t)p * 4 * DRP_LANES, *f = i + DRP_LANES, *g = f + DRP_LANES, *o = g + DRP_LANES;
        float *c = state->c + (size_t)p * DRP_LANES, *h = state->h + (size_t)p * DRP_LANES;
        drp_activate(tier, layer->recurrent_activation, i, 2 * DRP_LANES);
        drp_activate(tier, layer->activation, g, DRP_LANES);
        drp_activate(tier, layer->recurrent_activation, o, DRP_LANES);
        for (int lane = 0; lane < DRP_LANES; ++lane) {
            float kept = f[lane] * c[lane], added = i[lane] * g[lane];
            c[lane] = floored(kept + added);
        }
        memcpy(g, c, DRP_LANES * sizeof *g);
        drp_activate(tier, layer->activation, g, DRP_LANES);
        for (int lane = 0; lane < DRP_LANES; ++lane) h[lane] = floored(o[lane] * g[lane]);
    }
}

/* h = z h + (1 - z) candidate */
static void gru_mix(const drp_layer *layer, const float *z, size_t stride, const float *candidate,
                    size_t candidate_stride, float *h) {
    for (uint32_t p = 0; p < layer->panels; ++p)
        for (int lane = 0; lane < DRP_LANES; ++lane) {
            float share = z[p * stride + (size_t)lane], *state = &h[(size_t)p * DRP_LANES + (size_t)lane];
            float kept = share * *state, added = (1.0f - share) * candidate[p * candidate_stride + (size_t)lane];
            *state = floored(kept + added);
        }
}

/* A GRU step that applies the reset gate to the recurrent projection of the candidate; gates z, r, candidate. */
static void gru_reset_after(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *x,
                            drp_state *state) {
    enum { BLOCK = 3 * DRP_LANES };
    float *u = s->recurrent_gates;
    project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now],
                  w->recurrent_bias, u);
    for (uint32_t p = 0; p < layer->panels; ++p) {
        float *z = u + (size_t)p * BLOCK, *r = z + DRP_LANES, *candidate = r + DRP_LANES;
        const float *added = x + (size_t)p * BLOCK;
        for (int k = 0; k < 2 * DRP_LANES; ++k) z[k] = added[k] + z[k];
        drp_activate(s->model->tier, layer->recurrent_activation, z, 2 * DRP_LANES);
        for (int lane = 0; lane < DRP_LANES; ++lane) {
            float recurrent = r[lane] * candidate[lane];
            candidate[lane] = added[2 * DRP_LANES + lane] + recurrent;
        }
        drp_activate(s->model->tier, layer->activation, candidate, DRP_LANES);
    }
    gru_mix(layer, u, BLOCK, u + 2 * DRP_LANES, BLOCK, state->h);
}

/* A GRU step that applies the reset gate to the state before its projection. */
static void gru_reset_before(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *x,
                             drp_state *state) {
    enum { BLOCK = 3 * DRP_LANES, GATES = 2 * DRP_LANES };
    const drp_tier *tier = s->model->tier;
    size_t units = (size_t)layer->panels * DRP_LANES;
    float *zr = s->recurrent_gates, *candidate = zr + (size_t)layer->panels * GATES;
    /* Each projection adds its part of x, in panels of its own gates. */
    for (uint32_t p = 0; p < layer->panels; ++p) {
        memcpy(zr + (size_t)p * GATES, x + (size_t)p * BLOCK, GATES * sizeof *zr);
        memcpy(candidate + (size_t)p * DRP_LANES, x + (size_t)p * BLOCK + GATES, DRP_LANES * sizeof *candidate);
    }
    project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now], zr, zr);
    drp_activate(tier, layer->recurrent_activation, zr, (size_t)layer->panels * GATES);
    for (uint32_t p = 0; p < layer->panels; ++p)
        for (int lane = 0; lane < DRP_LANES; ++lane) {
            size_t unit = (size_t)p * DRP_LANES + (size_t)lane;
            s->reset_state[unit] = zr[(size_t)p * GATES + DRP_LANES + (size_t)lane] * state->h[unit];
        }
    if (layer->recurrent_i8) tier->quantize_i8(s->reset_state, units, 127.0f, s->reset_state_i8);
    project_state(s, layer, &w->candidate_kernel_i8, &w->candidate_kernel_f32, s->reset_state, s->reset_state_i8,
                  candidate, candidate);
    drp_activate(tier, layer->activation, candidate, units);
    gru_mix(layer, zr, GATES, candidate, DRP_LANES, state->h);
}

/* One step of a layer for which the tier has one function. The state is written as float32 only where somebody reads it:
 * to `output` (units, padded) unless that is NULL, and after the last step. */
static void quick_step(const drp_tier *tier, const drp_weights *w, const float *x, drp_state *state, bool first,
                       bool last, float *output) {
    tier->lstm_step_i8(&w->recurrent_kernel_i8, x, first ? NULL : state->h_i8[state->now], state->c,
                       state->h_i8[!state->now], output ? output : last ? state->h : NULL);
    state->now = !state->now;
}

/* One step; x in panels. */
static void step(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *x, drp_state *state) {
    const drp_tier *tier = s->model->tier;
    if (layer->cell == DRP_LSTM) {
        project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now], x,
                      s->recurrent_gates);
        lstm_cell(s, layer, s->recurrent_gates, state);
    } else if (layer->reset_after) {
        gru_reset_after(s, layer, w, x, state);
    } else {
        gru_reset_before(s, layer, w, x, state);
    }
    if (layer->recurrent_i8)
        tier->quantize_i8(state->h, (size_t)layer->panels * DRP_LANES, 127.0f, state->h_i8[state->now]);
}

/* ---- Layers ---- */

static float merged(drp_merge merge, float forward, float backward) {
    switch (merge) {
        case DRP_MUL: return forward * backward;
        case DRP_AVE: return (forward + backward) / 2.0f;
        default: return forward + backward;
    }
}

/* out (output_dim) from the states of the directions; out may be the first of them. */
static void merge_states(const drp_layer *layer, const float *forward, const float *backward, float *out) {
    uint32_t units = layer->units;
    if (layer->merge == DRP_MERGE_NONE || layer->merge == DRP_CONCAT) {
        memmove(out, forward, units * sizeof *out);
        if (layer->merge == DRP_CONCAT) memmove(out + units, backward, units * sizeof *out);
        return;
    }
    for (uint32_t k = 0; k < units; ++k) out[k] = merged(layer->merge, forward[k], backward[k]);
}

/* Sets the states of all directions of a layer to zero; false when there is no memory. */
static bool begin_layer(drupelet_session *s, const drp_layer *layer, drp_state states[2]) {
    size_t units = (size_t)layer->panels * DRP_LANES, floats = 2 * units * sizeof(float);
    size_t bytes = (floats + 2 * units + DRP_ALIGNMENT - 1) / DRP_ALIGNMENT * DRP_ALIGNMENT;
    uint8_t *memory = drp_reserve(&s->states, layer->direction_count * bytes);
    if (!memory) return false;
    for (uint32_t d = 0; d < layer->direction_count; ++d, memory += bytes) {
        states[d] = (drp_state){.c = (float *)(void *)memory, .h = (float *)(void *)memory + units};
        states[d].h_i8[0] = memory + floats;
        states[d].h_i8[1] = memory + floats + units;
        memset(memory, 0, floats);
        memset(states[d].h_i8[0], s->model->tier->flip, units);
    }
    return true;
}

/* The input projection of a step of a layer after the first; `input` (input_dim) is an output of the layer before. */
static const float *input_gates(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *input) {
    if (!layer->input_i8) {
        s->model->tier->project_f32(&w->kernel_f32, input, w->bias, s->gates);
        return s->gates;
    }
    size_t padded = (layer->input_dim + DRP_LANES - 1) / DRP_LANES * DRP_LANES;
    memset(s->float_row, 0, padded * sizeof *s->float_row);
    memcpy(s->float_row, input, layer->input_dim * sizeof *input);
    s->model->tier->quantize_i8(s->float_row, padded, layer->input_factor, s->input_row);
    s->model->tier->project_i8(&w->kernel_i8, s->input_row, 1.0f, w->bias, s->gates);
    return s->gates;
}

enum { PREFETCHED_STEPS = 2 };

/* Runs all steps of one direction of a layer. The first layer reads `ids` (count), others `inputs` (count, input_dim).
 * outputs (count, directions, padded units): the state of every step; NULL: not wanted. */
static void run_direction(drupelet_session *s, uint32_t place, uint32_t d, const int32_t *ids, const float *inputs,
                          size_t count, drp_state *state, float *outputs) {
    const drp_layer *layer = &s->model->layers[place];
    size_t units = (size_t)layer->panels * DRP_LANES;
    for (size_t t = 0; t < count; ++t) {
        size_t at = layer->backward[d] ? count - 1 - t : t;
        const float *x;
        if (place == 0) {
            if (t + PREFETCHED_STEPS < count)
                prefetch_row(s->model, ids[layer->backward[d] ? at - PREFETCHED_STEPS : at + PREFETCHED_STEPS]);
            x = projected_row(s, ids[at]) + d * units * layer->gates;
        } else {
            x = input_gates(s, layer, &layer->weights[d], inputs + at * layer->input_dim);
        }
        float *output = outputs ? outputs + (at * layer->direction_count + d) * units : NULL;
        if (layer->quick) {
            quick_step(s->model->tier, &layer->weights[d], x, state, t == 0, t + 1 == count, output);
            continue;
        }
        step(s, layer, &layer->weights[d], x, state);
        if (output) memcpy(output, state->h, units * sizeof *output);
    }
}

/* Merges the outputs of a layer's directions in place: (count, output_dim), packed from the front. */
static void merge_outputs(const drp_layer *layer, size_t count, float *outputs) {
    size_t units = (size_t)layer->panels * DRP_LANES, stride = units * layer->direction_count;
    for (size_t t = 0; t < count; ++t) /* output_dim <= stride, so writing never passes reading */
        merge_states(layer, outputs + t * stride, outputs + t * stride + units, outputs + t * layer->output_dim);
}

/* ---- Pooling and head ---- */

static void pool(const drupelet_model *m, const float *steps, size_t count, uint32_t dim, float *out) {
    if (m->pooling == DRP_AVERAGE) {
        for (uint32_t k = 0; k < dim; ++k) out[k] = 0.0f;
        for (size_t t = 0; t < count; ++t)
            for (uint32_t k = 0; k < dim; ++k) out[k] += steps[t * dim + k];
        for (uint32_t k = 0; k < dim; ++k) out[k] = count ? out[k] / (float)count : NAN; /* as Keras: 0 / 0 */
        return;
    }
    bool with_zeros = count == 0 || (m->pool_zero_below != DRP_NO_VALUE && count < m->pool_zero_below);
    for (uint32_t k = 0; k < dim; ++k) out[k] = with_zeros ? 0.0f : steps[k];
    for (size_t t = 0; t < count; ++t)
        for (uint32_t k = 0; k < dim; ++k)
            if (!(steps[t * dim + k] <= out[k])) out[k] = steps[t * dim + k]; /* a NaN wins, and stays */
}

/* Runs the dense layers. `vector` and `other` both have room for the widest of them, padded. */
static void run_head(const drupelet_model *m, float *vector, float *other, float *logits) {
    for (uint32_t n = 0; n < m->dense_count; ++n) {
        const drp_dense *dense = &m->dense[n];
        m->tier->project_f32(&dense->kernel, vector, dense->bias, other);
        drp_activate(m->tier, dense->activation, other, dense->padded_units);
        float *swap = vector;
        vector = other;
        other = swap;
    }
    memcpy(logits, vector, drupelet_model_units(m) * sizeof *logits);
}

static size_t widest_vector(const drupelet_model *m) {
    size_t widest = m->dense[0].input_dim;
    for (uint32_t n = 0; n < m->dense_count; ++n)
        if (m->dense[n].padded_units > widest) widest = m->dense[n].padded_units;
    return (widest + DRP_LANES - 1) / DRP_LANES * DRP_LANES;
}

static drupelet_status no_memory(size_t tokens, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu tokens; cut it", tokens);
}

/* Room for a layer's outputs of every step; NULL when there is no such memory. */
static float *reserve_outputs(drp_buffer *buffer, const drp_layer *layer, size_t count) {
    size_t step_bytes = (size_t)layer->panels * DRP_LANES * layer->direction_count * sizeof(float);
    return count < SIZE_MAX / step_bytes ? drp_reserve(buffer, (count + 1) * step_bytes) : NULL;
}

drupelet_status drp_run_network(drupelet_session *s, const int32_t *ids, size_t count, float *logits,
                                drupelet_error *error) {
    const drupelet_model *m = s->model;
    const drp_layer *last = &m->layers[m->layer_count - 1];
    drp_state states[2] = {{.c = NULL}};
    float *steps = NULL;
    for (uint32_t place = 0; place < m->layer_count; ++place) {
        const drp_layer *layer = &m->layers[place];
        bool keep_steps = layer != last || m->pooling != DRP_LAST;
        float *outputs = keep_steps ? reserve_outputs(&s->steps[place % 2], layer, count) : NULL;
        if ((keep_steps && !outputs) || !begin_layer(s, layer, states)) return no_memory(count, error);
        for (uint32_t d = 0; d < layer->direction_count; ++d)
            run_direction(s, place, d, ids, steps, count, &states[d], outputs);
        if (keep_steps) merge_outputs(layer, count, outputs);
        steps = outputs;
    }
    size_t width = widest_vector(m);
    float *vectors = drp_reserve(&s->vectors, 2 * width * sizeof *vectors);
    if (!vectors) return no_memory(count, error);
    if (m->pooling == DRP_LAST)
        merge_states(last, states[0].h, states[1].h, vectors);
    else
        pool(m, steps, count, last->output_dim, vectors);
    run_head(m, vectors, vectors + width, logits);
    return DRUPELET_OK;
}
