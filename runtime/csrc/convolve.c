#include "convolve.h"

#include <string.h>

#include "fast_filter.h"
#include "row_math.h"
#include "support.h"

/* A step whose numbers are all below this counts as zeros: 127 over it would be infinite. */
#define LEAST_MAGNITUDE 1e-30f

/* Blocks of the fast filter that are computed together, so that weights are read once for all of them; products are of eights,
 * which no tier does one by one. */
enum { BLOCKS = 16, EIGHT = 8, OUTPUT_BLOCKS = 64 };

/* Most taps that are kernels of their own, which take more memory than a few bytes of weights. */
enum { MOST_TAPS_I8 = 256 };

/* Most features and filters of the fast filter, whose memory is a hundred times theirs. */
enum { FILTER_WIDEST = 4096 };

static size_t padded(uint32_t width) { return (size_t)drp_panels(width) * DRP_LANES; }

DRP_RARE drp_convolve_form drp_convolve_form_of(const drp_convolution *c, bool is_i8) {
    if (c->groups > 1) return DRP_CONVOLVE_GROUPS;
    if (is_i8 && c->kernel_size <= MOST_TAPS_I8) return DRP_CONVOLVE_I8;
    bool fast = c->stride == 1 && c->dilation == 1 && c->kernel_size >= DRP_FILTER_MIN_TAPS &&
                c->kernel_size <= DRP_FILTER_MAX_TAPS && c->width >= DRP_LANES && c->width <= FILTER_WIDEST &&
                c->filters <= FILTER_WIDEST;
    return fast ? DRP_CONVOLVE_FILTER : DRP_CONVOLVE_TAPS;
}

DRP_RARE size_t drp_convolve_scratch(const drp_convolution *c, size_t length) {
    if (c->form == DRP_CONVOLVE_I8) return length * (2 * sizeof(float) + padded(c->width)) / sizeof(float);
    if (c->form != DRP_CONVOLVE_FILTER) return 0;
    return (size_t)DRP_FILTER_POINTS * ((1 + BLOCKS) * padded(c->width) + BLOCKS * padded(c->filters)) + padded(c->filters);
}

DRP_RARE static void set_bias(const drp_convolution *c, float *out, size_t outputs) {
    size_t stride = padded(c->filters);
    for (size_t t = 0; t < outputs; ++t) memcpy(out + t * stride, c->bias, stride * sizeof *out);
}

/* Whether two steps are the same numbers, as those of padding are. */
static bool same_step(const float *a, const float *b, uint32_t width) { return memcmp(a, b, width * sizeof *a) == 0; }

/* The steps of the input as int8. */
typedef struct {
    uint8_t *stored;   /* (length, padded width) */
    float *magnitudes; /* (length): what 127 stands for; 0: all of the step is nothing */
    uint8_t *repeats;  /* (length): whether a step is the one before */
} small_steps;

static small_steps round_steps(const drp_convolution *c, const drp_tier *tier, const float *x, size_t length, size_t stride,
                               float *scratch) {
    size_t width = padded(c->width);
    small_steps s = {.magnitudes = scratch, .stored = (uint8_t *)(scratch + length)};
    s.repeats = s.stored + length * width;
    for (size_t at = 0; at < length; ++at, x += stride) {
        float largest = drp_largest_magnitude(x, c->width);
        s.magnitudes[at] = largest > LEAST_MAGNITUDE ? largest : 0.0f;
        s.repeats[at] = at > 0 && same_step(x, x - stride, c->width);
        if (largest > LEAST_MAGNITUDE) tier->quantize_i8(x, width, 127.0f / largest, s.stored + at * width);
    }
    return s;
}

