/* Finds the tensors of a node in a file, and lays them out as its arithmetic wants them. */
#ifndef DRP_OP_TENSORS_H
#define DRP_OP_TENSORS_H

#include "model_file.h"
#include "operation.h"

/* Where the tensors of a node are read, and the memory that nodes take for them. After an error, all that follow give NULL. */
struct drp_tensors {
    const drp_section_table *table;
    const char *prefix; /* what the names of the node's tensors begin with: "convolution.3." */
    drp_dtype kernels;  /* of matrices that are multiplied with: float32, float16, or int8 with scales */
    drp_dtype rows;     /* of tables: as kernels, or int4 */
    uint32_t taken;     /* how many were read */
    void *memory;       /* drp_free_taken frees it */
    drupelet_error *error;
    drupelet_status status; /* of the first that failed */
    bool reads_rows;        /* the node reads rows of an embedding by their ids, not its value */
    float input_bound;      /* of the first value that the node reads; 0: not known */
};

/* Zeroed and aligned memory for a node, which lives as long as the model. */
void *drp_take_memory(drp_tensors *tensors, size_t count, size_t size_bytes);
static inline void *drp_node_memory(drp_node *node, drp_tensors *tensors, size_t size_bytes) {
    return node->weights = drp_take_memory(tensors, 1, size_bytes);
}
void drp_free_taken(void *memory);

/* The tensor with that role and suffix, of this dtype and shape; its rank is 1 where rows is 0. */
const drp_section *drp_take_tensor(drp_tensors *tensors, const char *role, const char *suffix, drp_dtype dtype, uint32_t rows,
                                   uint32_t columns);
/* A tensor (rows, columns) that is multiplied with. One of int8 has *scales, float32 for each column, and no -128, on which
 * integer sums rely. */
const drp_section *drp_take_kernel(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns,
                                   const uint8_t **scales);
/* A tensor (rows, columns), or (columns,) where rows is 0, that is float32 in every scheme: (rows, padded columns). */
float *drp_take_floats(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns);
/* A tensor (rows, columns) that is multiplied with, as float32 whatever the scheme: (rows, padded columns). */
float *drp_take_matrix(drp_tensors *tensors, const char *role, uint32_t rows, uint32_t columns);
/* Such a tensor (count * rows, columns) of int8 as `count` kernels of as many rows. */
drp_kernel_i8 *drp_take_kernels_i8(drp_tensors *tensors, const char *role, uint32_t count, uint32_t rows, uint32_t columns);

#endif
