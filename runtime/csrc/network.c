/* Runs the network, node by node. Embeddings and recurrent layers are run here, all others by their own files. */
#include "network.h"

#include <string.h>

#include "activations.h"
#include "graph_section.h"
#include "op_reduce.h"
#include "op_support.h"
#include "support.h"

/* ---- Embedding, folded with the input projection of the first layer ---- */

static void load_float_row(const drupelet_model *m, const drp_table *table, uint32_t id, float *restrict out) {
    uint32_t dim = table->dim;
    const uint8_t *row = table->rows + (m->scheme == DRP_F32 ? (size_t)4 : (size_t)2) * dim * id;
    if (m->scheme == DRP_F32)
        for (uint32_t k = 0; k < dim; ++k) out[k] = drp_f32(row + 4 * k);
    else
        for (uint32_t k = 0; k < dim; ++k) out[k] = drp_f16(row + 2 * k);
}

/* A row as it is projected: float_row, or the stored int8 of input_row times a factor. */
static void load_row(drupelet_session *s, uint32_t id, float *factor) {
    const drupelet_model *m = s->model;
    const drp_table *table = s->table;
    uint32_t dim = table->dim, half = (dim + 1) / 2;
    *factor = 1.0f;
    if (m->scheme == DRP_F32 || m->scheme == DRP_F16) {
        load_float_row(m, table, id, s->float_row);
    } else {
        const uint8_t flip = m->tier->flip;
        uint8_t *restrict out = s->input_row;
        *factor = table->scale_table[table->scale_codes[id]];
        if (m->scheme == DRP_WI8) {
            const uint8_t *restrict row = table->rows + (size_t)dim * id;
            for (uint32_t k = 0; k < dim; ++k) out[k] = row[k] ^ flip;
        } else { /* column k in the low nibble of byte k, column half + k in its high one, each as value + 8 */
            const uint8_t *restrict row = table->rows + (size_t)half * id;
            for (uint32_t k = 0; k < half; ++k) out[k] = (uint8_t)((row[k] & 15) - 8) ^ flip;
            for (uint32_t k = half; k < dim; ++k) out[k] = (uint8_t)((row[k - half] >> 4) - 8) ^ flip;
        }
        for (uint32_t k = dim; k % DRP_DOT; ++k) out[k] = flip;
    }
}

/* Prefetches an embedding row that is projected a few steps later: it is seldom in a cache. */
static void prefetch_row(const drupelet_session *s, int32_t id) {
    static const uint8_t bits[] = {32, 16, 8, 4};
    size_t row_bytes = (s->table->dim * bits[s->model->scheme] + 7) / 8;
    const uint8_t *row = s->table->rows + (size_t)id * row_bytes;
    DRP_PREFETCH(row);
    DRP_PREFETCH(row + (row_bytes < DRP_ALIGNMENT ? row_bytes : DRP_ALIGNMENT) - 1); /* a row may lie across two lines */
}

/* Writes the input projection of a row that load_row has read, biases included: one direction behind the other. */
static void project_row(drupelet_session *s, float factor, uint8_t *out) {
    const drp_tier *tier = s->model->tier;
    const drp_layer *layer = s->folded;
    const size_t gates = (size_t)layer->panels * layer->gates * DRP_LANES;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        const drp_weights *w = &layer->weights[d];
        float *floats = layer->step_i16 ? s->gates : (float *)(void *)out + d * gates;
        if (layer->input_i8)
            tier->project_i8(&w->kernel_i8, s->input_row, factor, w->bias, floats);
        else
            tier->project_f32(&w->kernel_f32, s->float_row, w->bias, floats);
        if (layer->step_i16) tier->gates_i16(&w->cell_i16, floats, (int16_t *)(void *)out + d * gates);
    }
}

