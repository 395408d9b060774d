#include <string.h>

#include "elementary.h"
#include "op_support.h"
#include "row_math.h"

enum { A_AXIS, B_AXIS, NORMALIZE, ATTRIBUTES };
enum { STEPS, FEATURES, AXES };

/* The length of an axis that is summed over, and of the other one; `axes` that are left: 0 for a vector. */
typedef struct {
    uint32_t sum, left, axes;
} sides;

DRP_RARE static sides sides_of(const drp_type *type, uint32_t axis) {
    if (type->kind == DRP_VECTOR) return (sides){type->width, 1, 0};
    return axis == STEPS ? (sides){type->length, type->width, 1} : (sides){type->width, type->length, 1};
}

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    if (node->input_count != 2) return "another number of inputs than two";
    if (drp_number(node, NORMALIZE) > 1) return "a normalize that is neither no nor yes";
    sides s[2];
    for (uint32_t side = 0; side < 2; ++side) {
        uint32_t axis = drp_number(node, A_AXIS + side);
        const drp_type *type = &node->inputs[side];
        if (axis >= AXES) return "an unknown axis";
        if (type->kind == DRP_IDS || (type->kind == DRP_VECTOR && axis == STEPS)) return "an axis that its input lacks";
        s[side] = sides_of(type, axis);
    }
    if (s[0].sum != s[1].sum) return "sums over axes of two lengths";
    uint32_t last = s[s[1].axes ? 1 : 0].left;
    if (last == DRP_NO_VALUE) return "a last axis as long as the text";
    *output = s[0].axes && s[1].axes ? (drp_type){DRP_STEPS, s[0].left, last} : (drp_type){DRP_VECTOR, 1, last};
    return drp_too_long(output);
}

/* A row for each number of the axis that is left, (left, stride), of what is summed over. */
DRP_RARE static void gather(const drp_rows *x, bool of_steps, bool normalize, size_t left, size_t sum, float *out,
                            size_t stride) {
    for (size_t r = 0; r < left; ++r, out += stride) {
        for (size_t k = 0; k < sum; ++k) out[k] = of_steps ? drp_row(x, k)[r] : drp_row(x, r)[k];
        if (!normalize) continue;
        float size = drp_sqrt(drp_larger(drp_sum_of_squares(out, 0.0f, sum), 1e-12f));
        for (size_t k = 0; k < sum; ++k) out[k] /= size;
    }
}

DRP_RARE static size_t scratch_floats(const drp_node *node, size_t tokens) {
    size_t floats = 0, sum = 0, left[2];
    for (uint32_t side = 0; side < 2; ++side) {
        drp_type type = node->inputs[side];
        if (type.length == DRP_NO_VALUE) type.length = (uint32_t)tokens;
        sides s = sides_of(&type, drp_number(node, A_AXIS + side));
        sum = s.sum, left[side] = s.left;
        floats += drp_padded(s.sum) * s.left;
    }
    return floats + (sum + 2) * drp_padded(left[1]) + drp_padded(left[0]);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    bool normalize = drp_number(node, NORMALIZE);
    bool of_steps[2] = {drp_number(node, A_AXIS) == STEPS, drp_number(node, B_AXIS) == STEPS};
    size_t sum = of_steps[0] ? inputs[0].steps : inputs[0].width, stride = drp_padded(sum), left[2];
    float *rows[2] = {scratch, NULL};
    for (int side = 0; side < 2; ++side) {
        left[side] = of_steps[side] ? inputs[side].width : inputs[side].steps;
        gather(&inputs[side], of_steps[side], normalize, left[side], sum, rows[side], stride);
        if (side == 0) rows[1] = rows[0] + left[0] * stride;
    }
    size_t columns = drp_padded(left[1]);
    float *values = rows[1] + left[1] * stride, *zeros = values + sum * columns, *row = zeros + columns;
    memset(values, 0, (sum + 1) * columns * sizeof *values);
    for (size_t r = 0; r < left[1]; ++r)
        for (size_t k = 0; k < sum; ++k) values[k * columns + r] = rows[1][r * stride + k];
    drp_matrix matrix = {values, columns, columns, (uint32_t)sum};
    for (size_t r = 0; r < left[0]; ++r) {
        tier->project_rows_f32(&matrix, zeros, 0, rows[0] + r * stride, stride, 1, row, columns);
        /* A vector that only a leaves anything of takes a number a row. */
        bool of_a = node->type.kind == DRP_VECTOR && node->inputs[0].kind == DRP_STEPS;
        memcpy(of_a ? output->values + r : drp_row(output, r), row, (of_a ? 1 : left[1]) * sizeof *row);
    }
}

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    uint32_t length = sides_of(&node->inputs[0], drp_number(node, A_AXIS)).sum;
    uint64_t result = drp_times(drp_steps_in(&node->type, tokens), node->type.width);
    return drp_times(length == DRP_NO_VALUE ? tokens : length, result);
}

const drp_operation drp_op_dot = {.name = "dot",
                                  .attribute_count = ATTRIBUTES,
                                  .infer = infer,
                                  .work = work,
                                  .scratch_floats = scratch_floats,
                                  .run = run};
