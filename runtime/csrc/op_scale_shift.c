#include "op_support.h"

typedef struct {
    float *scale, *shift; /* (padded width) */
} weights;

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    return drp_same_type(node, DRP_STEPS_OR_VECTOR, output);
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    weights *w = drp_node_memory(node, tensors, sizeof *w);
    return w && (w->scale = drp_take_floats(tensors, "scale", 0, node->type.width)) &&
           (w->shift = drp_take_floats(tensors, "shift", 0, node->type.width));
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                float *scratch) {
    (void)tier, (void)scratch;
    const weights *w = node->weights;
    for (size_t t = 0; t < output->steps; ++t) {
        const float *x = drp_row(&inputs[0], t);
        float *out = drp_row(output, t);
        for (size_t k = 0; k < output->stride; ++k) out[k] = x[k] * w->scale[k] + w->shift[k];
    }
}

DRP_RARE static uint64_t laid_out(const drp_node *node) { return 2 * drp_padded(node->type.width); }

const drp_operation drp_op_scale_shift = {
    .name = "scale_shift", .in_place = true, .infer = infer, .laid_out = laid_out, .prepare = prepare, .run = run};