/* The input projection of an embedding row for each direction: floats in panels, or int16 in blocks. Valid until the next call. */
static const void *projected_row(drupelet_session *s, int32_t id) {
    drp_projection_cache *cache = &s->projections;
    /* Knuth's multiplicative hash (2^32 / golden ratio), and the product's high word for a number below `sets`. */
    uint32_t hash = (uint32_t)id * 2654435769u;
    size_t set = (size_t)((uint64_t)hash * cache->sets >> 32);
    uint32_t *keys = cache->keys + set * DRP_WAYS, key = (uint32_t)id + 1;
    uint8_t *swapped = cache->swapped + set;
    uint8_t *rows = cache->rows + set * DRP_WAYS * cache->row_bytes;
    if (keys[0] == key) return rows + *swapped * cache->row_bytes;
    if (keys[1] == key) {
        keys[1] = keys[0];
        keys[0] = key;
        *swapped ^= 1;
        return rows + *swapped * cache->row_bytes;
    }
    int way = keys[0] ? 1 : 0;
    uint8_t *row = rows + (*swapped ^ way) * cache->row_bytes;
    keys[way] = key;
    float factor;
    load_row(s, (uint32_t)id, &factor);
    project_row(s, factor, row);
    return row;
}

/* ---- One step of one direction ---- */

/* The state of a direction: (units, padded) each. */
typedef struct {
    float *c, *h;
    int16_t *c_i16, *h_i16; /* in their place, of a layer that is computed in int16 */
    uint8_t *h_i8[2];       /* read by the next step, and written by it, in turn */
    int now;                /* which of the two the next step reads */
} drp_state;

static void project_state(drupelet_session *s, const drp_layer *layer, const drp_kernel_i8 *i8, const drp_kernel_f32 *f32,
                          const float *state, const uint8_t *state_i8, const float *bias, float *out) {
    if (layer->recurrent_i8)
        s->model->tier->project_i8(i8, state_i8, 1.0f, bias, out);
    else
        s->model->tier->project_f32(f32, state, bias, out);
}

/* Cells go pass by pass over all panels: a vector load that follows narrower stores to its memory at once would wait for them. */

/* The cell of an LSTM step. z (panels, 4, DRP_LANES) holds gates i, f, g, o before their activations; it is overwritten. */
static void lstm_cell(const drupelet_session *s, const drp_layer *layer, float *z, drp_state *state) {
    enum { BLOCK = 4 * DRP_LANES };
    const drp_tier *tier = s->model->tier;
    for (uint32_t p = 0; p < layer->panels; ++p) {
        float *i = z + (size_t)p * BLOCK, *g = i + 2 * DRP_LANES, *o = g + DRP_LANES;
        drp_activate(tier, layer->recurrent_activation, i, 2 * DRP_LANES);
        drp_activate(tier, layer->activation, g, DRP_LANES);
        drp_activate(tier, layer->recurrent_activation, o, DRP_LANES);
    }
    tier->lstm_c(z, layer->panels, state->c, state->h);
    drp_activate(tier, layer->activation, state->h, (size_t)layer->panels * DRP_LANES);
    tier->lstm_h(z, layer->panels, state->h);
}

/* A step of a simple recurrent layer; z (panels, DRP_LANES) before its activation. */
static void rnn_cell(const drupelet_session *s, const drp_layer *layer, const float *z, drp_state *state) {
    size_t units = (size_t)layer->panels * DRP_LANES;
    memcpy(state->h, z, units * sizeof *z);
    drp_activate(s->model->tier, layer->activation, state->h, units);
    for (size_t unit = 0; unit < units; ++unit) {
        float h = state->h[unit];
        state->h[unit] = h < DRP_STATE_FLOOR && h > -DRP_STATE_FLOOR ? 0.0f : h;
    }
}

