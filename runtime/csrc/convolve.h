/* The arithmetic of a convolution over steps, with the attributes of drupelet/operations/convolution.py. */
#ifndef DRP_CONVOLVE_H
#define DRP_CONVOLVE_H

#include "kernel.h"

/* How a convolution is computed. */
typedef enum {
    DRP_CONVOLVE_I8,     /* integer kernels, and each step of the input rounded to int8 with a scale of its own */
    DRP_CONVOLVE_FILTER, /* fast_filter.h */
    DRP_CONVOLVE_TAPS,   /* a float product for each tap */
    DRP_CONVOLVE_GROUPS  /* several groups */
} drp_convolve_form;

typedef struct {
    drp_convolve_form form;
    uint32_t width, filters, kernel_size, stride, dilation, groups, left;
    drp_kernel_i8 *taps; /* (kernel_size), of DRP_CONVOLVE_I8 */
    float *weights;      /* the others: (points or kernel_size, width / groups, padded filters) */
    float *bias;         /* (padded filters) */
} drp_convolution;

drp_convolve_form drp_convolve_form_of(const drp_convolution *convolution, bool is_i8);

/* Floats of scratch memory that drp_convolve needs for so many steps of input. */
size_t drp_convolve_scratch(const drp_convolution *convolution, size_t length);

/* out (outputs, padded filters) of steps x (length, width), rows `stride` floats apart and aligned. */
void drp_convolve(const drp_convolution *convolution, const drp_tier *tier, const float *x, size_t length, size_t stride,
                  float *out, size_t outputs, float *scratch);

#endif