static void convolve_i8(const drp_convolution *c, const drp_tier *tier, const float *x, size_t length, size_t stride,
                        float *out, size_t outputs, float *scratch) {
    size_t filters = padded(c->filters), width = padded(c->width);
    small_steps s = round_steps(c, tier, x, length, stride, scratch);
    for (size_t t = 0; t < outputs; ++t, out += filters) {
        int64_t first = (int64_t)t * c->stride - c->left, at = first;
        uint32_t tap = 0;
        if (c->stride == 1) { /* an output whose steps all repeat those before is the output before */
            while (tap < c->kernel_size && at > 0 && (uint64_t)at < length && s.repeats[at]) ++tap, at += c->dilation;
            if (tap == c->kernel_size && t > 0) {
                memcpy(out, out - filters, filters * sizeof *out);
                continue;
            }
        }
        const float *sum = c->bias;
        for (tap = 0, at = first; tap < c->kernel_size && at < (int64_t)length; ++tap, at += c->dilation) {
            if (at < 0 || s.magnitudes[at] == 0.0f) continue;
            tier->project_i8(&c->taps[tap], s.stored + (size_t)at * width, s.magnitudes[at] / 127.0f, sum, out);
            sum = out;
        }
        if (sum != out) memcpy(out, sum, filters * sizeof *out);
    }
}

/* Six steps of the input from `start` on, which may lie outside: `edge` holds them then. */
DRP_RARE static const float *six_steps(const float *x, size_t length, size_t stride, int64_t start, size_t width,
                                       float *edge, size_t *step_stride) {
    if (start >= 0 && (uint64_t)start + DRP_FILTER_POINTS <= length) {
        *step_stride = stride;
        return x + (size_t)start * stride;
    }
    *step_stride = width;
    memset(edge, 0, DRP_FILTER_POINTS * width * sizeof *edge);
    for (int step = 0; step < DRP_FILTER_POINTS; ++step)
        if (start + step >= 0 && (uint64_t)(start + step) < length)
            memcpy(edge + (size_t)step * width, x + (size_t)(start + step) * stride, width * sizeof *edge);
    return edge;
}

/* Whether the six steps from `start` on repeat those `back` steps before, all inside of the input. */
static bool repeats(const drp_convolution *c, const float *x, size_t length, size_t stride, int64_t start, size_t back) {
    if (start < (int64_t)back || (uint64_t)start + DRP_FILTER_POINTS > length) return false;
    const float *steps = x + (size_t)start * stride;
    for (size_t step = 0; step < DRP_FILTER_POINTS; ++step, steps += stride)
        if (!same_step(steps, steps - back * stride, c->width)) return false;
    return true;
}

/* Blocks that repeat the one before have its place: padding is computed once. */
DRP_RARE static void convolve_filter(const drp_convolution *c, const drp_tier *tier, const float *x, size_t length,
                                     size_t stride, float *out, size_t outputs, float *scratch) {
    size_t width = padded(c->width), filters = padded(c->filters), per_block = drp_filter_outputs(c->kernel_size);
    float *edge = scratch, *sums = edge + DRP_FILTER_POINTS * width, *products = sums + BLOCKS * DRP_FILTER_POINTS * width;
    float *zeros = products + BLOCKS * DRP_FILTER_POINTS * filters;
    memset(zeros, 0, filters * sizeof *zeros);
    memset(sums, 0, BLOCKS * DRP_FILTER_POINTS * width * sizeof *sums);
    for (size_t done = 0; done < outputs;) {
        uint8_t place[OUTPUT_BLOCKS];
        size_t blocks = 0, computed = 0, step_stride;
        for (; blocks < OUTPUT_BLOCKS && done + blocks * per_block < outputs; ++blocks) {
            int64_t start = (int64_t)(done + blocks * per_block) - c->left;
            if (blocks == 0 || !repeats(c, x, length, stride, start, per_block)) {
                if (computed == BLOCKS) break;
                const float *steps = six_steps(x, length, stride, start, width, edge, &step_stride);
                tier->filter_sums(steps, step_stride, width, sums + computed++ * DRP_FILTER_POINTS * width, width);
            }
            place[blocks] = (uint8_t)(computed - 1);
        }
        size_t eights = (computed + EIGHT - 1) / EIGHT * EIGHT;
        for (size_t point = 0; point < DRP_FILTER_POINTS; ++point) {
            drp_matrix matrix = {c->weights + point * c->width * filters, filters, filters, c->width};
            tier->project_rows_f32(&matrix, zeros, 0, sums + point * width, DRP_FILTER_POINTS * width, eights,
                                   products + point * filters, DRP_FILTER_POINTS * filters);
        }
        for (size_t block = 0; block < blocks; ++block, done += per_block) {
            size_t wanted = outputs - done < per_block ? outputs - done : per_block;
            drp_filter_steps(products + place[block] * DRP_FILTER_POINTS * filters, filters, filters, c->bias,
                             (uint32_t)per_block, (uint32_t)wanted, out + done * filters, filters);
        }
    }
}

