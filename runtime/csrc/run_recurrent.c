#include "run_recurrent.h"

#include <string.h>

#include "activations.h"
#include "embedding_rows.h"
#include "op_reduce.h"
#include "op_support.h"
#include "support.h"

/* ---- One step of one direction ---- */

/* The state of a direction: (units, padded) each. */
typedef struct {
    float *c, *h;
    int16_t *c_i16, *h_i16; /* in their place, of a layer that is computed in int16 */
    uint8_t *h_i8[2];       /* read by the next step, and written by it, in turn */
    int now;                /* which of the two the next step reads */
    uint8_t *is_nan;        /* whether the state is NaN, of a layer that is computed in int16 */
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

/* Where the states of a layer's directions lie in memory. */
static void place_states(const drp_layer *layer, uint8_t *memory, drp_state states[2]) {
    size_t units = (size_t)layer->panels * DRP_LANES, floats = 2 * units * sizeof(float);
    size_t bytes = drp_states_bytes(layer) / layer->direction_count;
    for (uint32_t d = 0; d < layer->direction_count; ++d, memory += bytes) {
        states[d] = (drp_state){.c = (float *)(void *)memory, .h = (float *)(void *)memory + units};
        states[d].c_i16 = (int16_t *)(void *)states[d].c;
        states[d].h_i16 = (int16_t *)(void *)states[d].h;
        states[d].h_i8[0] = memory + floats;
        states[d].h_i8[1] = memory + floats + units;
        states[d].is_nan = memory + floats + 2 * units;
    }
}

size_t drp_states_bytes(const drp_layer *layer) {
    size_t units = (size_t)layer->panels * DRP_LANES, bytes = 2 * units * sizeof(float) + 2 * units + 1;
    return layer->direction_count * ((bytes + DRP_ALIGNMENT - 1) / DRP_ALIGNMENT * DRP_ALIGNMENT);
}

static void clear_states(const drupelet_model *model, const drp_layer *layer, uint8_t *memory) {
    drp_state states[2];
    memset(memory, 0, drp_states_bytes(layer));
    place_states(layer, memory, states);
    for (uint32_t d = 0; d < layer->direction_count; ++d)
        memset(states[d].h_i8[0], model->tier->flip, (size_t)layer->panels * DRP_LANES);
}

/* Where an int16 layer keeps the largest state of each unit: the memory of its c is that of floats. */
static int16_t *largest_of(const drp_layer *layer, const drp_state *state) {
    return state->c_i16 + (size_t)layer->panels * DRP_LANES;
}

DRP_RARE void drp_clear_states(const drupelet_model *model, const drp_layer *layer, uint8_t *memory) {
    drp_state states[2];
    clear_states(model, layer, memory);
    place_states(layer, memory, states);
    for (uint32_t d = 0; layer->step_i16 && d < layer->direction_count; ++d)
        for (size_t k = 0; k < (size_t)layer->panels * DRP_LANES; ++k) largest_of(layer, &states[d])[k] = INT16_MIN;
}

/* Finds the states of all directions of a layer, or sets them to zero; false when there is no memory. */
static bool begin_layer(drupelet_session *s, const drp_layer *layer, drp_state states[2]) {
    uint8_t *memory = s->carried ? s->carried->states : NULL;
    if (!memory) {
        memory = drp_reserve(&s->states, drp_states_bytes(layer));
        if (!memory) return false;
        clear_states(s->model, layer, memory);
    }
    place_states(layer, memory, states);
    return true;
}

/* Leaves the states of a layer that is computed in int16 where the next piece begins with them. */
static void leave_states(const drp_layer *layer, const drp_state *begun, const drp_state *state, bool is_nan) {
    size_t units = (size_t)layer->panels * DRP_LANES;
    if (state->h_i16 != begun->h_i16) memcpy(begun->h_i16, state->h_i16, units * sizeof *begun->h_i16);
    if (state->now) memcpy(begun->h_i8[0], begun->h_i8[1], units);
    *begun->is_nan = is_nan;
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
        drp_prefetch_row(s, ids[backward ? at - PREFETCHED_STEPS : at + PREFETCHED_STEPS]);
    return drp_projected_row(s, ids[at]);
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

/* One direction of a layer while its steps run. */
typedef struct {
    drp_state *state;
    int16_t *largest; /* of each unit so far; NULL: not wanted */
    bool is_nan;
    size_t first_nan; /* the first step whose state is NaN */
} drp_run_i16;

static void begin_i16(const drp_layer *layer, size_t count, drp_state *states, const drp_node *maximum, bool continues,
                      drp_run_i16 *runs) {
    size_t units = (size_t)layer->panels * DRP_LANES;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        runs[d] = (drp_run_i16){.state = &states[d], .is_nan = *states[d].is_nan};
        runs[d].first_nan = runs[d].is_nan ? 0 : count;
        if (!maximum) continue;
        runs[d].largest = largest_of(layer, &states[d]);
        for (size_t k = 0; !continues && k < units; ++k) runs[d].largest[k] = drp_counts_zeros(maximum, count) ? 0 : INT16_MIN;
    }
}

/* Runs directions first to end - 1 step by step in turn: the work of one hides the waiting of the other. states: where the output has
 * room for the state of each step; NULL: they are not wanted. */
DRP_INLINE void read_steps(drupelet_session *s, const drp_layer *layer, const int32_t *ids, const drp_rows *inputs, size_t count,
                           uint32_t first, uint32_t end, bool continues, float *states, drp_run_i16 *runs) {
    const size_t units = (size_t)layer->panels * DRP_LANES;
    for (size_t t = 0; t < count; ++t)
        for (uint32_t d = first; d < end; ++d) {
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
            int16_t *h = states ? states_of_step(layer, states, at) + d * units : state->h_i16;
            int16_t *before = layer->cell == DRP_LSTM ? state->c_i16 : state->h_i16;
            layer->step_i16(&w->cell_i16, x, t || continues ? state->h_i8[state->now] : NULL, before, state->h_i8[!state->now], h);
            if (runs[d].largest) drp_keep_largest(h, units, runs[d].largest);
            if (layer->cell == DRP_GRU) state->h_i16 = h;
            state->now = !state->now;
        }
}

/* Runs the directions that read a piece of a text, and leaves their states for the next one. */
DRP_RARE static void read_piece(drupelet_session *s, const drp_layer *layer, const int32_t *ids, const drp_rows *inputs,
                                size_t count, float *states, drp_run_i16 *runs) {
    const uint32_t first = s->carried->first, end = s->carried->end;
    const drp_state begun[2] = {*runs[0].state, *runs[layer->direction_count - 1].state};
    read_steps(s, layer, ids, inputs, count, first, end, true, states, runs);
    for (uint32_t d = first; d < end; ++d) leave_states(layer, &begun[d], runs[d].state, runs[d].is_nan);
}

/* Runs a layer. maximum: the node that takes the largest of each unit over all steps, which is then the output; NULL: none. */
static void run_i16(drupelet_session *s, const drp_layer *layer, const int32_t *ids, const drp_rows *inputs, size_t count,
                    drp_state *states, const drp_node *maximum, const drp_rows *output) {
    const size_t units = (size_t)layer->panels * DRP_LANES;
    bool keeps_steps = layer->returns == DRP_RETURN_STEPS && !maximum;
    drp_run_i16 runs[2] = {{.state = NULL}, {.state = NULL}};
    float *outputs = keeps_steps ? output->values : NULL;
    bool continues = s->carried && s->carried->states;
    begin_i16(layer, count, states, maximum, continues, runs);
    if (continues)
        read_piece(s, layer, ids, inputs, count, outputs, runs);
    else
        read_steps(s, layer, ids, inputs, count, 0, layer->direction_count, false, outputs, runs);
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

size_t drp_state_floats(const drp_layer *layer, size_t count) {
    return (count + 1) * layer->panels * DRP_LANES * layer->direction_count;
}

/* Takes initial states, inputs[1] and inputs[2]. The layer has one direction, and its states are floats. */
static void begin_with(const drp_node *node, const drp_rows *inputs, drp_state *state) {
    for (uint32_t n = 1; n < node->input_count; ++n)
        memcpy(n == 1 ? state->h : state->c, inputs[n].values, inputs[n].width * sizeof(float));
}

bool drp_run_recurrent(drupelet_session *s, const drp_node *node, const int32_t *ids, const drp_rows *inputs, size_t count,
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
    bool continues = s->carried && s->carried->states;
    for (uint32_t d = continues ? s->carried->first : 0; d < (continues ? s->carried->end : layer->direction_count); ++d)
        run_direction(s, layer, d, ids, inputs, count, &states[d], keeps_steps ? output->values : NULL);
    if (keeps_steps)
        merge_outputs(layer, output);
    else if (layer->returns == DRP_RETURN_LAST)
        merge_states(layer, states[0].h, states[1].h, output->values);
    else
        merge_states(layer, states[0].c, states[1].c, output->values);
    return true;
}
