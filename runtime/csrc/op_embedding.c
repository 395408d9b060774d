#include "op_support.h"

enum { ROWS, DIM, ATTRIBUTES, MAX_DIM = 1 << 16 };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t rows = drp_number(node, ROWS), dim = drp_number(node, DIM);
    if (rows < 1 || rows > INT32_MAX || dim < 1 || dim > MAX_DIM) return "rows or dim out of range";
    if (node->input_count != 1 || node->inputs[0].kind != DRP_IDS) return "an input that is not ids";
    *output = (drp_type){DRP_STEPS, node->inputs[0].length, dim};
    return NULL;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    drp_table *table = drp_node_memory(node, tensors, sizeof *table);
    return table && drp_take_table(tensors, drp_number(node, ROWS), drp_number(node, DIM), table);
}

const drp_operation drp_op_embedding = {
    .name = "embedding", .attribute_count = ATTRIBUTES, .infer = infer, .prepare = prepare};