/* A GRU step that applies the reset gate to the recurrent projection of the candidate; gates z, r, candidate. */
static void gru_reset_after(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *x,
                            drp_state *state) {
    enum { BLOCK = 3 * DRP_LANES };
    float *u = s->recurrent_gates;
    project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now],
                  w->recurrent_bias, u);
    const drp_tier *tier = s->model->tier;
    for (uint32_t p = 0; p < layer->panels; ++p)
        for (size_t k = 0, at = (size_t)p * BLOCK; k < 2 * DRP_LANES; ++k) u[at + k] = x[at + k] + u[at + k];
    for (uint32_t p = 0; p < layer->panels; ++p)
        drp_activate(tier, layer->recurrent_activation, u + (size_t)p * BLOCK, 2 * DRP_LANES);
    for (uint32_t p = 0; p < layer->panels; ++p) {
        const float *added = x + (size_t)p * BLOCK + 2 * DRP_LANES;
        float *r = u + (size_t)p * BLOCK + DRP_LANES, *candidate = r + DRP_LANES;
        for (int lane = 0; lane < DRP_LANES; ++lane) {
            float recurrent = r[lane] * candidate[lane];
            candidate[lane] = added[lane] + recurrent;
        }
    }
    for (uint32_t p = 0; p < layer->panels; ++p)
        drp_activate(tier, layer->activation, u + (size_t)p * BLOCK + 2 * DRP_LANES, DRP_LANES);
    tier->gru_h(u, BLOCK, u + 2 * DRP_LANES, BLOCK, layer->panels, state->h);
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
    tier->gru_h(zr, GATES, candidate, DRP_LANES, layer->panels, state->h);
}

/* One step; x in panels. */
static void step(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *x, drp_state *state) {
    const drp_tier *tier = s->model->tier;
    if (layer->cell == DRP_LSTM) {
        project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now], x,
                      s->recurrent_gates);
        lstm_cell(s, layer, s->recurrent_gates, state);
    } else if (layer->cell == DRP_RNN) {
        project_state(s, layer, &w->recurrent_kernel_i8, &w->recurrent_kernel_f32, state->h, state->h_i8[state->now], x,
                      s->recurrent_gates);
        rnn_cell(s, layer, s->recurrent_gates, state);
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
        states[d].c_i16 = (int16_t *)(void *)states[d].c;
        states[d].h_i16 = (int16_t *)(void *)states[d].h;
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
    size_t padded = drp_padded(layer->input_dim);
    memset(s->float_row, 0, padded * sizeof *s->float_row);
    memcpy(s->float_row, input, layer->input_dim * sizeof *input);
    s->model->tier->quantize_i8(s->float_row, padded, layer->input_factor, s->input_row);
    s->model->tier->project_i8(&w->kernel_i8, s->input_row, 1.0f, w->bias, s->gates);
    return s->gates;
}

enum { PREFETCHED_STEPS = 2 };

static const void *row_of_step(drupelet_session *s, const int32_t *ids, size_t count, size_t at, bool backward) {
    if (backward ? at >= PREFETCHED_STEPS : at + PREFETCHED_STEPS < count)
        prefetch_row(s, ids[backward ? at - PREFETCHED_STEPS : at + PREFETCHED_STEPS]);
    return projected_row(s, ids[at]);
}

/* The input projections of the steps around step `at` (DRP_GATE_ROWS, which share the reading of the weights) where *first says that
 * they are not those that s->gates has; the one of step `at`. Of a layer whose input is floats. */
static const float *projected_step(drupelet_session *s, const drp_weights *w, const drp_rows *inputs,
                                   size_t at, size_t *first) {
    size_t begin = at / DRP_GATE_ROWS * DRP_GATE_ROWS, rows = inputs->steps - begin;
    if (*first != begin) {
        if (rows > DRP_GATE_ROWS) rows = DRP_GATE_ROWS;
        drp_project_rows(s->model->tier, &w->kernel_f32, w->bias, drp_row(inputs, begin), inputs->stride, rows, s->gates);
        *first = begin;
    }
    return s->gates + (at - begin) * drp_columns_f32(&w->kernel_f32);
}

/* Runs all steps of one direction of a layer, which reads the rows of `ids` (count), or of `inputs`.
 * outputs (count, directions, padded units): the state of every step; NULL: not wanted. */
