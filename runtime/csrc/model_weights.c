/* The weights of all nodes, and the bounds of their values, which packing wants. */
#include "model_weights.h"

#include <stdio.h>

#include "op_support.h"
#include "op_tensors.h"
#include "support.h"

enum { ONLY_SECTIONS = 4 /* sections that are no tensors */ };

static float bound_of(const drupelet_model *m, uint32_t value) { return value ? m->nodes[value - 1].bound : 0.0f; }

DRP_RARE static bool is_bounded_function(uint32_t function) {
    return function == DRP_TANH || function == DRP_SIGMOID || function == DRP_HARD_SIGMOID || function == DRP_SOFTSIGN ||
           function == DRP_HARD_SIGMOID_2 || function == DRP_HARD_TANH || function == DRP_SPARSE_SIGMOID;
}

/* The bound of what a node gives that is no recurrent layer; those that only move numbers keep the bound of their inputs. */
DRP_RARE static float node_bound(const drupelet_model *m, const drp_node *node) {
    enum { MERGE_ADD = 2, MERGE_MULTIPLY, MERGE_SUBTRACT = 7, REDUCE_SUM = 2 };
    const drp_operation *operation = node->operation;
    if (operation == &drp_op_activation) return is_bounded_function(drp_number(node, 0)) ? 1.0f : 0.0f;
    if (operation == &drp_op_softmax) return drp_number(node, 1) == 0 ? 1.0f : 0.0f;
    bool moves = operation == &drp_op_merge || operation == &drp_op_restore || operation == &drp_op_strip ||
                 operation == &drp_op_reverse || operation == &drp_op_window || operation == &drp_op_reshape ||
                 operation == &drp_op_transpose || operation == &drp_op_repeat || operation == &drp_op_window_pool ||
                 (operation == &drp_op_reduce && drp_number(node, 0) != REDUCE_SUM);
    if (!moves) return 0.0f;
    if (operation == &drp_op_merge && (drp_number(node, 0) == MERGE_ADD || drp_number(node, 0) == MERGE_MULTIPLY ||
                                       drp_number(node, 0) == MERGE_SUBTRACT))
        return 0.0f;
    float largest = 0.0f;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        float bound = bound_of(m, node->reads[n]);
        if (!(bound > 0.0f)) return 0.0f;
        if (bound > largest) largest = bound;
    }
    return largest;
}

DRP_RARE drupelet_status drp_read_tensors(const drp_section_table *table, drupelet_model *m, drupelet_error *error) {
    char prefix[DRP_NAME_BYTES];
    drp_tensors t = {.table = table, .prefix = prefix, .error = error, .model = m};
    t.kernels = m->scheme == DRP_F32 ? DRP_FLOAT32 : m->scheme == DRP_F16 ? DRP_FLOAT16 : DRP_INT8;
    uint32_t owned = 0;
    for (t.number = 0; t.number < m->node_count; ++t.number) {
        drp_node *node = &m->nodes[t.number];
        snprintf(prefix, sizeof prefix, "%s.%u.", node->operation->name, (unsigned)node->owner);
        uint32_t before = t.taken;
        bool done = !node->operation->prepare || node->operation->prepare(node, &t);
        m->taken = t.memory; /* what was taken is the model's, also when the next tensor is missing */
        if (!done) return t.status;
        if (node->owner == t.number)
            owned += t.taken - before;
        else if (t.taken == before)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "operation %u (%s): uses weights of another, but has none; export it again",
                            t.number, node->operation->name);
        if (node->operation != &drp_op_recurrent) node->bound = node_bound(m, node);
    }
    if (owned + ONLY_SECTIONS != table->count)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, the network has %u; export it again", table->count,
                        owned + ONLY_SECTIONS);
    return DRUPELET_OK;
}
