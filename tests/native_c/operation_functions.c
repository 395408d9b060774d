/* The functions of operations, for tests/runtime/native/operations: a library that Python loads, tier by tier. */
#include <stdint.h>
#include <string.h>

#include "activations.h"
#include "dispatch.h"
#include "elementary.h"
#include "kernel.h"

/* Applies an activation in place to count floats, a multiple of DRP_LANES, 64-byte aligned; false: the tier does not run here. */
bool test_activate(const char *tier_name, int activation, const float parameters[3], float *x, size_t count) {
    const char *lacks;
    const drp_tier *tier = drp_tier_named(tier_name, &lacks);
    if (!tier) return false;
    drp_activate_with(tier, (drp_activation)activation, (drp_parameters){parameters[0], parameters[1], parameters[2]}, x,
                      count);
    return true;
}

void test_sqrt(float *x, size_t count) {
    for (size_t k = 0; k < count; ++k) x[k] = drp_sqrt(x[k]);
}

void test_log(float *x, size_t count) {
    for (size_t k = 0; k < count; ++k) x[k] = drp_log(x[k]);
}
