/* What the files of operations share. */
#ifndef DRP_OP_SUPPORT_H
#define DRP_OP_SUPPORT_H

#include <string.h>

#include "model_file.h"
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

/* The rules that types share; each gives what is wrong, or NULL. */
enum { DRP_STEPS_ONLY = 1 << DRP_STEPS, DRP_STEPS_OR_VECTOR = 1 << DRP_STEPS | 1 << DRP_VECTOR };
const char *drp_same_type(const drp_node *node, unsigned kinds, drp_type *output); /* of the only input */
const char *drp_not_fixed(const drp_type *type);
const char *drp_too_long(const drp_type *type);

/* Where the tensors of a node are read, and the memory that nodes take for them. */
struct drp_tensors {
    const drp_section_table *table;
    const char *prefix; /* what the names of the node's tensors begin with: "convolution.3." */
    drp_dtype kernels;  /* of matrices that are multiplied with: float32, float16, or int8 with scales */
    uint32_t taken;     /* how many were read */
    void *memory;       /* drp_free_taken frees it */
    drupelet_error *error;
    drupelet_status status; /* of the first that failed */
    struct drupelet_model *model; /* of recurrent layers and embeddings (model_tensors.h): the model, and the number of the node */
    uint32_t number;
};

/* Zeroed and aligned memory for a node, which lives as long as the model; NULL after an error, as for all that follow. */
void *drp_take_memory(drp_tensors *tensors, size_t size_bytes);
static inline void *drp_node_memory(drp_node *node, drp_tensors *tensors, size_t size_bytes) {
    return node->weights = drp_take_memory(tensors, size_bytes);
}
void drp_free_taken(void *memory);

/* A tensor (rows, columns), or (columns,) where rows is 0, that is float32 in every scheme: (rows, padded columns). */
float *drp_take_floats(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns);
/* A tensor (rows, columns) that is multiplied with, as float32 whatever the scheme: (rows, padded columns). */
float *drp_take_matrix(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns);
/* Such a tensor (count * rows, columns) of int8 as `count` kernels of as many rows. */
drp_kernel_i8 *drp_take_kernels_i8(drp_tensors *tensors, const char *role, uint32_t count, uint32_t rows, uint32_t columns);

#endif
