#include <string.h>

#include "op_support.h"

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    return drp_same_type(node, DRP_STEPS_ONLY, output);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)node, (void)tier, (void)scratch;
    for (size_t t = 0; t < output->steps; ++t)
        memcpy(drp_row(output, t), drp_row(&inputs[0], output->steps - 1 - t), output->stride * sizeof(float));
}

const drp_operation drp_op_reverse = {.name = "reverse", .infer = infer, .bound = drp_same_bound, .run = run};
