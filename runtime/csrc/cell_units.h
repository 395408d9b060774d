/* The units in which an int16 cell (int16_cell.h) computes the gates of a layer. */
#ifndef DRP_CELL_UNITS_H
#define DRP_CELL_UNITS_H

#include "kernel.h"

/* Most doublings of a gate. With more, a unit is worth more than an int8 state can tell: the layer is computed in floats. */
enum { DRP_MAX_DOUBLINGS = 5 };

/* Chooses units for a direction of an LSTM (4 gates) or a GRU (3). `cell` has its products, whose scales make floats of sums of
 * an int8 state, and the memory of all else; interleaved is the tier's. bias (panels, gates, DRP_LANES) float32, which is added
 * to the input's part of the gates, gets half a unit where sums are rounded down, and recurrent_bias (the same), of a
 * GRU, or NULL; that of its gate h, which is added to products, goes into cell->bias.
 *
 * False, with everything as it was but cell's own memory, where an int16 cell would not answer like one of floats: weights whose
 * sums are too large for DRP_MAX_DOUBLINGS, or numbers that are not finite. */
bool drp_choose_units(drp_cell_i16 *cell, uint32_t units, uint32_t interleaved, float *bias, const float *recurrent_bias);

#endif
