#include <string.h>

#include "op_support.h"

enum { DROP_FIRST, DROP_LAST, ZEROS_FIRST, ZEROS_LAST, ATTRIBUTES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, output);
    if (!wrong) wrong = drp_not_fixed(output);
    if (wrong) return wrong;
    uint64_t dropped = (uint64_t)drp_number(node, DROP_FIRST) + drp_number(node, DROP_LAST);
    if (dropped >= output->length) return "it leaves no step";
    if (drp_number(node, ZEROS_FIRST) > DRP_MAX_LENGTH || drp_number(node, ZEROS_LAST) > DRP_MAX_LENGTH)
        return "too many steps of zeros";
    output->length += drp_number(node, ZEROS_FIRST) + drp_number(node, ZEROS_LAST) - (uint32_t)dropped;
    return drp_too_long(output);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)tier, (void)scratch;
    size_t before = drp_number(node, ZEROS_FIRST), after = drp_number(node, ZEROS_LAST), row = output->stride * sizeof(float);
    memset(output->values, 0, before * row);
    memcpy(drp_row(output, before), drp_row(&inputs[0], drp_number(node, DROP_FIRST)), (output->steps - before - after) * row);
    memset(drp_row(output, output->steps - after), 0, after * row);
}

const drp_operation drp_op_window = {
    .name = "window", .attribute_count = ATTRIBUTES, .infer = infer, .bound = drp_same_bound, .run = run};
