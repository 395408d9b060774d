#include <string.h>

#include "op_support.h"

enum { SIDE, ATTRIBUTES };
enum { PRE, POST, SIDES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    if (drp_number(node, SIDE) >= SIDES) return "an unknown side";
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, output);
    if (!wrong) wrong = drp_not_fixed(output);
    output->length = DRP_NO_VALUE;
    return wrong;
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output, float *scratch) {
    (void)tier, (void)scratch;
    size_t dropped = drp_number(node, SIDE) == PRE ? inputs[0].steps - output->steps : 0;
    memcpy(output->values, drp_row(&inputs[0], dropped), output->steps * output->stride * sizeof(float));
}

const drp_operation drp_op_strip = {
    .name = "strip", .attribute_count = ATTRIBUTES, .infer = infer, .bound = drp_same_bound, .run = run};
