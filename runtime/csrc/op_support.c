#include "op_support.h"

DRP_RARE float drp_same_bound(const drp_node *node, float inputs) {
    (void)node;
    return inputs;
}

DRP_RARE const char *drp_same_type(const drp_node *node, unsigned kinds, drp_type *output) {
    if (node->input_count != 1) return "another number of inputs than one";
    *output = node->inputs[0];
    return kinds >> output->kind & 1 ? NULL : "an input of another kind";
}

DRP_RARE const char *drp_not_fixed(const drp_type *type) {
    return type->length == DRP_NO_VALUE ? "as many steps as tokens, expected a fixed number" : NULL;
}

DRP_RARE const char *drp_too_long(const drp_type *type) {
    bool fits = type->length == DRP_NO_VALUE || type->length - 1 < DRP_MAX_LENGTH;
    return fits && type->width - 1 < DRP_MAX_WIDTH ? NULL : "a length or width out of range";
}

void drp_project_rows(const drp_tier *tier, const drp_kernel_f32 *kernel, const float *bias, const float *input,
                      size_t input_stride, size_t rows, float *out) {
    size_t columns = drp_columns_f32(kernel);
    for (size_t at = 0; at < columns; at += DRP_BLOCK) {
        size_t block = drp_block_columns(columns, at);
        drp_matrix matrix = {kernel->values + at * kernel->input_dim, block, block, kernel->input_dim};
        tier->project_rows_f32(&matrix, bias + at, 0, input, input_stride, rows, out + at, columns);
    }
}
