/* Runs single operations: operation_runner TIER < requests > answers. Exits with 3 where the tier does not run here.
 *
 * Numbers are 32-bit words, names are 16 bytes. A request: the operation's name; tokens; flags (1: its kernels are int8; 2: its
 * type alone is asked for, so that steps of inputs are 0 and an answer ends before the steps); the
 * attributes (count, words); the inputs (count; of each kind, length, width, steps, then steps * width floats); the tensors
 * (count; of each name, rows, columns, then floats). An answer: 0 and kind, length, width, steps, floats; or 1, the size of a
 * message and the message. Lanes behind the width of an input hold LANE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "op_support.h"

#define LANE 1e30f
enum { MAX_TENSORS = 4, MAX_INPUTS = 3, MAX_ATTRIBUTES = 16, NAME_BYTES = 16 };

typedef struct {
    char name[NAME_BYTES];
    uint32_t rows, columns;
    float *values;
} tensor;

struct drp_tensors {
    bool quantized;
    uint32_t count;
    tensor tensors[MAX_TENSORS];
};

static const drp_operation *const OPERATIONS[] = {
    &drp_op_activation, &drp_op_prelu, &drp_op_softmax, &drp_op_convolution, &drp_op_window_pool, &drp_op_scale_shift,
    &drp_op_normalization, &drp_op_attention, &drp_op_dot, &drp_op_reshape, &drp_op_transpose, &drp_op_repeat,
    &drp_op_window, &drp_op_reverse};

static bool read_bytes(void *bytes, size_t size) { return fread(bytes, 1, size, stdin) == size; }

static uint32_t word(void) {
    uint32_t value;
    if (!read_bytes(&value, sizeof value)) exit(2);
    return value;
}

static float *floats(size_t rows, size_t columns, size_t stride) {
    float *values = drp_allocate(rows * stride + 1, sizeof *values);
    if (!values) exit(2);
    for (size_t row = 0; row < rows; ++row) {
        if (!read_bytes(values + row * stride, columns * sizeof *values)) exit(2);
        for (size_t k = columns; k < stride; ++k) values[row * stride + k] = LANE;
    }
    return values;
}

static void put(uint32_t value) { fwrite(&value, sizeof value, 1, stdout); }

/* ---- Tensors: what is taken lives as long as the program ---- */

static const tensor *named(const drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns) {
    for (uint32_t n = 0; n < tensors->count; ++n)
        if (strcmp(tensors->tensors[n].name, role) == 0 && tensors->tensors[n].rows == rows &&
            tensors->tensors[n].columns == columns)
            return &tensors->tensors[n];
    fprintf(stderr, "no tensor %s (%u, %u)\n", role, rows, columns);
    exit(2);
}

void *drp_take_memory(drp_tensors *tensors, size_t size_bytes) {
    (void)tensors;
    return drp_allocate(size_bytes, 1);
}

bool drp_is_quantized(const drp_tensors *tensors) { return tensors->quantized; }

float *drp_take_floats(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns) {
    const tensor *found = named(tensors, role, rows, columns);
    const float *scales =
        tensors->quantized && strcmp(role, "kernel") == 0 ? named(tensors, "kernel.scales", 1, columns)->values : NULL;
    float *values = drp_allocate(rows * drp_padded(columns), sizeof *values);
    for (size_t row = 0; row < rows; ++row)
        for (size_t k = 0; k < columns; ++k)
            values[row * drp_padded(columns) + k] = found->values[row * columns + k] * (scales ? scales[k] : 1.0f);
    return values;
}

