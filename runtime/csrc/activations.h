/* The activations of drupelet/operations/activation_names.py, as Keras 3 defines them. */
#ifndef DRP_ACTIVATIONS_H
#define DRP_ACTIVATIONS_H

#include "kernel.h"

/* Codes of a file: indices into ACTIVATIONS. */
typedef enum {
    DRP_LINEAR,
    DRP_RELU,
    DRP_TANH,
    DRP_SIGMOID,
    DRP_HARD_SIGMOID,
    DRP_ELU,
    DRP_SELU,
    DRP_SILU,
    DRP_SOFTSIGN,
    DRP_HARD_SIGMOID_2,
    DRP_RELU6,
    DRP_SOFTPLUS,
    DRP_GELU,
    DRP_GELU_TANH,
    DRP_EXPONENTIAL,
    DRP_LEAKY_RELU,
    DRP_BOUNDED_RELU,
    DRP_MISH,
    DRP_LOG_SIGMOID,
    DRP_HARD_SILU,
    DRP_HARD_TANH,
    DRP_TANH_SHRINK,
    DRP_SOFT_SHRINK,
    DRP_HARD_SHRINK,
    DRP_CELU,
    DRP_SQUAREPLUS,
    DRP_SPARSE_PLUS,
    DRP_SPARSE_SIGMOID,
    DRP_THRESHOLD,
    DRP_ACTIVATIONS /* how many there are */
} drp_activation;

/* The parameters of a function; 0 where it does not use one. */
typedef struct {
    float alpha, beta, gamma;
} drp_parameters;

/* Whether all values lie within -1 and 1. */
bool drp_is_bounded(drp_activation activation);

/* Applies an activation in place to x (count, a multiple of DRP_LANES) float32, within 3e-7 of its value, absolute or
 * relative (selu and celu: times what they multiply elu with). The tier computes sigmoid, tanh and e^x; the rest is the same
 * code on every tier. */
void drp_activate_with(const drp_tier *tier, drp_activation activation, drp_parameters parameters, float *x, size_t count);

/* The same for an activation of a recurrent layer, which has no parameters: elu has alpha 1. */
static inline void drp_activate(const drp_tier *tier, drp_activation activation, float *x, size_t count) {
    if (activation == DRP_TANH)
        tier->tanh(x, count);
    else if (activation == DRP_SIGMOID)
        tier->sigmoid(x, count);
    else
        drp_activate_with(tier, activation, (drp_parameters){.alpha = 1.0f}, x, count);
}

#endif