static void run_direction(drupelet_session *s, const drp_layer *layer, uint32_t d, const int32_t *ids, const drp_rows *inputs,
                          size_t count, drp_state *state, float *outputs) {
    size_t units = (size_t)layer->panels * DRP_LANES, first_projected = SIZE_MAX;
    const drp_weights *w = &layer->weights[d];
    for (size_t t = 0; t < count; ++t) {
        size_t at = layer->backward[d] ? count - 1 - t : t;
        const float *x = ids               ? (const float *)row_of_step(s, ids, count, at, layer->backward[d]) + d * units * layer->gates
                         : layer->input_i8 ? input_gates(s, layer, w, drp_row(inputs, at))
                                           : projected_step(s, w, inputs, at, &first_projected);
        step(s, layer, w, x, state);
        if (outputs) memcpy(outputs + (at * layer->direction_count + d) * units, state->h, units * sizeof *outputs);
    }
}

/* Merges the outputs of a layer's directions in place, to rows of the output. */
static void merge_outputs(const drp_layer *layer, const drp_rows *output) {
    size_t units = (size_t)layer->panels * DRP_LANES, stride = units * layer->direction_count;
    if (layer->direction_count == 1) return; /* they are rows already */
    for (size_t t = 0; t < output->steps; ++t) { /* a row is no longer than stride, so writing never passes reading */
        const float *states = output->values + t * stride;
        merge_states(layer, states, states + units, drp_row(output, t));
    }
}

/* ---- A layer that is computed in int16 ---- */

/* The int16 input projection of a step that is no row of an embedding. A NaN sets is_nan: Keras's state is NaN from there on,
 * in all units, for each reads all of the input. */
static const int16_t *input_gates_i16(drupelet_session *s, const drp_layer *layer, const drp_weights *w, const float *input,
                                      bool *is_nan) {
    const float *x = input_gates(s, layer, w, input), *numbers = layer->input_i8 ? input : x;
    size_t count = layer->input_i8 ? layer->input_dim : (size_t)layer->panels * layer->gates * DRP_LANES;
    unsigned found = 0;
    for (size_t k = 0; k < count; ++k) found |= numbers[k] != numbers[k];
    if (found) *is_nan = true;
    s->model->tier->gates_i16(&w->cell_i16, x, s->gates_i16);
    return s->gates_i16;
}

/* Where the states of a step stand in the buffer of the output, (directions, padded units) int16: in the second half of the
 * memory of the step's floats, so that they become these one after another. */
static int16_t *states_of_step(const drp_layer *layer, float *outputs, size_t at) {
    size_t stride = (size_t)layer->direction_count * layer->panels * DRP_LANES;
    return (int16_t *)(void *)(outputs + at * stride) + stride;
}

/* out (output_dim) from the int16 states of the directions, which may lie in the memory of out. */
static void merge_i16(drupelet_session *s, const drp_layer *layer, const int16_t *forward, const int16_t *backward,
                      const bool is_nan[2], float *out) {
    size_t units = (size_t)layer->panels * DRP_LANES;
    float *states = s->recurrent_gates; /* it has room for three times the units, at least */
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        const int16_t *from = d ? backward : forward;
        float *to = states + d * units;
        for (size_t k = 0; k < units; k += DRP_LANES)
            for (size_t lane = 0; lane < DRP_LANES; ++lane) to[k + lane] = (float)from[k + lane] * (1.0f / 32768.0f);
        for (size_t k = 0; is_nan[d] && k < units; ++k) to[k] = __builtin_nanf("");
    }
    merge_states(layer, states, states + units, out);
}

static void keep_largest(const int16_t *h, size_t units, int16_t *largest) {
    for (size_t k = 0; k < units; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane)
            largest[k + lane] = h[k + lane] > largest[k + lane] ? h[k + lane] : largest[k + lane];
}

