#include "activations.h"

#include <string.h>

/* Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha of selu. */
#define SELU_SCALE 1.05070098f
#define SELU_ALPHA 1.67326324f

static float exp_minus_1(const drp_tier *tier, float x) {
    /* 2 t / (1 - t) with t = tanh(x / 2), which loses no digits near zero. */
    float padded[DRP_LANES] __attribute__((aligned(DRP_ALIGNMENT))) = {0.5f * x};
    tier->tanh(padded, DRP_LANES);
    return 2.0f * padded[0] / (1.0f - padded[0]);
}

void drp_activate(const drp_tier *tier, drp_activation activation, float *x, size_t count) {
    switch (activation) {
        case DRP_LINEAR: break;
        case DRP_TANH: tier->tanh(x, count); break;
        case DRP_SIGMOID: tier->sigmoid(x, count); break;
        case DRP_RELU:
            for (size_t k = 0; k < count; ++k) x[k] = x[k] < 0.0f ? 0.0f : x[k];
            break;
        case DRP_HARD_SIGMOID:
            for (size_t k = 0; k < count; ++k) {
                float y = x[k] / 6.0f + 0.5f;
                x[k] = y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y;
            }
            break;
        case DRP_ELU:
            for (size_t k = 0; k < count; ++k)
                if (!(x[k] > 0.0f)) x[k] = exp_minus_1(tier, x[k]);
            break;
        case DRP_SELU:
            for (size_t k = 0; k < count; ++k)
                x[k] = SELU_SCALE * (x[k] > 0.0f ? x[k] : SELU_ALPHA * exp_minus_1(tier, x[k]));
            break;
        case DRP_SILU:
            for (size_t k = 0; k < count; k += DRP_LANES) {
                float y[DRP_LANES] __attribute__((aligned(DRP_ALIGNMENT)));
                memcpy(y, x + k, sizeof y);
                tier->sigmoid(y, DRP_LANES);
                for (size_t lane = 0; lane < DRP_LANES; ++lane) x[k + lane] *= y[lane];
            }
            break;
        case DRP_SOFTSIGN:
            for (size_t k = 0; k < count; ++k) x[k] = x[k] / (1.0f + (x[k] < 0.0f ? -x[k] : x[k]));
            break;
    }
}
