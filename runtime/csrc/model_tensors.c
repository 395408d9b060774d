#include "model_tensors.h"

#include <stdio.h>

#include "op_support.h"
#include "op_tensors.h"
#include "support.h"

enum { ONLY_SECTIONS = 4 /* sections that are no tensors */ };

/* No number of a value is larger, or smaller than its negative; 0: not known. */
static float bound_of(const drupelet_model *m, uint32_t value) { return value ? m->nodes[value - 1].bound : 0.0f; }

/* The largest bound of what a node reads; 0 where one is not known. */
DRP_RARE static float largest_bound(const drupelet_model *m, const drp_node *node) {
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
    drp_tensors t = {.table = table, .prefix = prefix, .error = error};
    t.kernels = m->scheme == DRP_F32 ? DRP_FLOAT32 : m->scheme == DRP_F16 ? DRP_FLOAT16 : DRP_INT8;
    t.rows = m->scheme == DRP_WI4 ? DRP_INT4 : t.kernels;
    uint32_t owned = 0;
    for (uint32_t number = 0; number < m->node_count; ++number) {
        drp_node *node = &m->nodes[number];
        snprintf(prefix, sizeof prefix, "%s.%u.", node->operation->name, (unsigned)node->owner);
        t.reads_rows = number == m->folded;
        t.input_bound = bound_of(m, node->reads[0]);
        uint32_t before = t.taken;
        bool done = !node->operation->prepare || node->operation->prepare(node, &t);
        m->taken = t.memory; /* what was taken is the model's, also when the next tensor is missing */
        if (!done) return t.status;
        if (node->owner == number)
            owned += t.taken - before;
        else if (t.taken == before)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "operation %u (%s): uses weights of another, but has none; export it again",
                            number, node->operation->name);
        if (node->operation->bound) node->bound = node->operation->bound(node, largest_bound(m, node));
    }
    if (owned + ONLY_SECTIONS != table->count)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, the network has %u; export it again", table->count,
                        owned + ONLY_SECTIONS);
    return DRUPELET_OK;
}
