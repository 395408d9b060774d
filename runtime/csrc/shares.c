/* Divides logits among the ids that they come from. */
#include <string.h>

#include "drupelet.h"
#include "network.h"
#include "op_dense.h"
#include "op_merge.h"
#include "op_reduce.h"
#include "op_support.h"
#include "pieces.h"
#include "run_recurrent.h"
#include "session.h"
#include "support.h"

/* Where the logits come from: a dense layer, whose input is one vector that is made from all steps, or several side by side. */
typedef struct {
    const drp_node *dense;
    uint32_t *places;   /* (nodes): where the vector of a node begins in that input, plus 1; 0: it is no part of it */
    bool *steps_of_ids; /* (values): each id has its step, in the same order */
} linear_ending;

/* Whether the value of a node has a step for each id. */
DRP_RARE static bool has_steps_of_ids(const linear_ending *ending, const drp_node *node) {
    bool has_steps = node->operation == &drp_op_embedding;
    if (node->type.kind != DRP_STEPS) return false;
    if (!has_steps && !drp_is_stepwise(node) && node->operation != &drp_op_recurrent && node->operation != &drp_op_attention)
        return false;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        if (node->inputs[n].kind == DRP_STEPS && !ending->steps_of_ids[node->reads[n]]) return false;
        has_steps = has_steps || node->inputs[n].kind == DRP_STEPS;
    }
    return has_steps && (node->type.length == node->inputs[0].length || node->inputs[0].kind == DRP_VECTOR);
}

/* Whether a node makes one vector of such steps, each number of which is a sum of numbers of steps. */
DRP_RARE static bool is_sum_of_steps(const linear_ending *ending, const drp_node *node) {
    if (node->type.kind != DRP_VECTOR || node->input_count != 1 || !ending->steps_of_ids[node->reads[0]]) return false;
    if (node->operation == &drp_op_reduce) return true;
    if (node->operation != &drp_op_recurrent) return false;
    const drp_layer *layer = node->weights;
    return layer->returns == DRP_RETURN_LAST && (layer->merge == DRP_MERGE_NONE || layer->merge == DRP_CONCAT);
}

/* Places a value in the input of the dense layer, from `place` on; false where it is no such vector, or is there already. */
DRP_RARE static bool place_value(const drupelet_model *m, linear_ending *ending, uint32_t value, uint32_t place, unsigned depth) {
    enum { MOST_NESTED = 16 };
    if (value == 0 || depth == MOST_NESTED) return false;
    const drp_node *node = &m->nodes[value - 1];
    if (is_sum_of_steps(ending, node)) {
        if (ending->places[value - 1]) return false;
        ending->places[value - 1] = place + 1;
        return true;
    }
    if (node->type.kind != DRP_VECTOR || !drp_is_concatenation(node)) return false;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        if (!place_value(m, ending, node->reads[n], place, depth + 1)) return false;
        place += node->inputs[n].width;
    }
    return true;
}

DRP_RARE static bool has_linear_ending(const drupelet_model *m, linear_ending *ending) {
    ending->dense = &m->nodes[m->node_count - 1];
    for (uint32_t n = 0; n < m->node_count; ++n) ending->steps_of_ids[n + 1] = has_steps_of_ids(ending, &m->nodes[n]);
    return m->output != DRP_PROBABILITIES && !m->restores && ending->dense->operation == &drp_op_dense &&
           place_value(m, ending, ending->dense->reads[0], 0, 0);
}

/* Adds what feature k of steps first to end - 1 adds to the dense layer's number `at`, over `parts`, to the shares of their ids. From
 * each step, the one at its place plus `before` is taken away; none from the step where there is none. */
static void add(const drp_node *dense, size_t at, const drp_rows *steps, size_t k, size_t first, size_t end, size_t before,
                double parts, double *shares) {
    const size_t units = dense->type.width;
    for (size_t unit = 0; unit < units; ++unit) {
        const double weight = (double)drp_dense_weight(dense, at, unit) / parts;
        for (size_t t = first; t < end; ++t) {
            double number = (double)drp_row(steps, t)[k];
            if (before && t + before < steps->steps) number -= (double)drp_row(steps, t + before)[k];
            shares[t * units + unit] += weight * number;
        }
    }
}

/* The step that gives number k of a vector; the number of steps where none does. */
DRP_RARE static size_t step_with(const drp_rows *steps, size_t k, float number) {
    size_t step = 0;
    while (step < steps->steps && drp_row(steps, step)[k] != number) ++step;
    return step;
}