/* One direction of a layer while its steps run. */
typedef struct {
    drp_state *state;
    int16_t *largest; /* of each unit so far; NULL: not wanted */
    bool is_nan;
    size_t first_nan; /* the first step whose state is NaN */
} drp_run_i16;

static void begin_i16(const drp_layer *layer, size_t count, drp_state *states, const drp_node *maximum, drp_run_i16 *runs) {
    size_t units = (size_t)layer->panels * DRP_LANES;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        runs[d] = (drp_run_i16){.state = &states[d], .first_nan = count};
        if (!maximum) continue;
        runs[d].largest = states[d].c_i16 + units; /* the memory is that of floats */
        for (size_t k = 0; k < units; ++k) runs[d].largest[k] = drp_counts_zeros(maximum, count) ? 0 : INT16_MIN;
    }
}

/* Runs both directions step by step in turn: the work of one hides the waiting of the other. maximum: the node that takes the
 * largest of each unit over all steps, which is then the output; NULL: none. */
static void run_i16(drupelet_session *s, const drp_layer *layer, const int32_t *ids, const drp_rows *inputs, size_t count,
                    drp_state *states, const drp_node *maximum, const drp_rows *output) {
    const size_t units = (size_t)layer->panels * DRP_LANES;
    bool keeps_steps = layer->returns == DRP_RETURN_STEPS && !maximum;
    drp_run_i16 runs[2] = {{.state = NULL}, {.state = NULL}};
    begin_i16(layer, count, states, maximum, runs);
    for (size_t t = 0; t < count; ++t)
        for (uint32_t d = 0; d < layer->direction_count; ++d) {
            drp_state *state = runs[d].state;
            const drp_weights *w = &layer->weights[d];
            size_t at = layer->backward[d] ? count - 1 - t : t;
            const int16_t *x;
            if (ids) {
                x = (const int16_t *)row_of_step(s, ids, count, at, layer->backward[d]) + d * units * layer->gates;
            } else {
                x = input_gates_i16(s, layer, w, drp_row(inputs, at), &runs[d].is_nan);
                if (runs[d].is_nan && runs[d].first_nan == count) runs[d].first_nan = t;
            }
            int16_t *h = keeps_steps ? states_of_step(layer, output->values, at) + d * units : state->h_i16;
            int16_t *before = layer->cell == DRP_LSTM ? state->c_i16 : state->h_i16;
            layer->step_i16(&w->cell_i16, x, t ? state->h_i8[state->now] : NULL, before, state->h_i8[!state->now], h);
            if (runs[d].largest) keep_largest(h, units, runs[d].largest);
            if (layer->cell == DRP_GRU) state->h_i16 = h;
            state->now = !state->now;
        }
    const bool is_nan[2] = {runs[0].is_nan, runs[1].is_nan};
    if (maximum) merge_i16(s, layer, runs[0].largest, runs[1].largest, is_nan, output->values);
    if (layer->returns == DRP_RETURN_LAST) merge_i16(s, layer, states[0].h_i16, states[1].h_i16, is_nan, output->values);
    for (size_t at = 0; keeps_steps && at < count; ++at) {
        const int16_t *forward = states_of_step(layer, output->values, at);
        bool is_nan_here[2];
        for (uint32_t d = 0; d < 2; ++d) is_nan_here[d] = (layer->backward[d] ? count - 1 - at : at) >= runs[d].first_nan;
        merge_i16(s, layer, forward, forward + units, is_nan_here, drp_row(output, at));
    }
}

/* The node that takes the maximum over the steps of node `number` and is computed with it; NULL: none. Merges but that of
 * concatenation need the states of both directions at a step. */
static const drp_node *maximum_of(const drupelet_model *m, uint32_t number) {
    const drp_node *node = &m->nodes[number];
    if (node->operation != &drp_op_recurrent || node->type.kind != DRP_STEPS || !node->next_alone_reads) return NULL;
    const drp_layer *layer = node->weights;
    bool merges = layer->merge != DRP_MERGE_NONE && layer->merge != DRP_CONCAT;
    return layer->step_i16 && !merges && drp_is_maximum(node + 1) ? node + 1 : NULL;
}

