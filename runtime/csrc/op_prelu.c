#include "op_support.h"

enum { PER_STEP, ATTRIBUTES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t per_step = drp_number(node, PER_STEP);
    if (per_step > 1) return "a per_step that is neither no nor yes";
    const char *wrong = drp_same_type(node, per_step ? DRP_STEPS_ONLY : DRP_STEPS_OR_VECTOR, output);
    return wrong ? wrong : per_step ? drp_not_fixed(output) : NULL;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    uint32_t steps = drp_number(node, PER_STEP) ? node->type.length : 0;
    node->weights = drp_take_floats(tensors, "slope", steps, node->type.width); /* (steps, padded width) */
    return node->weights != NULL;
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)tier, (void)scratch;
    const float *slope = node->weights;
    size_t next = drp_number(node, PER_STEP) ? output->stride : 0;
    for (size_t t = 0; t < output->steps; ++t, slope += next) {
        const float *x = drp_row(&inputs[0], t);
        float *out = drp_row(output, t);
        for (size_t k = 0; k < output->stride; ++k) out[k] = x[k] > 0.0f ? x[k] : slope[k] * x[k];
    }
}

DRP_RARE static uint64_t laid_out(const drp_node *node) {
    return drp_times(drp_number(node, PER_STEP) ? node->type.length : 1, drp_padded(node->type.width));
}

const drp_operation drp_op_prelu = {
    .name = "prelu", .attribute_count = ATTRIBUTES, .in_place = true, .infer = infer, .laid_out = laid_out, .prepare = prepare, .run = run};
