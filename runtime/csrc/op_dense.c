#include "op_dense.h"

#include "op_support.h"

enum { UNITS, ATTRIBUTES };

typedef struct {
    drp_kernel_f32 kernel; /* of one gate */
    float *bias;           /* (padded units) */
} weights;

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t units = drp_number(node, UNITS);
    if (units - 1 >= DRP_MAX_WIDTH) return "units out of range";
    const char *wrong = drp_same_type(node, DRP_STEPS_OR_VECTOR, output);
    output->width = units;
    return wrong;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    weights *w = drp_node_memory(node, tensors, sizeof *w);
    drp_columns columns = {.units = node->type.width, .all_gates = 1, .gates = 1};
    if (!w || !drp_take_columns(tensors, "kernel", node->inputs[0].width, &columns) ||
        !drp_pack(tensors, &columns, false, 1.0f, NULL, &w->kernel) || !drp_take_bias(tensors, "bias", 0, &columns))
        return false;
    return (w->bias = drp_pack_floats(tensors, &columns, 0)) != NULL;
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output, float *scratch) {
    (void)scratch;
    const weights *w = node->weights;
    if (node->type.kind == DRP_VECTOR) {
        tier->project_f32(&w->kernel, inputs[0].values, w->bias, output->values);
        return;
    }
    drp_project_rows(tier, &w->kernel, w->bias, inputs[0].values, inputs[0].stride, output->steps, output->values);
}

DRP_RARE float drp_dense_weight(const drp_node *node, size_t input, size_t unit) {
    const drp_kernel_f32 *kernel = &((const weights *)node->weights)->kernel;
    size_t block = unit / DRP_BLOCK * DRP_BLOCK, columns = drp_block_columns(drp_columns_f32(kernel), block);
    return kernel->values[block * kernel->input_dim + input * columns + (unit - block)];
}

DRP_RARE float drp_dense_bias(const drp_node *node, size_t unit) { return ((const weights *)node->weights)->bias[unit]; }

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    uint64_t products = (uint64_t)node->inputs[0].width * drp_number(node, UNITS);
    return drp_times(products, drp_steps_in(&node->inputs[0], tokens));
}

DRP_RARE static uint64_t laid_out(const drp_node *node) {
    return drp_times((uint64_t)node->inputs[0].width + 1, drp_padded(drp_number(node, UNITS)));
}

const drp_operation drp_op_dense = {
    .name = "dense", .attribute_count = ATTRIBUTES, .infer = infer, .work = work, .laid_out = laid_out, .prepare = prepare, .run = run};
