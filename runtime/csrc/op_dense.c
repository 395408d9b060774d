#include "op_support.h"
#include "op_tensors.h"

enum { UNITS, ATTRIBUTES };

typedef struct {
    drp_kernel_f32 kernel; /* of one gate: (width, padded units) */
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
    if (!w) return false;
    uint32_t width = node->inputs[0].width, units = node->type.width;
    w->kernel = (drp_kernel_f32){.input_dim = width, .gates = 1, .panels = drp_panels(units)};
    return (w->kernel.values = drp_take_matrix(tensors, "kernel", width, units)) &&
           (w->bias = drp_take_floats(tensors, "bias", 0, units));
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output, float *scratch) {
    (void)scratch;
    const weights *w = node->weights;
    if (node->type.kind == DRP_VECTOR) {
        tier->project_f32(&w->kernel, inputs[0].values, w->bias, output->values);
        return;
    }
    drp_matrix matrix = {w->kernel.values, output->stride, output->stride, w->kernel.input_dim};
    tier->project_rows_f32(&matrix, w->bias, 0, inputs[0].values, inputs[0].stride, output->steps, output->values,
                           output->stride);
}

const drp_operation drp_op_dense = {
    .name = "dense", .attribute_count = ATTRIBUTES, .infer = infer, .prepare = prepare, .run = run};
