#include "op_merge.h"

#include <string.h>

#include "op_support.h"

enum { FUNCTION, ATTRIBUTES };
enum { CONCAT, CONCAT_STEPS, ADD, MULTIPLY, AVERAGE, MAXIMUM, MINIMUM, SUBTRACT, FUNCTIONS };

DRP_RARE static const char *infer_concat_steps(const drp_node *node, drp_type *output) {
    uint64_t length = 0;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        const drp_type *type = &node->inputs[n];
        if (type->kind != DRP_STEPS || type->length == DRP_NO_VALUE || type->width != node->inputs[0].width)
            return "inputs that are not steps of fixed lengths and one width";
        length += type->length;
    }
    *output = (drp_type){DRP_STEPS, length < DRP_NO_VALUE ? (uint32_t)length : 0, node->inputs[0].width};
    return drp_too_long(output);
}

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t function = drp_number(node, FUNCTION), width = 1;
    if (function >= FUNCTIONS) return "an unknown function";
    if (node->input_count < 2 || (function == SUBTRACT && node->input_count != 2)) return "another number of inputs";
    if (function == CONCAT_STEPS) return infer_concat_steps(node, output);
    const drp_type *steps = NULL;
    uint64_t total = 0;
    uint32_t step_count = 0;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        const drp_type *type = &node->inputs[n];
        if (type->kind == DRP_IDS) return "an input of ids";
        if (type->kind == DRP_STEPS) {
            if (steps && steps->length != type->length) return "inputs of several lengths";
            steps = type;
            ++step_count;
        }
        if (type->width != 1 && width != 1 && type->width != width && function != CONCAT) return "inputs of several widths";
        if (type->width != 1) width = type->width;
        total += type->width;
    }
    if (function == CONCAT && steps && step_count != node->input_count) return "steps and vectors, expected one of them";
    if (function == CONCAT) width = total < DRP_NO_VALUE ? (uint32_t)total : 0;
    *output = steps ? (drp_type){DRP_STEPS, steps->length, width} : (drp_type){DRP_VECTOR, 1, width};
    return drp_too_long(output);
}

DRP_RARE bool drp_is_concatenation(const drp_node *node) {
    return node->operation == &drp_op_merge && drp_number(node, FUNCTION) == CONCAT;
}

static float joined(uint32_t function, float a, float b) {
    switch (function) {
        case MULTIPLY: return a * b;
        case MAXIMUM: return a > b || a != a ? a : b;
        case MINIMUM: return a < b || a != a ? a : b;
        case SUBTRACT: return a - b;
        default: return a + b;
    }
}

/* Joins a step of an input, which may have one feature, to a step of the output. */
static void join(uint32_t function, const float *x, uint32_t width, float *restrict out, uint32_t out_width) {
    if (width == out_width) /* one loop for each function, which the compiler makes of this */
        for (uint32_t k = 0; k < out_width; ++k) out[k] = joined(function, out[k], x[k]);
    else
        for (uint32_t k = 0; k < out_width; ++k) out[k] = joined(function, out[k], x[0]);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)tier, (void)scratch;
    uint32_t function = drp_number(node, FUNCTION), width = output->width;
    if (function == CONCAT_STEPS) {
        float *to = output->values;
        for (uint32_t n = 0; n < node->input_count; to += inputs[n].steps * output->stride, ++n)
            memcpy(to, inputs[n].values, inputs[n].steps * output->stride * sizeof *to);
        return;
    }
    for (size_t t = 0; t < output->steps; ++t) {
        float *out = drp_row(output, t);
        for (uint32_t n = 0; n < node->input_count; ++n) {
            const float *x = drp_row(&inputs[n], node->inputs[n].kind == DRP_STEPS ? t : 0);
            if (function == CONCAT) {
                memcpy(out, x, inputs[n].width * sizeof *out);
                out += inputs[n].width;
            } else if (n == 0) {
                for (uint32_t k = 0; k < width; ++k) out[k] = x[inputs[0].width == width ? k : 0];
            } else {
                join(function, x, inputs[n].width, out, width);
            }
        }
        for (uint32_t k = 0; function == AVERAGE && k < width; ++k) out[k] /= (float)node->input_count;
    }
}

DRP_RARE static float bound(const drp_node *node, float inputs) {
    switch (drp_number(node, FUNCTION)) {
        case ADD:
        case SUBTRACT:
        case MULTIPLY: return 0.0f;
        default: return inputs;
    }
}

const drp_operation drp_op_merge = {.name = "merge", .attribute_count = ATTRIBUTES, .infer = infer, .bound = bound, .run = run};
