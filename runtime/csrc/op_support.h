/* What the files of operations share. */
#ifndef DRP_OP_SUPPORT_H
#define DRP_OP_SUPPORT_H

#include <string.h>

#include "op_tensors.h"
#include "operation.h"

static inline uint32_t drp_number(const drp_node *node, uint32_t attribute) { return node->attributes[attribute]; }
static inline float drp_float(const drp_node *node, uint32_t attribute) {
    float held;
    memcpy(&held, &node->attributes[attribute], sizeof held);
    return held;
}
static inline size_t drp_steps_in(const drp_type *type, size_t tokens) {
    return type->length == DRP_NO_VALUE ? tokens : type->length;
}

/* The product of two numbers; beyond DRP_MUCH_WORK, that. */
#define DRP_MUCH_WORK ((uint64_t)1 << 62)
static inline uint64_t drp_times(uint64_t a, uint64_t b) { return a && b > DRP_MUCH_WORK / a ? DRP_MUCH_WORK : a * b; }

/* The rules that types share; each gives what is wrong, or NULL. */
enum { DRP_STEPS_ONLY = 1 << DRP_STEPS, DRP_STEPS_OR_VECTOR = 1 << DRP_STEPS | 1 << DRP_VECTOR };
const char *drp_same_type(const drp_node *node, unsigned kinds, drp_type *output); /* of the only input */
const char *drp_not_fixed(const drp_type *type);
const char *drp_too_long(const drp_type *type);

/* out[r] = bias + input[r] times the kernel, for rows of inputs `input_stride` floats apart; rows of out have the kernel's columns.
 * Sums are those of drp_tier.project_rows_f32. */
void drp_project_rows(const drp_tier *tier, const drp_kernel_f32 *kernel, const float *bias, const float *input,
                      size_t input_stride, size_t rows, float *out);

/* The bound of what is made of numbers of the inputs, or of averages of them. */
float drp_same_bound(const drp_node *node, float inputs);

#endif
