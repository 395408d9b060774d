/* The activations of drupelet/architecture.py, as Keras 3 defines them. */
#ifndef DRP_ACTIVATIONS_H
#define DRP_ACTIVATIONS_H

#include "kernel.h"

/* Codes of a file: indices into ACTIVATIONS of drupelet/architecture.py. */
typedef enum {
    DRP_LINEAR,
    DRP_RELU,
    DRP_TANH,
    DRP_SIGMOID,
    DRP_HARD_SIGMOID,
    DRP_ELU,
    DRP_SELU,
    DRP_SILU,
    DRP_SOFTSIGN
} drp_activation;

/* Applies an activation in place to x (count, a multiple of DRP_LANES) float32. The tier computes sigmoid and tanh; the
 * others are the same code on every tier. */
void drp_activate(const drp_tier *tier, drp_activation activation, float *x, size_t count);

#endif
