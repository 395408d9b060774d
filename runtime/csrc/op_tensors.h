/* Reads the tensors of operations from a model file, and lays them out as their arithmetic wants them. */
#ifndef DRP_OP_TENSORS_H
#define DRP_OP_TENSORS_H

#include "layer.h"
#include "model_file.h"
#include "operation.h"
#include "packing.h"

/* Where the tensors of a node are read, and the memory that nodes take for them. */
struct drp_tensors {
    const drp_section_table *table;
    const char *prefix; /* what the names of the node's tensors begin with: "convolution.3." */
    drp_dtype kernels;  /* of matrices that are multiplied with: float32, float16, or int8 with scales */
    drp_dtype rows;     /* of tables: the same, or int4 */
    const drp_tier *tier; /* that they are laid out for */
    uint32_t taken;       /* how many were read */
    void *memory;       /* drp_free_taken frees it */
    drupelet_error *error;
    drupelet_status status; /* of the first that failed */
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

/* Finds a kernel (rows, units * all_gates) and its scales, for drp_pack. */
bool drp_take_columns(drp_tensors *tensors, const char *role, uint32_t rows, drp_columns *columns);
/* Packs columns as one of two kernels (packing.h). */
bool drp_pack(drp_tensors *tensors, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
              drp_kernel_f32 *f32);
/* Packs columns as the products of an int16 cell, and takes the rest of its memory. */
bool drp_pack_cell(drp_tensors *tensors, const drp_columns *columns, float input_scale, drp_cell_i16 *cell);
/* Leaves blocks of zeros out of a packed kernel. */
bool drp_leave_out(drp_tensors *tensors, drp_kernel_i8 *kernel);
/* Finds a bias (rows, units * all_gates), or (units * all_gates,) where rows is 0, for drp_pack_floats. */
bool drp_take_bias(drp_tensors *tensors, const char *role, uint32_t rows, drp_columns *columns);
/* Packs a row of a bias. */
float *drp_pack_floats(drp_tensors *tensors, const drp_columns *columns, uint32_t row);
/* Finds a table (rows, dim), and the scales of its rows. */
bool drp_take_table(drp_tensors *tensors, uint32_t rows, uint32_t dim, drp_table *table);

#endif
