/* Runs the network, node by node. Embeddings and recurrent layers keep what they remember in a session, and are run by
 * embedding_rows.c and run_recurrent.c, all others by their own files. */
#include "network.h"

#include <string.h>

#include "embedding_rows.h"
#include "graph_section.h"
#include "op_reduce.h"
#include "op_support.h"
#include "run_recurrent.h"
#include "support.h"

/* The node that takes the maximum over the steps of node `number` and is computed with it; NULL: none. Merges but that of
 * concatenation need the states of both directions at a step. */
static const drp_node *maximum_of(const drupelet_model *m, uint32_t number) {
    const drp_node *node = &m->nodes[number];
    if (node->operation != &drp_op_recurrent || node->type.kind != DRP_STEPS || !node->next_alone_reads) return NULL;
    const drp_layer *layer = node->weights;
    bool merges = layer->merge != DRP_MERGE_NONE && layer->merge != DRP_CONCAT;
    return layer->step_i16 && !merges && drp_is_maximum(node + 1) ? node + 1 : NULL;
}

drupelet_status drp_no_memory_for(size_t tokens, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu tokens; cut it", tokens);
}

drp_rows drp_value(const drupelet_session *s, uint32_t value, size_t tokens) {
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

bool drp_takes_maximum(const drupelet_model *m, uint32_t number) { return maximum_of(m, number) != NULL; }

bool drp_reserve_vector(drupelet_session *s, uint32_t value) {
    return reserve(s, &s->values[s->model->slots[value]], 2 * drp_padded(s->model->nodes[value - 1].type.width));
}

bool drp_run_node(drupelet_session *s, uint32_t number, size_t tokens) {
    const drupelet_model *m = s->model;
    if (m->folded != DRP_NO_VALUE && number == m->nodes[m->folded].reads[0] - 1) return true;
    const drp_node *node = &m->nodes[number];
    const drp_operation *operation = node->operation;
    bool is_folded = number == m->folded, is_recurrent = operation == &drp_op_recurrent;
    drp_rows inputs[DRP_MAX_INPUTS];
    size_t steps = drp_steps_in(&node->type, tokens), stride = node->type.kind == DRP_IDS ? 1 : drp_padded(node->type.width);
    bool every_step = s->carried && s->carried->every_step;
    const drp_node *maximum = every_step ? NULL : maximum_of(m, number);
    size_t floats = maximum ? stride : (steps + 1) * stride;
    if (!maximum && is_recurrent && node->type.kind == DRP_STEPS) {
        size_t states = drp_state_floats(node->weights, steps);
        if (states > floats) floats = states;
    }
    drp_buffer *buffer = &s->values[m->slots[number + 1]];
    if (!reserve(s, buffer, floats)) return false;
    drp_rows output = {buffer->memory, steps, stride, node->type.width};
    for (uint32_t n = 0; n < node->input_count; ++n) inputs[n] = drp_value(s, node->reads[n], tokens);
    if (is_recurrent) {
        const int32_t *ids = NULL;
        if (is_folded) { /* it reads what its embedding reads */
            drp_rows read = drp_value(s, m->nodes[node->reads[0] - 1].reads[0], tokens);
            ids = (const int32_t *)(const void *)read.values;
            inputs[0].steps = read.steps;
        }
        return drp_run_recurrent(s, node, ids, inputs, inputs[0].steps, maximum, &output);
    }
    if (number && !every_step && maximum_of(m, number - 1)) { /* it is there already, in place of the first step */
        memcpy(output.values, inputs[0].values, output.width * sizeof *output.values);
        return true;
    }
    if (operation == &drp_op_embedding) {
        drp_look_up(m, node->weights, (const int32_t *)(const void *)inputs[0].values, &output);
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

drupelet_status drp_check_count(const drupelet_model *m, size_t count, drupelet_error *error) {
    if (m->padding != DRP_PADDING_NONE ? count != m->max_tokens : m->restores && count > m->max_tokens)
        return drp_fail(error, DRUPELET_BAD_TEXT, "a text of %zu ids, the network reads %u; cut or pad it", count,
                        m->max_tokens);
    if (count > m->longest_text)
        return drp_fail(error, DRUPELET_BAD_TEXT, "a text of %zu tokens, which takes too much memory or time; cut it to %llu",
                        count, (unsigned long long)m->longest_text);
    return DRUPELET_OK;
}

DRP_RARE drupelet_status drp_check_ids(const drupelet_model *m, const int32_t *ids, size_t count, drupelet_error *error) {
    for (size_t k = 0; k < count; ++k)
        if (ids[k] < 0 || (uint32_t)ids[k] >= m->vocabulary_rows)
            return drp_fail(error, DRUPELET_BAD_TEXT, "id %d at place %zu, expected 0 to %u", ids[k], k,
                            m->vocabulary_rows - 1);
    return drp_check_count(m, count, error);
}

drupelet_status drp_run_network(drupelet_session *s, const int32_t *ids, size_t count, float *logits,
                                drupelet_error *error) {
    const drupelet_model *m = s->model;
    drupelet_status status = drp_check_count(m, count, error);
    if (status != DRUPELET_OK) return status;
    s->ids_read = (float *)(uintptr_t)ids; /* operations read ids and floats through one type */
    for (uint32_t n = 0; n < m->node_count; ++n)
        if (!drp_run_node(s, n, count)) return drp_no_memory_for(count, error);
    drp_rows answer = drp_value(s, m->node_count, count);
    memcpy(logits, answer.values, drupelet_model_units(m) * sizeof *logits);
    return DRUPELET_OK;
}