DRP_RARE static void convolve_taps(const drp_convolution *c, const drp_tier *tier, const float *x, size_t length,
                                   size_t stride, float *out, size_t outputs) {
    size_t filters = padded(c->filters);
    for (uint32_t tap = 0; tap < c->kernel_size; ++tap) {
        int64_t start = (int64_t)tap * c->dilation - c->left; /* the step that output 0 reads */
        int64_t first = start < 0 ? (-start + c->stride - 1) / c->stride : 0;
        int64_t end = (int64_t)length > start ? ((int64_t)length - 1 - start) / c->stride + 1 : 0;
        if (end > (int64_t)outputs) end = (int64_t)outputs;
        if (first >= end) continue;
        drp_matrix matrix = {c->weights + (size_t)tap * c->width * filters, filters, filters, c->width};
        float *to = out + (size_t)first * filters;
        tier->project_rows_f32(&matrix, to, filters, x + (size_t)(start + first * c->stride) * stride, c->stride * stride,
                               (size_t)(end - first), to, filters);
    }
}

/* Adds one step of the input times a tap to one step of the output. */
static void add_groups(const drp_convolution *c, const float *x, const float *weights, float *restrict out) {
    size_t inputs = c->width / c->groups, outputs = c->filters / c->groups, row = padded(c->filters);
    if (inputs == 1 && outputs == 1) { /* depthwise */
        for (size_t f = 0; f < c->filters; ++f) out[f] += x[f] * weights[f];
        return;
    }
    for (size_t i = 0; i < inputs; ++i, weights += row)
        for (size_t group = 0; group < c->groups; ++group)
            for (size_t f = group * outputs; f < (group + 1) * outputs; ++f) out[f] += x[group * inputs + i] * weights[f];
}

static void convolve_groups(const drp_convolution *c, const float *x, size_t length, size_t stride, float *out,
                            size_t outputs) {
    size_t row = padded(c->filters), tap_floats = c->width / c->groups * row;
    for (size_t t = 0; t < outputs; ++t)
        for (uint32_t tap = 0; tap < c->kernel_size; ++tap) {
            int64_t at = (int64_t)t * c->stride + (int64_t)tap * c->dilation - c->left;
            if (at >= 0 && (uint64_t)at < length)
                add_groups(c, x + (size_t)at * stride, c->weights + tap * tap_floats, out + t * row);
        }
}

DRP_RARE void drp_convolve(const drp_convolution *c, const drp_tier *tier, const float *x, size_t length, size_t stride,
                           float *out, size_t outputs, float *scratch) {
    if (c->form == DRP_CONVOLVE_TAPS || c->form == DRP_CONVOLVE_GROUPS) set_bias(c, out, outputs);
    switch (c->form) {
        case DRP_CONVOLVE_I8: convolve_i8(c, tier, x, length, stride, out, outputs, scratch); break;
        case DRP_CONVOLVE_FILTER: convolve_filter(c, tier, x, length, stride, out, outputs, scratch); break;
        case DRP_CONVOLVE_TAPS: convolve_taps(c, tier, x, length, stride, out, outputs); break;
        case DRP_CONVOLVE_GROUPS: convolve_groups(c, x, length, stride, out, outputs);
    }
}
