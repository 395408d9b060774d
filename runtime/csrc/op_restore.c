#include <string.h>

#include "op_support.h"

enum { SIDE, LENGTH, FILL, ATTRIBUTES };
enum { PRE, POST, SIDES };
enum { ZEROS, PREVIOUS, NEXT, FILLS };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t length = drp_number(node, LENGTH), fill = drp_number(node, FILL);
    if (drp_number(node, SIDE) >= SIDES || fill >= FILLS) return "an unknown side or filling";
    if (length - 1 >= DRP_MAX_LENGTH) return "a length out of range";
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY | 1 << DRP_IDS, output);
    if (wrong) return wrong;
    if (output->length != DRP_NO_VALUE) return "an input of fixed length, expected one step for each token";
    if (output->kind == DRP_IDS && fill != ZEROS) return "ids that are not filled with zeros";
    output->length = length;
    return NULL;
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)tier, (void)scratch;
    const drp_rows *x = &inputs[0];
    uint32_t side = drp_number(node, SIDE), fill = drp_number(node, FILL);
    size_t missing = output->steps - x->steps, row = output->stride;
    float *padding = side == PRE ? output->values : drp_row(output, x->steps);
    const float *repeated = NULL;
    if (x->steps && fill == PREVIOUS && side == POST) repeated = drp_row(x, x->steps - 1);
    if (x->steps && fill == NEXT && side == PRE) repeated = x->values;
    memcpy(side == PRE ? drp_row(output, missing) : output->values, x->values, x->steps * row * sizeof *padding);
    for (size_t t = 0; t < missing; ++t, padding += row)
        if (repeated)
            memcpy(padding, repeated, row * sizeof *padding);
        else
            memset(padding, 0, row * sizeof *padding); /* also the id 0 */
}

const drp_operation drp_op_restore = {
    .name = "restore", .attribute_count = ATTRIBUTES, .infer = infer, .bound = drp_same_bound, .run = run};
