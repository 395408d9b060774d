/* The activations of drupelet/architecture.py, as Keras 3 defines them. */
#ifndef DRP_ACTIVATIONS_H
#define DRP_ACTIVATIONS_H

#include "kernel.h"

/* Codes of a file: places in ACTIVATIONS of drupelet/architecture.py. */
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

/* In place, count a multiple of DRP_LANES, with the tier's sigmoid and tanh; the rest is the same code on every tier. */
void drp_activate(const drp_tier *tier, drp_activation activation, float *x, size_t count);

#endif
