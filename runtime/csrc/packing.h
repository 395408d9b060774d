/* Packs the kernels of a file, which have Keras's layout, into the panels of kernel.h. */
#ifndef DRP_PACKING_H
#define DRP_PACKING_H

#include "kernel.h"
#include "model_file.h"

/* Gates of a kernel as a file stores it: (input_dim, all_gates * units), in Keras's layout. */
typedef struct {
    const drp_section *values;
    const uint8_t *scales;   /* float32 little-endian a column, of an int8 kernel */
    uint32_t units, all_gates;
    uint32_t first_gate, gates; /* those to pack */
    uint32_t interleaved;       /* where columns of an int8 kernel stand: drp_place */
} drp_columns;

/* Packs columns as int8. An integer input k stands for k * input_scale. */
drupelet_status drp_pack_i8(const drp_columns *columns, float input_scale, drp_kernel_i8 *kernel, drupelet_error *error);

/* Networks of joined members have kernels with blocks of zeros. Finds the ranges (panels) of a packed kernel that are not, and moves
 * their weights together. A tier whose `interleaved` (drp_place) is DRP_LANES multiplies panels in twos. */
void drp_leave_out_zeros(drp_kernel_i8 *kernel, drp_range *ranges, uint32_t interleaved);

/* Packs columns as float32. */
drupelet_status drp_pack_f32(const drp_columns *columns, drp_kernel_f32 *kernel, drupelet_error *error);

/* Packs row `row` of a section (rows, all_gates * units) float32 into panels of columns->gates; NULL without memory. */
float *drp_pack_bias(const drp_columns *columns, uint32_t row);

#endif