/* Shares the vector of a maximum, minimum, average or sum among its steps. */
DRP_RARE static void share_reduction(const linear_ending *ending, const drp_node *node, size_t place, const drp_rows *steps,
                            const drp_rows *vector, double *shares) {
    const bool is_average = drp_is_average(node), is_sum = is_average || drp_is_sum(node);
    const double parts = is_average ? (double)steps->steps : 1.0;
    for (size_t k = 0; k < vector->width; ++k) {
        const size_t first = is_sum ? 0 : step_with(steps, k, vector->values[k]);
        const size_t end = is_sum || first == steps->steps ? steps->steps : first + 1;
        add(ending->dense, place + k, steps, k, first, end, 0, parts, shares);
    }
}

/* Shares features first to first + width of the last step that is read among the steps that changed them. */
DRP_RARE static void share_last(const linear_ending *ending, size_t place, size_t first, size_t width, bool backward, const drp_rows *steps,
                       double *shares) {
    const size_t before = backward ? 1 : SIZE_MAX; /* SIZE_MAX: one less */
    for (size_t k = first; k < first + width; ++k)
        add(ending->dense, place + k, steps, k, 0, steps->steps, before, 1.0, shares);
}

/* The states of a layer after each step, which it does not give itself. False when there is no memory. */
DRP_RARE static bool states_of(drupelet_session *s, uint32_t number, size_t count, drp_buffer *buffer, drp_rows *steps) {
    const drupelet_model *m = s->model;
    drp_node node = m->nodes[number];
    drp_layer layer = *(const drp_layer *)node.weights;
    layer.returns = DRP_RETURN_STEPS;
    node.weights = &layer;
    node.type.kind = DRP_STEPS;
    node.type.length = node.inputs[0].length;
    const size_t stride = drp_padded(node.type.width), states = drp_state_floats(&layer, count);
    float *memory = drp_reserve(buffer, ((count + 1) * stride > states ? (count + 1) * stride : states) * sizeof *memory);
    if (!memory) return false;
    *steps = (drp_rows){memory, count, stride, node.type.width};
    drp_rows input = drp_value(s, node.reads[0], count);
    const int32_t *ids = number == m->folded ? (const int32_t *)(const void *)s->ids_read : NULL;
    return drp_run_recurrent(s, &node, ids, &input, count, NULL, steps);
}

DRP_RARE static bool share(const linear_ending *ending, drupelet_session *s, const int32_t *ids, size_t count, drp_buffer *buffer,
                  double *shares) {
    const drupelet_model *m = s->model;
    static const drp_carried every_step = {.every_step = true};
    s->ids_read = (float *)(uintptr_t)ids;
    s->carried = &every_step;
    bool done = true;
    for (uint32_t n = 0; done && n < m->node_count; ++n) {
        const drp_node *node = &m->nodes[n];
        drp_rows steps;
        done = drp_run_node(s, n, count);
        if (!done || !ending->places[n]) continue;
        const size_t place = ending->places[n] - 1;
        if (node->operation == &drp_op_recurrent) {
            const drp_layer *layer = node->weights;
            done = states_of(s, n, count, buffer, &steps);
            for (uint32_t d = 0; done && d < layer->direction_count; ++d)
                share_last(ending, place, d * layer->units, layer->units, layer->backward[d], &steps, shares);
            continue;
        }
        steps = drp_value(s, node->reads[0], count);
        drp_rows vector = drp_value(s, n + 1, count);
        if (drp_is_first(node) || drp_is_last(node))
            share_last(ending, place, 0, vector.width, drp_is_first(node), &steps, shares);
        else
            share_reduction(ending, node, place, &steps, &vector, shares);
    }
    s->carried = NULL;
    return done;
}

DRP_RARE drupelet_status drupelet_shares(drupelet_session *s, const int32_t *ids, size_t count, double *shares, double *rest,
                                bool *is_known, drupelet_error *error) {
    if (error) error->message[0] = 0;
    const drupelet_model *m = s->model;
    const size_t units = drupelet_model_units(m);
    *is_known = false;
    drupelet_status status = drp_check_ids(m, ids, count, error);
    if (status != DRUPELET_OK) return status;
    linear_ending ending = {.places = drp_allocate(m->node_count, sizeof *ending.places),
                            .steps_of_ids = drp_allocate((size_t)m->node_count + 1, sizeof *ending.steps_of_ids)};
    if (!ending.places || !ending.steps_of_ids) {
        status = drp_no_memory_for(count, error);
    } else if (has_linear_ending(m, &ending)) {
        drp_buffer buffer = {0};
        *is_known = true;
        memset(shares, 0, count * units * sizeof *shares);
        for (uint32_t unit = 0; unit < units; ++unit) rest[unit] = (double)drp_dense_bias(ending.dense, unit);
        if (!share(&ending, s, ids, count, &buffer, shares)) status = drp_no_memory_for(count, error);
        drp_free(buffer.memory);
    }
    drp_free(ending.places);
    drp_free(ending.steps_of_ids);
    drp_session_trim(s);
    return status;
}