drp_kernel_i8 *drp_take_kernels_i8(drp_tensors *tensors, const char *role, uint32_t count, uint32_t rows, uint32_t columns) {
    const tensor *found = named(tensors, role, count * rows, columns);
    const float *scales = named(tensors, "kernel.scales", 1, columns)->values;
    drp_kernel_i8 *kernels = drp_allocate(count, sizeof *kernels);
    uint32_t blocks = drp_panels(columns), gates = blocks % 4 == 0 ? 4 : blocks % 3 == 0 ? 3 : blocks % 2 == 0 ? 2 : 1;
    for (uint32_t n = 0; n < count; ++n) {
        drp_kernel_i8 *k = &kernels[n];
        *k = (drp_kernel_i8){rows, (rows + 3) / 4, gates, blocks / gates, NULL, NULL, NULL};
        k->values = drp_allocate(drp_padded(columns), (size_t)k->groups * DRP_DOT);
        k->sums = drp_allocate(drp_padded(columns), sizeof *k->sums);
        k->scales = drp_allocate(drp_padded(columns), sizeof *k->scales);
        for (uint32_t j = 0; j < columns; ++j) {
            k->scales[j] = scales[j];
            for (uint32_t i = 0; i < rows; ++i) {
                int8_t value = (int8_t)found->values[((size_t)n * rows + i) * columns + j];
                k->values[(((size_t)(j / 16) * k->groups + i / 4) * 16 + j % 16) * 4 + i % 4] = value;
                k->sums[j] += value;
            }
        }
    }
    return kernels;
}

/* ---- Requests ---- */

static void answer(const drp_tier *tier, const char *name) {
    drp_tensors tensors = {false, 0, {{{0}, 0, 0, NULL}}};
    drp_type types[MAX_INPUTS];
    drp_rows inputs[MAX_INPUTS];
    uint32_t attributes[MAX_ATTRIBUTES], tokens = word();
    uint32_t flags = word();
    tensors.quantized = flags & 1;
    uint32_t attribute_count = word();
    for (uint32_t n = 0; n < attribute_count; ++n) attributes[n] = word();
    drp_node node = {NULL, attributes, types, word(), {DRP_IDS, 0, 0}, NULL};
    for (uint32_t n = 0; n < node.input_count; ++n) {
        types[n].kind = (drp_kind)word();
        types[n].length = word();
        types[n].width = word();
        inputs[n] = (drp_rows){NULL, word(), drp_padded(types[n].width), types[n].width};
        inputs[n].values = floats(inputs[n].steps, inputs[n].width, inputs[n].stride);
    }
    tensors.count = word();
    for (uint32_t n = 0; n < tensors.count; ++n) {
        tensor *t = &tensors.tensors[n];
        if (!read_bytes(t->name, NAME_BYTES)) exit(2);
        t->rows = word();
        t->columns = word();
        t->values = floats(t->rows, t->columns, t->columns);
    }
    for (size_t n = 0; n < sizeof OPERATIONS / sizeof *OPERATIONS; ++n)
        if (strcmp(OPERATIONS[n]->name, name) == 0) node.operation = OPERATIONS[n];
    if (!node.operation || node.operation->attribute_count != attribute_count) exit(2);
    const char *wrong = node.operation->infer(&node, &node.type);
    put(wrong != NULL);
    if (wrong) {
        put((uint32_t)strlen(wrong));
        fwrite(wrong, 1, strlen(wrong), stdout);
        return;
    }
    put(node.type.kind);
    put(node.type.length);
    put(node.type.width);
    if (flags & 2) return;
    if (node.operation->prepare && !node.operation->prepare(&node, &tensors)) exit(2);
    size_t scratch_floats = node.operation->scratch_floats ? node.operation->scratch_floats(&node, tokens) : 0;
    float *scratch = drp_allocate(scratch_floats + 1, sizeof *scratch);
    for (size_t k = 0; k < scratch_floats; ++k) scratch[k] = LANE;
    drp_rows output = {NULL, drp_steps_in(&node.type, tokens), drp_padded(node.type.width), node.type.width};
    output.values = drp_allocate(output.steps * output.stride + 1, sizeof *output.values);
    node.operation->run(&node, tier, inputs, &output, scratch);
    put((uint32_t)output.steps);
    for (size_t t = 0; t < output.steps; ++t) fwrite(drp_row(&output, t), sizeof(float), output.width, stdout);
}

int main(int argc, char **argv) {
    const char *lacks;
    const drp_tier *tier = argc == 2 ? drp_tier_named(argv[1], &lacks) : NULL;
    if (!tier) return 3;
    char name[NAME_BYTES];
    while (read_bytes(name, sizeof name)) answer(tier, name);
    return 0;
}
