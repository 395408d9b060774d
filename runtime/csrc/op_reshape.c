#include <string.h>

#include "op_support.h"

enum { LENGTH, WIDTH, ATTRIBUTES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t length = drp_number(node, LENGTH), width = drp_number(node, WIDTH);
    drp_type input;
    const char *wrong = drp_same_type(node, DRP_STEPS_OR_VECTOR, &input);
    if (!wrong) wrong = drp_not_fixed(&input);
    if (wrong) return wrong;
    *output = (drp_type){length == DRP_NO_VALUE ? DRP_VECTOR : DRP_STEPS, length == DRP_NO_VALUE ? 1 : length, width};
    if ((wrong = drp_too_long(output))) return wrong;
    return (uint64_t)input.length * input.width == (uint64_t)output->length * width ? NULL : "another number of numbers";
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)node, (void)tier, (void)scratch;
    const drp_rows *input = &inputs[0];
    size_t step = 0, at = 0; /* where the next number is read */
    for (size_t t = 0; t < output->steps; ++t)
        for (size_t k = 0, count; k < output->width; k += count) {
            count = input->width - at < output->width - k ? input->width - at : output->width - k;
            memcpy(drp_row(output, t) + k, drp_row(input, step) + at, count * sizeof(float));
            at += count;
            if (at == input->width) at = 0, ++step;
        }
}

const drp_operation drp_op_reshape = {
    .name = "reshape", .attribute_count = ATTRIBUTES, .infer = infer, .bound = drp_same_bound, .run = run};
