#include <string.h>

#include "elementary.h"
#include "op_support.h"
#include "row_math.h"
#include "softmax_row.h"

enum { AXIS, FUNCTION, ATTRIBUTES };
enum { FEATURES, STEPS, AXES };
enum { SOFTMAX, LOG_SOFTMAX, FUNCTIONS };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    if (drp_number(node, AXIS) >= AXES || drp_number(node, FUNCTION) >= FUNCTIONS) return "an unknown axis or function";
    return drp_same_type(node, drp_number(node, AXIS) == STEPS ? DRP_STEPS_ONLY : DRP_STEPS_OR_VECTOR, output);
}

DRP_RARE static size_t scratch_floats(const drp_node *node, size_t tokens) {
    (void)tokens;
    return 3 * drp_padded(node->type.width);
}

DRP_RARE static void over_features(const drp_tier *tier, const float *x, size_t width, bool logarithm, float *room,
                                   float *out) {
    float largest;
    memcpy(room, x, width * sizeof *room);
    float sum = drp_exp_row(tier, room, width, &largest), log_of_sum = logarithm ? drp_log(sum) : 0.0f;
    for (size_t k = 0; k < width; ++k) out[k] = logarithm ? x[k] - largest - log_of_sum : room[k] / sum;
}

/* All features side by side. */
DRP_RARE static void over_steps(const drp_tier *tier, const drp_rows *x, bool logarithm, float *room, const drp_rows *out) {
    size_t count = out->stride;
    float *largest = room, *sum = largest + count, *e = sum + count;
    for (size_t k = 0; k < count; ++k) largest[k] = -__builtin_inff();
    for (size_t t = 0; t < x->steps; ++t)
        for (size_t k = 0; k < count; ++k) largest[k] = drp_larger(drp_row(x, t)[k], largest[k]);
    memset(sum, 0, count * sizeof *sum);
    for (size_t t = 0; t < x->steps; ++t) {
        float *to = drp_row(out, t);
        for (size_t k = 0; k < count; ++k) to[k] = e[k] = drp_row(x, t)[k] - largest[k];
        tier->exp(e, count, 0.0f);
        for (size_t k = 0; k < count; ++k) sum[k] += e[k];
        if (!logarithm) memcpy(to, e, count * sizeof *e);
    }
    for (size_t k = 0; logarithm && k < count; ++k) sum[k] = drp_log(sum[k]);
    for (size_t t = 0; t < x->steps; ++t) {
        float *to = drp_row(out, t);
        for (size_t k = 0; k < count; ++k) to[k] = logarithm ? to[k] - sum[k] : to[k] / sum[k];
    }
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    bool logarithm = drp_number(node, FUNCTION) == LOG_SOFTMAX;
    if (drp_number(node, AXIS) == STEPS) {
        over_steps(tier, &inputs[0], logarithm, scratch, output);
        return;
    }
    for (size_t t = 0; t < output->steps; ++t)
        over_features(tier, drp_row(&inputs[0], t), output->width, logarithm, scratch, drp_row(output, t));
}

DRP_RARE static float bound(const drp_node *node, float inputs) {
    (void)inputs;
    return drp_number(node, FUNCTION) == LOG_SOFTMAX ? 0.0f : 1.0f;
}

const drp_operation drp_op_softmax = {.name = "softmax",
                                      .attribute_count = ATTRIBUTES,
                                      .infer = infer,
                                      .bound = bound,
                                      .scratch_floats = scratch_floats,
                                      .run = run};
