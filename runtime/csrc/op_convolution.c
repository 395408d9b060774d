#include <string.h>

#include "convolve.h"
#include "fast_filter.h"
#include "op_support.h"

enum { FILTERS, KERNEL_SIZE, STRIDE, DILATION, GROUPS, LEFT, RIGHT, ATTRIBUTES };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t filters = drp_number(node, FILTERS), groups = drp_number(node, GROUPS);
    if (filters - 1 >= DRP_MAX_WIDTH) return "a number of filters out of range";
    for (uint32_t number = KERNEL_SIZE; number <= GROUPS; ++number)
        if (drp_number(node, number) - 1 >= DRP_MAX_LENGTH) return "a kernel size, stride, dilation or groups out of range";
    if (drp_number(node, LEFT) > DRP_MAX_LENGTH || drp_number(node, RIGHT) > DRP_MAX_LENGTH)
        return "too many steps of zeros";
    const char *wrong = drp_same_type(node, DRP_STEPS_ONLY, output);
    if (!wrong) wrong = drp_not_fixed(output);
    if (wrong) return wrong;
    if (filters % groups || output->width % groups) return "filters or features that are no multiple of the groups";
    uint64_t steps = (uint64_t)output->length + drp_number(node, LEFT) + drp_number(node, RIGHT);
    uint64_t span = (uint64_t)(drp_number(node, KERNEL_SIZE) - 1) * drp_number(node, DILATION) + 1;
    if (steps < span) return "fewer steps than the kernel spans";
    uint64_t length = (steps - span) / drp_number(node, STRIDE) + 1;
    if (length > DRP_MAX_LENGTH) return "too many steps";
    *output = (drp_type){DRP_STEPS, (uint32_t)length, filters};
    return NULL;
}

/* The sums of taps that the fast filter multiplies with, of taps (kernel_size, width * padded filters). */
DRP_RARE static float *filter_weights(const drp_convolution *c, drp_tensors *tensors, const float *taps) {
    size_t count = c->width * drp_padded(c->filters);
    float *sums = drp_take_memory(tensors, DRP_FILTER_POINTS * count * sizeof *sums);
    for (uint32_t point = 0; sums && point < DRP_FILTER_POINTS; ++point)
        for (size_t k = 0; k < count; ++k) {
            double sum = 0.0;
            for (uint32_t tap = 0; tap < c->kernel_size; ++tap)
                sum += drp_filter_tap(point, tap, c->kernel_size) * (double)taps[tap * count + k];
            sums[point * count + k] = (float)sum;
        }
    return sums;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    drp_convolution *c = drp_node_memory(node, tensors, sizeof *c);
    if (!c) return false;
    uint32_t width = node->inputs[0].width, groups = drp_number(node, GROUPS);
    uint64_t rows = (uint64_t)drp_number(node, KERNEL_SIZE) * (width / groups);
    if (rows > UINT32_MAX) {
        tensors->status = drp_fail(tensors->error, DRUPELET_BAD_FORMAT, "tensor '%skernel' has too many rows; export it again",
                                   tensors->prefix);
        return false;
    }
    *c = (drp_convolution){.width = width,
                           .filters = drp_number(node, FILTERS),
                           .kernel_size = drp_number(node, KERNEL_SIZE),
                           .stride = drp_number(node, STRIDE),
                           .dilation = drp_number(node, DILATION),
                           .groups = groups,
                           .left = drp_number(node, LEFT)};
    c->form = drp_convolve_form_of(c, tensors->kernels == DRP_INT8);
    if (c->form == DRP_CONVOLVE_I8) {
        c->taps = drp_take_kernels_i8(tensors, "kernel", c->kernel_size, width, c->filters);
        if (!c->taps) return false;
    } else {
        c->weights = drp_take_matrix(tensors, "kernel", (uint32_t)rows, c->filters);
        if (c->form == DRP_CONVOLVE_FILTER && c->weights) c->weights = filter_weights(c, tensors, c->weights);
        if (!c->weights) return false;
    }
    return (c->bias = drp_take_floats(tensors, "bias", 0, c->filters)) != NULL;
}

DRP_RARE static size_t scratch_floats(const drp_node *node, size_t tokens) {
    (void)tokens;
    return drp_convolve_scratch(node->weights, node->inputs[0].length);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    drp_convolve(node->weights, tier, inputs[0].values, inputs[0].steps, inputs[0].stride, output->values, output->steps,
                 scratch);
}

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    (void)tokens;
    uint64_t taps = (uint64_t)drp_number(node, KERNEL_SIZE) * node->inputs[0].width / drp_number(node, GROUPS);
    return drp_times(drp_times(taps, drp_number(node, FILTERS)), node->type.length);
}

DRP_RARE static uint64_t laid_out(const drp_node *node) {
    uint64_t taps = drp_number(node, KERNEL_SIZE);
    if (taps >= DRP_FILTER_MIN_TAPS && taps <= DRP_FILTER_MAX_TAPS) taps += DRP_FILTER_POINTS;
    uint64_t rows = taps * (node->inputs[0].width / drp_number(node, GROUPS)) + 1;
    return drp_times(rows, drp_padded(drp_number(node, FILTERS)));
}

const drp_operation drp_op_convolution = {.name = "convolution",
                                          .attribute_count = ATTRIBUTES,
                                          .infer = infer,
                                          .work = work,
                                          .laid_out = laid_out,
                                          .prepare = prepare,
                                          .scratch_floats = scratch_floats,
                                          .run = run};