static drupelet_status no_memory(size_t tokens, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu tokens; cut it", tokens);
}

/* The floats of the states of all directions, which are written before they are merged. */
static size_t state_floats(const drp_layer *layer, size_t count) {
    return (count + 1) * layer->panels * DRP_LANES * layer->direction_count;
}

/* Takes initial states, inputs[1] and inputs[2]. The layer has one direction, and its states are floats. */
static void begin_with(const drp_node *node, const drp_rows *inputs, drp_state *state) {
    for (uint32_t n = 1; n < node->input_count; ++n)
        memcpy(n == 1 ? state->h : state->c, inputs[n].values, inputs[n].width * sizeof(float));
}

static bool run_recurrent(drupelet_session *s, const drp_node *node, const int32_t *ids, const drp_rows *inputs, size_t count,
                          const drp_node *maximum, const drp_rows *output) {
    const drp_layer *layer = node->weights;
    drp_state states[2] = {{.c = NULL}, {.c = NULL}};
    if (!begin_layer(s, layer, states)) return false;
    if (layer->step_i16) {
        run_i16(s, layer, ids, inputs, count, states, maximum, output);
        return true;
    }
    begin_with(node, inputs, &states[0]);
    bool keeps_steps = layer->returns == DRP_RETURN_STEPS;
    for (uint32_t d = 0; d < layer->direction_count; ++d)
        run_direction(s, layer, d, ids, inputs, count, &states[d], keeps_steps ? output->values : NULL);
    if (keeps_steps)
        merge_outputs(layer, output);
    else if (layer->returns == DRP_RETURN_LAST)
        merge_states(layer, states[0].h, states[1].h, output->values);
    else
        merge_states(layer, states[0].c, states[1].c, output->values);
    return true;
}

/* Rows of an embedding as floats. */
static void look_up(const drupelet_model *m, const drp_table *table, const int32_t *ids, const drp_rows *output) {
    uint32_t dim = table->dim, half = (dim + 1) / 2;
    for (size_t t = 0; t < output->steps; ++t) {
        uint32_t id = (uint32_t)ids[t];
        float *out = drp_row(output, t);
        if (m->scheme == DRP_F32 || m->scheme == DRP_F16) {
            load_float_row(m, table, id, out);
            continue;
        }
        float scale = table->scale_table[table->scale_codes[id]];
        const uint8_t *row = table->rows + (size_t)(m->scheme == DRP_WI8 ? dim : half) * id;
        for (uint32_t k = 0; k < dim; ++k) {
            int value = m->scheme == DRP_WI8 ? (int8_t)row[k] : (k < half ? row[k] & 15 : row[k - half] >> 4) - 8;
            out[k] = (float)value * scale;
        }
    }
}

/* ---- Nodes ---- */

/* A value of the text; its memory is that of its buffer. Ids take the place of floats. */
static drp_rows rows_of(const drupelet_session *s, uint32_t value, size_t tokens) {
    if (value == 0) return (drp_rows){s->ids_read, tokens, 1, 1};
    const drp_type *type = &s->model->nodes[value - 1].type;
    size_t stride = type->kind == DRP_IDS ? 1 : drp_padded(type->width);
    return (drp_rows){s->values[s->model->slots[value]].memory, drp_steps_in(type, tokens), stride, type->width};
}

/* Most bytes of a session's values and scratch memory, twice the values of a text: a small file can ask for large values, and
 * for larger scratch memory. */
#define MAX_BUFFER_BYTES ((size_t)1 << 29)

