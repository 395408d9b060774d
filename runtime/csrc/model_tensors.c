/* Has the operations of a graph read their tensors, and lays them out for the tier. */
#include "model_tensors.h"

#include <stdio.h>
#include <string.h>

#include "op_support.h"
#include "op_tensors.h"
#include "support.h"

DRP_RARE static float bound_of(const drupelet_model *m, uint32_t value) { return value ? m->nodes[value - 1].bound : 0.0f; }

/* The largest bound of the values that a node reads; 0 where one is not known. */
DRP_RARE static float largest_bound(const drupelet_model *m, const drp_node *node) {
    float largest = 0.0f;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        float bound = bound_of(m, node->reads[n]);
        if (!(bound > 0.0f)) return 0.0f;
        if (bound > largest) largest = bound;
    }
    return largest;
}

/* Whether two nodes that use the same tensors lay them out alike. */
DRP_RARE static bool are_alike(const drp_node *a, const drp_node *b) {
    if (a->input_count != b->input_count || a->reads_rows != b->reads_rows || a->input_bound != b->input_bound) return false;
    for (uint32_t n = 0; n < a->operation->attribute_count; ++n)
        if (a->attributes[n] != b->attributes[n]) return false;
    for (uint32_t n = 0; n < a->input_count; ++n)
        if (a->inputs[n].kind != b->inputs[n].kind || a->inputs[n].length != b->inputs[n].length ||
            a->inputs[n].width != b->inputs[n].width)
            return false;
    return true;
}

/* The node before this one that has prepared the same tensors alike; NULL: none. */
DRP_RARE static const drp_node *find_alike(const drupelet_model *m, uint32_t number) {
    const drp_node *node = &m->nodes[number];
    for (uint32_t n = node->owner; n < number; ++n)
        if (m->nodes[n].owner == node->owner && are_alike(&m->nodes[n], node)) return &m->nodes[n];
    return NULL;
}

/* The weights may take so many bytes of memory, and so many more for each byte of the file, but never more than the last:
 * drupelet/model_file.py has the reasons. */
#define FREE_LAYOUT_BYTES ((uint64_t)1 << 26)
#define LAYOUT_RATIO ((uint64_t)16)
#define MAX_LAYOUT_BYTES ((uint64_t)1 << 29)

/* Each node counts, also one that uses the tensors of another: it may lay them out in its own way. */
DRP_RARE static drupelet_status check_layout(const drupelet_model *m, size_t file_bytes, drupelet_error *error) {
    uint64_t most = FREE_LAYOUT_BYTES + drp_times(LAYOUT_RATIO, file_bytes), floats = 0;
    if (most > MAX_LAYOUT_BYTES) most = MAX_LAYOUT_BYTES;
    for (uint32_t n = 0; n < m->node_count && floats <= most / sizeof(float); ++n)
        if (m->nodes[n].operation->laid_out) floats += m->nodes[n].operation->laid_out(&m->nodes[n]);
    if (floats <= most / sizeof(float)) return DRUPELET_OK;
    return drp_fail(error, DRUPELET_BAD_FORMAT,
                    "its weights take more than %llu bytes when they are laid out, the most of a file of %zu bytes; make its "
                    "layers smaller, and export it again", (unsigned long long)most, file_bytes);
}

DRP_RARE drupelet_status drp_read_tensors(const drp_section_table *table, size_t file_bytes, drupelet_model *m,
                                          drupelet_error *error) {
    char prefix[DRP_NAME_BYTES];
    drp_tensors t = {.table = table, .prefix = prefix, .tier = m->tier, .error = error};
    t.kernels = m->scheme == DRP_F32 ? DRP_FLOAT32 : m->scheme == DRP_F16 ? DRP_FLOAT16 : DRP_INT8;
    t.rows = m->scheme == DRP_WI4 ? DRP_INT4 : t.kernels;
    uint32_t owned = 0;
    drupelet_status fits = check_layout(m, file_bytes, error);
    if (fits != DRUPELET_OK) return fits;
    for (uint32_t number = 0; number < m->node_count; ++number) {
        drp_node *node = &m->nodes[number];
        node->reads_rows = number == m->folded;
        node->input_bound = bound_of(m, node->reads[0]);
        if (node->operation->bound) node->bound = node->operation->bound(node, largest_bound(m, node));
        const drp_node *alike = find_alike(m, number);
        if (alike) {
            node->weights = alike->weights;
            node->tensor_count = alike->tensor_count;
        } else if (node->operation->prepare) {
            snprintf(prefix, sizeof prefix, "%s.%u.", node->operation->name, (unsigned)node->owner);
            uint32_t before = t.taken;
            bool done = node->operation->prepare(node, &t);
            m->taken = t.memory; /* what was taken is the model's, also when the next tensor is missing */
            if (!done) return t.status;
            node->tensor_count = t.taken - before;
        }
        if (node->owner == number)
            owned += node->tensor_count;
        else if (node->tensor_count == 0 || node->tensor_count != m->nodes[node->owner].tensor_count)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "operation %u (%s): uses weights of another, which has none or others; "
                            "export it again", number, node->operation->name);
    }
    uint32_t expected = owned; /* and the sections that are no tensors */
    for (int n = 0; n < DRP_ONLY_SECTIONS; ++n) expected += m->only_sections[n].bytes != NULL;
    if (expected != table->count)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, the network has %u; export it again", table->count, expected);
    return DRUPELET_OK;
}
