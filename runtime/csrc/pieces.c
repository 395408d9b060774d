#include "pieces.h"

#include <string.h>

#include "network.h"
#include "op_reduce.h"
#include "op_support.h"
#include "run_recurrent.h"

enum { PIECE_STEPS = 64 }; /* what is done for each piece is then little beside its steps */

/* ---- What can be read in pieces ---- */

DRP_RARE bool drp_is_stepwise(const drp_node *node) {
    static const drp_operation *const stepwise[] = {&drp_op_dense,       &drp_op_activation,    &drp_op_prelu, &drp_op_merge,
                                                    &drp_op_scale_shift, &drp_op_normalization};
    for (size_t n = 0; n < sizeof stepwise / sizeof *stepwise; ++n)
        if (node->operation == stepwise[n]) return true;
    return false;
}

/* Where all of the inputs of a node look; false where there is no such thing. */
DRP_RARE static bool looks_of_inputs(const drp_pieces *p, const drp_node *node, drp_look *look) {
    bool has_steps = false, has_vectors = false;
    *look = DRP_NOWHERE;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        drp_look other = (drp_look)p->looks[node->reads[n]];
        if (other == DRP_NOWHERE)
            has_vectors = true;
        else if (!has_steps || *look == DRP_OWN)
            *look = other;
        else if (other != *look && other != DRP_OWN)
            return false;
        has_steps = has_steps || other != DRP_NOWHERE;
    }
    return !(has_steps && has_vectors); /* vectors are known when all steps are */
}

/* Where a recurrent layer looks that reads such steps; false where it cannot be read in pieces. */
DRP_RARE static bool looks_of_layer(const drp_layer *layer, drp_look read, drp_look *look) {
    *look = layer->direction_count == 2 ? DRP_HALVES : layer->backward[0] ? DRP_BEHIND : DRP_BEFORE;
    if (*look == DRP_HALVES) return read == DRP_OWN && layer->merge == DRP_CONCAT;
    return read == DRP_OWN || read == *look;
}

/* Where the value of a node looks; false where the network cannot be read in pieces. */
DRP_RARE static bool looks_of_node(const drp_pieces *p, const drp_node *node, drp_look *look) {
    if (!looks_of_inputs(p, node, look)) return false;
    if (*look == DRP_NOWHERE) return true;
    if (node->operation == &drp_op_recurrent)
        return node->input_count == 1 && looks_of_layer(node->weights, *look, look);
    if (node->operation == &drp_op_reduce) return true;
    if (node->type.kind != DRP_STEPS || node->type.length != DRP_NO_VALUE) return false;
    return node->operation == &drp_op_embedding || (drp_is_stepwise(node) && *look != DRP_HALVES);
}

/* Whether a node makes one vector from all steps. */
DRP_RARE static bool gathers(const drp_pieces *p, const drp_node *node) {
    return node->type.kind == DRP_VECTOR && p->looks[node->reads[0]] != DRP_NOWHERE;
}

/* The part of a state that holds how many tokens were read from each side. */
typedef struct {
    size_t tokens[2];
} read_so_far;

static size_t aligned(size_t bytes) { return (bytes + DRP_ALIGNMENT - 1) / DRP_ALIGNMENT * DRP_ALIGNMENT; }
DRP_RARE static size_t sums_bytes(const drp_node *node) { return drp_padded(node->type.width) * sizeof(float); }

DRP_RARE drupelet_status drp_pieces_of(const drupelet_model *m, drp_pieces *p, drupelet_error *error) {
    *p = (drp_pieces){.model = m};
    if (m->padding != DRP_PADDING_NONE || m->restores) return DRUPELET_OK;
    size_t state_bytes = aligned(sizeof(read_so_far)), widest = 1;
    p->looks = drp_allocate((size_t)m->node_count + 1, sizeof *p->looks);
    p->places = drp_allocate(m->node_count, sizeof *p->places);
    bool has_memory = p->looks && p->places;
    if (has_memory) p->looks[0] = DRP_OWN;
    for (uint32_t n = 0; has_memory && n < m->node_count; ++n) {
        const drp_node *node = &m->nodes[n];
        drp_look look;
        if (!looks_of_node(p, node, &look)) return DRUPELET_OK;
        p->looks_behind = p->looks_behind || look == DRP_BEHIND || look == DRP_HALVES;
        p->places[n] = SIZE_MAX;
        bool is_taken = n > 0 && drp_takes_maximum(m, n - 1); /* by the layer before, whose state has it */
        if (look != DRP_NOWHERE && !is_taken && (node->operation == &drp_op_recurrent || gathers(p, node))) {
            p->places[n] = state_bytes;
            bool is_layer = node->operation == &drp_op_recurrent;
            state_bytes += is_layer ? drp_states_bytes(node->weights) : aligned(sums_bytes(node));
            if (drp_padded(node->type.width) > widest) widest = drp_padded(node->type.width);
        }
        p->looks[n + 1] = (uint8_t)look;
        if (gathers(p, node)) p->looks[n + 1] = DRP_NOWHERE; /* where its steps look is known from what it reads */
    }
    if (has_memory) p->rows = drp_allocate((PIECE_STEPS + 2) * widest, sizeof *p->rows);
    if (!p->rows) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for reading a text in pieces; free some");
    p->state_bytes = state_bytes;
    return DRUPELET_OK;
}

