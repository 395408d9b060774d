#include "model.h"
#include "op_support.h"
#include "op_tensors.h"

enum { ROWS, DIM, ATTRIBUTES, MAX_DIM = 1 << 16, SCALE_TABLE_SIZE = 256 };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t rows = drp_number(node, ROWS), dim = drp_number(node, DIM);
    if (rows < 1 || rows > INT32_MAX || dim < 1 || dim > MAX_DIM) return "rows or dim out of range";
    if (node->input_count != 1 || node->inputs[0].kind != DRP_IDS) return "an input that is not ids";
    *output = (drp_type){DRP_STEPS, node->inputs[0].length, dim};
    return NULL;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *t) {
    drp_table *table = drp_node_memory(node, t, sizeof *table);
    uint32_t rows = drp_number(node, ROWS), dim = drp_number(node, DIM);
    const drp_section *stored = drp_take_tensor(t, "table", "", t->rows, rows, dim);
    if (!table || !stored) return false;
    table->dim = dim;
    table->rows = stored->bytes;
    if (t->kernels != DRP_INT8) return true;
    const drp_section *codes = drp_take_tensor(t, "table", ".scale_codes", DRP_UINT8, 0, rows);
    const drp_section *scales = drp_take_tensor(t, "table", ".scale_table", DRP_FLOAT32, 0, SCALE_TABLE_SIZE);
    table->scale_table = drp_take_memory(t, SCALE_TABLE_SIZE, sizeof *table->scale_table);
    if (!table->scale_table) return false;
    table->scale_codes = codes->bytes;
    for (int code = 0; code < SCALE_TABLE_SIZE; ++code) table->scale_table[code] = drp_f32(scales->bytes + 4 * code);
    return true;
}

const drp_operation drp_op_embedding = {
    .name = "embedding", .attribute_count = ATTRIBUTES, .infer = infer, .prepare = prepare};
