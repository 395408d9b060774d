/* Runs single operations: operation_runner TIER < requests > answers. Exits with 3 where the tier does not run here.
 *
 * Numbers are 32-bit words, names are 16 bytes. A request: the operation's name; tokens; flags (1: its kernels are int8; 2: its
 * type alone is asked for, so that steps of inputs are 0 and an answer ends before the steps); the
 * attributes (count, words); the inputs (count; of each kind, length, width, steps, then steps * width floats); the tensors
 * (count; of each name, rows (0: it has one axis), columns, then floats). An answer: 0 and kind, length, width, steps, floats; or 1, the size of a
 * message and the message. Lanes behind the width of an input hold LANE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "op_support.h"
#include "op_tensors.h"

#define LANE 1e30f
enum { MAX_INPUTS = 3, MAX_ATTRIBUTES = 16, MAX_TENSORS = 4, NAME_BYTES = 16 };

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

/* A tensor as a section of a file holds it. Its matrix of the role kernel is int8 where kernels are. */
static void read_tensor(drp_section *section, drp_dtype kernels) {
    char role[NAME_BYTES];
    if (!read_bytes(role, NAME_BYTES)) exit(2);
    uint32_t rows = word(), columns = word();
    float *values = floats(rows ? rows : 1, columns, columns);
    uint8_t *bytes = (uint8_t *)values;
    snprintf(section->name, sizeof section->name, "node.%s", role);
    strcpy(section->kind, "TENS");
    section->rank = rows ? 2 : 1;
    section->shape[0] = rows ? rows : columns;
    section->shape[1] = rows ? columns : 0;
    section->dtype = strcmp(role, "kernel") == 0 ? kernels : DRP_FLOAT32;
    section->bytes = bytes;
    section->size_bytes = (size_t)(rows ? rows : 1) * columns * (section->dtype == DRP_INT8 ? 1 : sizeof(float));
    if (section->dtype == DRP_INT8)
        for (size_t k = 0; k < section->size_bytes; ++k) {
            float value;
            memcpy(&value, bytes + k * sizeof value, sizeof value); /* what is written lies before what is read */
            bytes[k] = (uint8_t)(int8_t)value;
        }
}

/* ---- Requests ---- */

static void answer(const drp_tier *tier, const char *name) {
    static drp_section sections[MAX_TENSORS];
    drp_section_table table = {.sections = sections};
    drupelet_error error;
    drp_tensors tensors = {.table = &table, .prefix = "node.", .tier = tier, .error = &error};
    drp_type types[MAX_INPUTS];
    drp_rows inputs[MAX_INPUTS];
    uint32_t attributes[MAX_ATTRIBUTES], tokens = word();
    uint32_t flags = word();
    tensors.kernels = flags & 1 ? DRP_INT8 : DRP_FLOAT32;
    uint32_t attribute_count = word();
    for (uint32_t n = 0; n < attribute_count; ++n) attributes[n] = word();
    drp_node node = {.attributes = attributes, .inputs = types, .input_count = word()};
    for (uint32_t n = 0; n < node.input_count; ++n) {
        types[n].kind = (drp_kind)word();
        types[n].length = word();
        types[n].width = word();
        inputs[n] = (drp_rows){NULL, word(), drp_padded(types[n].width), types[n].width};
        inputs[n].values = floats(inputs[n].steps, inputs[n].width, inputs[n].stride);
    }
    table.count = word();
    if (table.count > MAX_TENSORS) exit(2);
    for (uint32_t n = 0; n < table.count; ++n) read_tensor(&table.sections[n], tensors.kernels);
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
    if (node.operation->prepare && !node.operation->prepare(&node, &tensors)) {
        fprintf(stderr, "%s\n", error.message);
        exit(2);
    }
    if (tensors.taken != table.count) exit(2);
    size_t scratch_floats = node.operation->scratch_floats ? node.operation->scratch_floats(&node, tokens) : 0;
    float *scratch = drp_allocate(scratch_floats + 1, sizeof *scratch);
    for (size_t k = 0; k < scratch_floats; ++k) scratch[k] = LANE;
    drp_rows output = {NULL, drp_steps_in(&node.type, tokens), drp_padded(node.type.width), node.type.width};
    output.values = drp_allocate(output.steps * output.stride + 1, sizeof *output.values);
    node.operation->run(&node, tier, inputs, &output, scratch);
    put((uint32_t)output.steps);
    for (size_t t = 0; t < output.steps; ++t) fwrite(drp_row(&output, t), sizeof(float), output.width, stdout);
    drp_free_taken(tensors.memory);
}

int main(int argc, char **argv) {
    const char *lacks;
    const drp_tier *tier = argc == 2 ? drp_tier_named(argv[1], &lacks) : NULL;
    if (!tier) return 3;
    char name[NAME_BYTES];
    while (read_bytes(name, sizeof name)) answer(tier, name);
    return 0;
}
