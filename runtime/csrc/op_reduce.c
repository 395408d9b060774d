#include "op_reduce.h"

#include <math.h>
#include <string.h>

#include "op_support.h"

enum { FUNCTION, ZERO_BELOW, ATTRIBUTES };
_Static_assert((int)ATTRIBUTES == (int)DRP_REDUCE_ATTRIBUTES, "who reduces some of the steps gives as many");
enum { MAX, AVERAGE, SUM, FIRST, LAST, MIN, FUNCTIONS };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t function = drp_number(node, FUNCTION), zero_below = drp_number(node, ZERO_BELOW);
    if (function >= FUNCTIONS) return "an unknown function";
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, output);
    if (wrong) return wrong;
    if (zero_below != DRP_NO_VALUE && (function != MAX || output->length != DRP_NO_VALUE))
        return "zero_below without a maximum over tokens";
    *output = (drp_type){DRP_VECTOR, 1, output->width};
    return NULL;
}

bool drp_is_maximum(const drp_node *node) { return node->operation == &drp_op_reduce && drp_number(node, FUNCTION) == MAX; }

static bool is(const drp_node *node, uint32_t function) {
    return node->operation == &drp_op_reduce && drp_number(node, FUNCTION) == function;
}

DRP_RARE bool drp_is_average(const drp_node *node) { return is(node, AVERAGE); }
DRP_RARE bool drp_is_sum(const drp_node *node) { return is(node, SUM); }
DRP_RARE bool drp_is_first(const drp_node *node) { return is(node, FIRST); }
DRP_RARE bool drp_is_last(const drp_node *node) { return is(node, LAST); }

DRP_RARE void drp_gathering_attributes(const drp_node *node, uint32_t attributes[DRP_REDUCE_ATTRIBUTES]) {
    attributes[FUNCTION] = drp_is_average(node) ? SUM : drp_number(node, FUNCTION);
    attributes[ZERO_BELOW] = DRP_NO_VALUE;
}

bool drp_counts_zeros(const drp_node *node, size_t steps) {
    uint32_t zero_below = drp_number(node, ZERO_BELOW);
    return steps == 0 || (zero_below != DRP_NO_VALUE && steps < zero_below);
}

void drp_keep_largest(const int16_t *restrict h, size_t count, int16_t *restrict largest) {
    for (size_t k = 0; k < count; k += DRP_LANES)
        for (size_t lane = 0; lane < DRP_LANES; ++lane)
            largest[k + lane] = h[k + lane] > largest[k + lane] ? h[k + lane] : largest[k + lane];
}

static void add_steps(const drp_rows *x, float *restrict out) {
    size_t width = x->width;
    for (size_t k = 0; k < width; ++k) out[k] = 0.0f;
    for (size_t t = 0; t < x->steps; ++t) {
        const float *step = drp_row(x, t);
        for (size_t k = 0; k < width; ++k) out[k] += step[k];
    }
}

/* The largest number of each feature; `out` holds the first to compare with. A NaN wins, and stays. */
static void take_largest(const drp_rows *x, float *restrict out) {
    size_t width = x->width;
    for (size_t t = 0; t < x->steps; ++t) {
        const float *step = drp_row(x, t);
        for (size_t k = 0; k < width; ++k) out[k] = step[k] > out[k] || step[k] != step[k] ? step[k] : out[k];
    }
}

static void take_smallest(const drp_rows *x, float *restrict out) {
    size_t width = x->width;
    for (size_t t = 0; t < x->steps; ++t) {
        const float *step = drp_row(x, t);
        for (size_t k = 0; k < width; ++k) out[k] = step[k] < out[k] || step[k] != step[k] ? step[k] : out[k];
    }
}

static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output, float *scratch) {
    (void)tier, (void)scratch;
    const drp_rows *x = &inputs[0];
    float *restrict out = output->values;
    size_t width = output->width;
    uint32_t function = drp_number(node, FUNCTION);
    if (function == SUM || function == AVERAGE) {
        add_steps(x, out);
        for (size_t k = 0; function == AVERAGE && k < width; ++k) /* 0 / 0 is NaN, as with Keras */
            out[k] = x->steps ? out[k] / (float)x->steps : NAN;
        return;
    }
    if (drp_counts_zeros(node, x->steps))
        memset(out, 0, width * sizeof *out);
    else
        memcpy(out, drp_row(x, function == LAST ? x->steps - 1 : 0), width * sizeof *out);
    if (function == MAX) take_largest(x, out);
    if (function == MIN) take_smallest(x, out);
}

/* The average of no step is not a number. */
DRP_RARE static float bound(const drp_node *node, float inputs) {
    uint32_t function = drp_number(node, FUNCTION);
    return function == SUM || (function == AVERAGE && node->inputs[0].length == DRP_NO_VALUE) ? 0.0f : inputs;
}

const drp_operation drp_op_reduce = {
    .name = "reduce", .attribute_count = ATTRIBUTES, .infer = infer, .bound = bound, .run = run};
