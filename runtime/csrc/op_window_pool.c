#include <string.h>

#include "op_support.h"

enum { FUNCTION, SIZE, STRIDE, LEFT, RIGHT, ATTRIBUTES };
enum { MAXIMUM, AVERAGE, FUNCTIONS };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t size = drp_number(node, SIZE), stride = drp_number(node, STRIDE);
    uint32_t left = drp_number(node, LEFT), right = drp_number(node, RIGHT);
    if (drp_number(node, FUNCTION) >= FUNCTIONS) return "an unknown function";
    if (size - 1 >= DRP_MAX_LENGTH || stride - 1 >= DRP_MAX_LENGTH) return "a size or a stride out of range";
    if (left >= size || right >= size) return "a window of which all steps may be missing";
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, output);
    if (!wrong) wrong = drp_not_fixed(output);
    if (wrong) return wrong;
    uint32_t steps = output->length + left + right;
    if (steps < size) return "fewer steps than a window";
    output->length = (steps - size) / stride + 1;
    return drp_too_long(output);
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                float *scratch) {
    (void)tier, (void)scratch;
    const bool average = drp_number(node, FUNCTION) == AVERAGE;
    for (size_t t = 0; t < output->steps; ++t) {
        int64_t start = (int64_t)t * drp_number(node, STRIDE) - drp_number(node, LEFT), end = start + drp_number(node, SIZE);
        size_t from = start > 0 ? (size_t)start : 0, to = end < (int64_t)inputs[0].steps ? (size_t)end : inputs[0].steps;
        float *out = drp_row(output, t);
        memcpy(out, drp_row(&inputs[0], from), output->stride * sizeof *out);
        for (size_t at = from + 1; at < to; ++at) {
            const float *x = drp_row(&inputs[0], at);
            if (average)
                for (size_t k = 0; k < output->stride; ++k) out[k] += x[k];
            else /* a NaN wins, and stays */
                for (size_t k = 0; k < output->stride; ++k) out[k] = x[k] > out[k] || x[k] != x[k] ? x[k] : out[k];
        }
        if (average)
            for (size_t k = 0; k < output->stride; ++k) out[k] /= (float)(to - from);
    }
}

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    (void)tokens;
    return drp_times(drp_times(drp_number(node, SIZE), node->type.width), node->type.length);
}

const drp_operation drp_op_window_pool = {
    .name = "window_pool", .attribute_count = ATTRIBUTES, .infer = infer, .work = work, .bound = drp_same_bound, .run = run};