DRP_RARE void drp_pieces_free(drp_pieces *p) {
    drp_free(p->looks);
    drp_free(p->places);
    drp_free(p->rows);
}

/* Where the steps look of which a node makes a state or a vector. */
DRP_RARE static drp_look look_of(const drp_pieces *p, uint32_t number) {
    const drp_node *node = &p->model->nodes[number];
    drp_look look = (drp_look)p->looks[node->reads[0]];
    if (node->operation == &drp_op_recurrent) looks_of_layer(node->weights, look, &look);
    return look;
}

/* Whether a value that looks so is computed by a reading of that way. What looks nowhere else is read from the front alone, but for
 * the steps that others read. */
DRP_RARE static bool is_read(drp_look look, drp_way way) {
    return way == DRP_FROM_FRONT ? look == DRP_OWN || look == DRP_BEFORE || look == DRP_HALVES
                                 : look == DRP_BEHIND || look == DRP_HALVES;
}

/* ---- Reading ---- */

DRP_RARE void drp_pieces_begin(const drp_pieces *p, uint8_t *state) {
    memset(state, 0, p->state_bytes);
    for (uint32_t n = 0; n < p->model->node_count; ++n)
        if (p->places[n] != SIZE_MAX && p->model->nodes[n].operation == &drp_op_recurrent)
            drp_clear_states(p->model, p->model->nodes[n].weights, state + p->places[n]);
}

/* Reduces steps that lie in `rows`, to a sum where the node takes their average, and without zeros. */
DRP_RARE static void reduce(const drp_pieces *p, const drp_node *node, const drp_rows *rows, float *out) {
    uint32_t attributes[DRP_REDUCE_ATTRIBUTES];
    drp_node reduction = *node;
    drp_gathering_attributes(node, attributes);
    reduction.attributes = attributes;
    drp_op_reduce.run(&reduction, p->model->tier, rows, &(drp_rows){out, 1, rows->stride, rows->width}, NULL);
}

/* Adds steps to what a reduction has of those before or behind them, which stands for a step beside them: the numbers are those of
 * all steps at once, in their order. An average is a sum until the end. */
DRP_RARE static void gather(const drp_pieces *p, const drp_node *node, drp_look look, drp_way way, size_t read, const drp_rows *steps,
                   float *sums) {
    const size_t row_bytes = steps->stride * sizeof(float);
    drp_rows rows = {p->rows, steps->steps + (read > 0), steps->stride, steps->width};
    size_t known = way == DRP_FROM_FRONT ? 0 : steps->steps;
    memcpy(drp_row(&rows, read && known == 0), steps->values, steps->steps * row_bytes);
    if (read) memcpy(drp_row(&rows, known), sums, row_bytes);
    float *out = drp_row(&rows, rows.steps); /* there is room for one more */
    reduce(p, node, &rows, out);
    size_t half = steps->width / 2;
    if (look != DRP_HALVES)
        memcpy(sums, out, row_bytes);
    else if (way == DRP_FROM_FRONT)
        memcpy(sums, out, half * sizeof *sums);
    else
        memcpy(sums + half, out + half, half * sizeof *sums);
}

DRP_RARE static bool read_node(const drp_pieces *p, drupelet_session *s, uint8_t *state, drp_way way, uint32_t number, size_t count) {
    const drp_node *node = &p->model->nodes[number];
    const read_so_far *so_far = (const read_so_far *)(const void *)state;
    if (p->places[number] == SIZE_MAX) {
        drp_look look = (drp_look)p->looks[number + 1];
        return look == DRP_NOWHERE || !(look == DRP_OWN || is_read(look, way)) || drp_run_node(s, number, count);
    }
    drp_look look = look_of(p, number);
    if (!is_read(look, way)) return true;
    if (node->operation != &drp_op_recurrent) {
        drp_rows steps = drp_value(s, node->reads[0], count);
        gather(p, node, look, way, so_far->tokens[way], &steps, (float *)(void *)(state + p->places[number]));
        return true;
    }
    const uint32_t direction = look == DRP_HALVES && way == DRP_FROM_BACK;
    const drp_carried carried = {state + p->places[number], direction, direction + 1, false};
    const drp_carried *before = s->carried;
    s->carried = &carried;
    bool done = drp_run_node(s, number, count);
    s->carried = before;
    return done;
}