/* A buffer with room for that many floats; NULL where there is no such memory, or the buffers would take more than allowed. */
static void *reserve(drupelet_session *s, drp_buffer *buffer, size_t floats) {
    if (buffer->memory && floats <= buffer->size_bytes / sizeof(float)) return buffer->memory;
    if (floats > (MAX_BUFFER_BYTES - (s->buffer_bytes - buffer->size_bytes)) / sizeof(float)) return NULL;
    s->buffer_bytes -= buffer->size_bytes;
    void *memory = drp_reserve(buffer, floats * sizeof(float));
    s->buffer_bytes += buffer->size_bytes;
    return memory;
}

static bool run_node(drupelet_session *s, uint32_t number, size_t tokens) {
    const drupelet_model *m = s->model;
    const drp_node *node = &m->nodes[number];
    const drp_operation *operation = node->operation;
    bool is_folded = number == m->folded, is_recurrent = operation == &drp_op_recurrent;
    drp_rows inputs[DRP_MAX_INPUTS];
    size_t steps = drp_steps_in(&node->type, tokens), stride = node->type.kind == DRP_IDS ? 1 : drp_padded(node->type.width);
    const drp_node *maximum = maximum_of(m, number);
    size_t floats = maximum ? stride : (steps + 1) * stride;
    if (!maximum && is_recurrent && node->type.kind == DRP_STEPS) {
        size_t states = state_floats(node->weights, steps);
        if (states > floats) floats = states;
    }
    drp_buffer *buffer = &s->values[m->slots[number + 1]];
    if (!reserve(s, buffer, floats)) return false;
    drp_rows output = {buffer->memory, steps, stride, node->type.width};
    for (uint32_t n = 0; n < node->input_count; ++n) inputs[n] = rows_of(s, node->reads[n], tokens);
    if (is_recurrent) {
        const int32_t *ids = NULL;
        if (is_folded) { /* it reads what its embedding reads */
            drp_rows read = rows_of(s, m->nodes[node->reads[0] - 1].reads[0], tokens);
            ids = (const int32_t *)(const void *)read.values;
            inputs[0].steps = read.steps;
        }
        return run_recurrent(s, node, ids, inputs, inputs[0].steps, maximum, &output);
    }
    if (number && maximum_of(m, number - 1)) { /* it is there already, in place of the first step */
        memcpy(output.values, inputs[0].values, output.width * sizeof *output.values);
        return true;
    }
    if (operation == &drp_op_embedding) {
        look_up(m, node->weights, (const int32_t *)(const void *)inputs[0].values, &output);
        return true;
    }
    float *scratch = NULL;
    if (operation->scratch_floats) {
        scratch = reserve(s, &s->scratch, operation->scratch_floats(node, tokens) + 1);
        if (!scratch) return false;
    }
    operation->run(node, m->tier, inputs, &output, scratch);
    return true;
}

drupelet_status drp_run_network(drupelet_session *s, const int32_t *ids, size_t count, float *logits,
                                drupelet_error *error) {
    const drupelet_model *m = s->model;
    if (m->padding != DRP_PADDING_NONE ? count != m->max_tokens : m->restores && count > m->max_tokens)
        return drp_fail(error, DRUPELET_BAD_TEXT, "a text of %zu ids, the network reads %u; cut or pad it", count,
                        m->max_tokens);
    if (count > m->longest_text)
        return drp_fail(error, DRUPELET_BAD_TEXT, "a text of %zu tokens, which takes too much memory or time; cut it to %llu",
                        count, (unsigned long long)m->longest_text);
    s->ids_read = (float *)(uintptr_t)ids; /* operations read ids and floats through one type */
    uint32_t hidden = m->folded == DRP_NO_VALUE ? DRP_NO_VALUE : m->nodes[m->folded].reads[0] - 1;
    for (uint32_t n = 0; n < m->node_count; ++n)
        if (n != hidden && !run_node(s, n, count)) return no_memory(count, error);
    drp_rows answer = rows_of(s, m->node_count, count);
    memcpy(logits, answer.values, drupelet_model_units(m) * sizeof *logits);
    return DRUPELET_OK;
}
