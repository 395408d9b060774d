#include <string.h>

#include "op_support.h"

enum { TIMES, ATTRIBUTES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t times = drp_number(node, TIMES);
    if (times - 1 >= DRP_MAX_LENGTH) return "a number of times out of range";
    const char *wrong = drp_same_type(node, DRP_STEPS_OR_VECTOR, output);
    if (!wrong) wrong = drp_not_fixed(output);
    if (wrong) return wrong;
    if ((uint64_t)output->length * times > DRP_MAX_LENGTH) return "too many steps";
    *output = (drp_type){DRP_STEPS, output->length * times, output->width};
    return NULL;
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)tier, (void)scratch;
    for (size_t t = 0; t < output->steps; ++t)
        memcpy(drp_row(output, t), drp_row(&inputs[0], t / drp_number(node, TIMES)), output->stride * sizeof(float));
}

const drp_operation drp_op_repeat = {
    .name = "repeat", .attribute_count = ATTRIBUTES, .infer = infer, .bound = drp_same_bound, .run = run};
