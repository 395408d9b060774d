/* The tensors of nodes that multiply with the kernels of the tier: reads them and packs them. */
#ifndef DRP_MODEL_TENSORS_H
#define DRP_MODEL_TENSORS_H

#include "model.h"
#include "op_tensors.h"
#include "packing.h"

/* What op_*.c call in `prepare` beside op_tensors.h. Each gives false or NULL after an error. */

/* Finds a kernel (rows, units * all_gates) and its scales. The role is formatted. */
bool drp_take_columns(drp_tensors *tensors, uint32_t rows, drp_columns *columns, const char *format, ...);
/* Finds a bias (units * all_gates), or (rows, units * all_gates). */
bool drp_take_bias(drp_tensors *tensors, uint32_t rows, drp_columns *columns, const char *format, ...);
/* Packs columns as one of two kernels (packing.h). */
bool drp_pack(drp_tensors *tensors, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
              drp_kernel_f32 *f32);
/* Packs a row of a bias. */
float *drp_pack_floats(drp_tensors *tensors, const drp_columns *columns, uint32_t row);
bool drp_take_table(drp_tensors *tensors, uint32_t rows, uint32_t dim, drp_table *table);
/* Whether the node reads rows of an embedding by their ids. */
bool drp_reads_rows(const drp_tensors *tensors);
/* The bound of the first value that the node reads; 0: not known. */
float drp_input_bound(const drp_tensors *tensors);

#endif
