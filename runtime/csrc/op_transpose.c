#include "op_support.h"

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    drp_type input;
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, &input);
    if (!wrong) wrong = drp_not_fixed(&input);
    if (wrong) return wrong;
    *output = (drp_type){DRP_STEPS, input.width, input.length};
    return drp_too_long(output);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)node, (void)tier, (void)scratch;
    for (size_t t = 0; t < output->steps; ++t)
        for (size_t k = 0; k < output->width; ++k) drp_row(output, t)[k] = drp_row(&inputs[0], k)[t];
}

const drp_operation drp_op_transpose = {.name = "transpose", .infer = infer, .bound = drp_same_bound, .run = run};
