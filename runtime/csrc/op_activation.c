#include <string.h>

#include "activations.h"
#include "op_support.h"

enum { FUNCTION, ALPHA, BETA, GAMMA, ATTRIBUTES };
enum { HAS_ALPHA = 1, HAS_BETA = 2, HAS_GAMMA = 4 };

/* The parameters of a function: PARAMETERS of drupelet/operations/activation_names.py. */
DRP_RARE static unsigned parameters_of(uint32_t function) {
    switch (function) {
        case DRP_ELU:
        case DRP_LEAKY_RELU:
        case DRP_SOFT_SHRINK:
        case DRP_HARD_SHRINK:
        case DRP_CELU:
        case DRP_SQUAREPLUS: return HAS_ALPHA;
        case DRP_THRESHOLD: return HAS_ALPHA | HAS_BETA;
        case DRP_BOUNDED_RELU: return HAS_ALPHA | HAS_BETA | HAS_GAMMA;
        default: return 0;
    }
}

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t function = drp_number(node, FUNCTION);
    if (function >= DRP_ACTIVATIONS) return "an unknown function";
    for (uint32_t number = ALPHA; number < ATTRIBUTES; ++number) {
        float held = drp_float(node, number);
        if (held != 0.0f && !(parameters_of(function) >> (number - ALPHA) & 1)) return "a parameter that its function lacks";
        if (!(held - held == 0.0f) && !(function == DRP_BOUNDED_RELU && number == BETA && held > 0.0f))
            return "a parameter that is not finite";
    }
    if (function == DRP_CELU && drp_float(node, ALPHA) == 0.0f) return "an alpha of zero, which it divides by";
    return drp_same_type(node, DRP_STEPS_OR_VECTOR, output);
}

DRP_RARE static float bound(const drp_node *node, float inputs) {
    (void)inputs;
    return drp_is_bounded((drp_activation)drp_number(node, FUNCTION)) ? 1.0f : 0.0f;
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    (void)scratch;
    size_t count = output->steps * output->stride;
    if (output->values != inputs[0].values) memcpy(output->values, inputs[0].values, count * sizeof(float));
    drp_parameters parameters = {drp_float(node, ALPHA), drp_float(node, BETA), drp_float(node, GAMMA)};
    drp_activate_with(tier, (drp_activation)drp_number(node, FUNCTION), parameters, output->values, count);
}

const drp_operation drp_op_activation = {.name = "activation",
                                         .attribute_count = ATTRIBUTES,
                                         .in_place = true,
                                         .infer = infer,
                                         .bound = bound,
                                         .run = run};