static const drp_carried nothing_carried = {.states = NULL};

DRP_RARE bool drp_pieces_read(const drp_pieces *p, drupelet_session *s, uint8_t *state, drp_way way, const int32_t *ids, size_t count) {
    bool done = true;
    s->carried = &nothing_carried;
    while (done && count > 0) {
        size_t steps = count < PIECE_STEPS ? count : PIECE_STEPS;
        const int32_t *piece = way == DRP_FROM_FRONT ? ids : ids + (count - steps);
        s->ids_read = (float *)(uintptr_t)piece;
        for (uint32_t n = 0; done && n < p->model->node_count; ++n) done = read_node(p, s, state, way, n, steps);
        ((read_so_far *)(void *)state)->tokens[way] += steps;
        if (way == DRP_FROM_FRONT) ids += steps;
        count -= steps;
    }
    s->carried = NULL;
    return done;
}

DRP_RARE void drp_pieces_join(const drp_pieces *p, const uint8_t *front, const uint8_t *back, uint8_t *state) {
    memcpy(state, front, p->state_bytes);
    ((read_so_far *)(void *)state)->tokens[DRP_FROM_BACK] = ((const read_so_far *)(const void *)back)->tokens[DRP_FROM_BACK];
    for (uint32_t n = 0; n < p->model->node_count; ++n) {
        if (p->places[n] == SIZE_MAX) continue;
        const drp_node *node = &p->model->nodes[n];
        drp_look look = look_of(p, n);
        if (!is_read(look, DRP_FROM_BACK)) continue;
        size_t bytes = node->operation == &drp_op_recurrent ? drp_states_bytes(node->weights) : node->type.width * sizeof(float);
        size_t first = look == DRP_HALVES ? bytes / 2 : 0;
        memcpy(state + p->places[n] + first, back + p->places[n] + first, bytes - first);
    }
}

/* ---- From what has been read to logits ---- */

/* Writes the vector of a reduction of `tokens` steps. */
DRP_RARE static bool finish_reduction(const drp_pieces *p, drupelet_session *s, uint32_t number, const float *sums, size_t tokens) {
    const drp_node *node = &p->model->nodes[number];
    if (!drp_reserve_vector(s, number + 1)) return false;
    drp_rows vector = drp_value(s, number + 1, tokens), rows = {p->rows, 0, vector.stride, vector.width};
    if (tokens == 0) {
        drp_op_reduce.run(node, p->model->tier, &rows, &vector, NULL);
        return true;
    }
    if (drp_is_maximum(node) && drp_counts_zeros(node, tokens))
        memset(drp_row(&rows, rows.steps++), 0, rows.stride * sizeof *sums);
    memcpy(drp_row(&rows, rows.steps++), sums, rows.stride * sizeof *sums);
    reduce(p, node, &rows, vector.values);
    for (size_t k = 0; drp_is_average(node) && k < vector.width; ++k) vector.values[k] /= (float)tokens;
    return true;
}

DRP_RARE bool drp_pieces_finish(const drp_pieces *p, drupelet_session *s, uint8_t *state, float *logits) {
    const drupelet_model *m = p->model;
    const read_so_far *so_far = (const read_so_far *)(const void *)state;
    const size_t tokens = so_far->tokens[DRP_FROM_FRONT] > so_far->tokens[DRP_FROM_BACK] ? so_far->tokens[DRP_FROM_FRONT]
                                                                                        : so_far->tokens[DRP_FROM_BACK];
    bool done = true;
    for (uint32_t n = 0; done && n < m->node_count; ++n) {
        const drp_node *node = &m->nodes[n];
        if (node->type.kind != DRP_VECTOR && p->looks[n + 1] != DRP_NOWHERE && !drp_takes_maximum(m, n)) continue;
        const drp_carried carried = {p->places[n] == SIZE_MAX ? NULL : state + p->places[n], 0, 0, false};
        s->carried = &carried;
        if (n > 0 && drp_takes_maximum(m, n - 1))
            done = finish_reduction(p, s, n, drp_value(s, node->reads[0], 0).values, tokens);
        else if (carried.states && node->operation != &drp_op_recurrent)
            done = finish_reduction(p, s, n, (const float *)(const void *)carried.states, tokens);
        else
            done = drp_run_node(s, n, carried.states ? 0 : tokens);
    }
    s->carried = NULL;
    if (done) memcpy(logits, drp_value(s, m->node_count, tokens).values, drupelet_model_units(m) * sizeof *logits);
    return done;
}
