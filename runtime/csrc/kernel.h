/* The arithmetic of a network, one table of functions for each tier of instructions. scalar.c is the readable reference;
 * every other tier gives its bits: integer sums are exact in any order, and floats see the same additions and
 * multiplications in the same order, each rounded to float32 (no fused multiply-add, no division by estimates, no
 * reordering). docs/decisions/0010 says what that costs.
 *
 * Arrays are padded: units to whole panels of DRP_LANES, so that no tier has a tail, and all of them are 64-byte aligned.
 * A vector "in panels" of G gates is (panels, G, DRP_LANES) float32; padded units have weights and biases of zero, and
 * what they compute meets weights of zero.
 */
#ifndef DRP_KERNEL_H
#define DRP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__) /* GCC does not know it: there -std=c11 or -ffp-contract=off say the same */
#pragma STDC FP_CONTRACT OFF
#endif

/* What must not be a call: it would spill vectors, and constants of its caller would be variables. */
#define DRP_INLINE __attribute__((always_inline)) static inline

enum { DRP_LANES = 16, DRP_DOT = 4, DRP_ALIGNMENT = 64, DRP_SMALL = 63 };

/* The panels that hold this many units. */
static inline uint32_t drp_panels(uint32_t units) { return (units + DRP_LANES - 1) / DRP_LANES; }

/* The inputs of a panel that its weights are not all zero of: these groups, and where their weights begin in values. */
typedef struct {
    uint32_t first, groups;
    size_t at;
} drp_range;

/* A kernel of int8 weights: the columns of up to four gates, laid out for instructions that multiply and add groups of
 * four. values (panels, gates, groups, DRP_LANES, DRP_DOT) int8 in -127..127; input k is [group k / 4][..][k % 4]. With ranges,
 * a panel has only the groups of its range, one panel behind the other. */
typedef struct {
    uint32_t input_dim, groups, gates, panels;
    bool small; /* no weight is beyond DRP_SMALL: where a tier adds products as int16, twice as many fit, or unsigned inputs do */
    int8_t *values;
    drp_range *ranges; /* (panels); panels that a tier multiplies together are alike. NULL: all groups of every panel */
    int32_t *starts; /* (panels, gates, DRP_LANES) int32, what a sum of inputs plus 128 begins with: -128 times the column's sum */
    float *scales; /* (panels, gates, DRP_LANES) float32, what an integer sum is multiplied with */
} drp_kernel_i8;

/* A kernel of float32 weights: columns (panels, gates, DRP_LANES), in blocks of DRP_BLOCK; the last block may have fewer.
 * values (blocks, input_dim, block), so that a block is read from front to back. */
enum { DRP_BLOCK = 128 };
typedef struct {
    uint32_t input_dim, gates, panels;
    float *values;
} drp_kernel_f32;

static inline size_t drp_columns_f32(const drp_kernel_f32 *kernel) { return (size_t)kernel->panels * kernel->gates * DRP_LANES; }

/* The columns of the block that begins at column `at`. */
static inline size_t drp_block_columns(size_t columns, size_t at) { return columns - at < DRP_BLOCK ? columns - at : DRP_BLOCK; }

/* A matrix that rows are multiplied with: values (input_dim, columns) float32, rows `stride` floats apart; both multiples
 * of DRP_LANES. */
typedef struct {
    const float *values;
    size_t stride, columns;
    uint32_t input_dim;
} drp_matrix;

/* An int16 cell clips the arguments of sigmoid at LIMIT = 2^15 / DRP_ONE_OF_C = 8.75, and those of tanh at half of it. Its c is
 * int16 in units of LIMIT / 2^15: 1 is DRP_ONE_OF_C of them. */
enum { DRP_ONE_OF_C = 3744 };

/* What an int16 cell makes of the products of a state. Its vectors hold blocks of units: DRP_LANES, or twice as many where a
 * tier's are as wide (an odd panel at the end is a block of its own). */
typedef struct {
    drp_kernel_i8 products; /* columns of units in the order of drp_place; its scales are not used */
    int32_t *shifts;        /* as products.starts: a sum is shifted right by it, and then in units of its gate */
    int16_t *factors;       /* (blocks, gates, block) int16: what a gate is multiplied with, over 2^15 */
    int16_t *bias;          /* (units, padded) int16: of a GRU, added to its products for h */
    float *per_unit;        /* (panels, gates, DRP_LANES) float32: how many of its units make 1 */
    uint32_t doublings;     /* how often a gate is doubled after that */
} drp_cell_i16;

typedef void (*drp_step_i16)(const drp_cell_i16 *cell, const int16_t *x, const uint8_t *h_in, int16_t *c, uint8_t *h_stored,
                             int16_t *h);

/* Where the column of a unit stands in panels of `panels` * DRP_LANES columns. Instructions that make vectors of int16 from two
 * of `interleaved` int32 take four lanes of each in turn; an odd panel at the end, and all panels where it is 0, are in order. */
static inline uint32_t drp_place(uint32_t interleaved, uint32_t panels, uint32_t unit) {
    uint32_t two = 2 * interleaved, within = two ? unit % two : 0, first = unit - within;
    if (!two || first + two > panels * DRP_LANES) return unit;
    return first + within % 8 / 4 * interleaved + within / 8 * 4 + within % 4;
}

/* The units of the block that unit `unit` is in, and where the block begins. */
static inline uint32_t drp_block(uint32_t interleaved, uint32_t panels, uint32_t unit, uint32_t *first) {
    uint32_t block = interleaved == DRP_LANES ? 2 * DRP_LANES : DRP_LANES;
    *first = unit / block * block;
    return *first + block > panels * DRP_LANES ? DRP_LANES : block;
}

/* It stays out of the subnormal range, where 32-bit NEON computes with zero. */
#define DRP_STATE_FLOOR 1e-18f

typedef struct {
    const char *name;
    uint32_t interleaved; /* of drp_place */
    /* Integer inputs are stored as value ^ flip: some instructions want one factor unsigned. 0 or 0x80. */
    uint8_t flip;

    /* out[j] = ((float)(sum over k of input[k] * values[k, j]) * scales[j]) * factor + bias[j]
     * input (4 * groups) stored int8, padding stored zeros; bias and out in panels of kernel->gates; out == bias is allowed. */
    void (*project_i8)(const drp_kernel_i8 *kernel, const uint8_t *input, float factor, const float *bias, float *out);

    /* out[j] = bias[j] + input[0] * values[0, j] + input[1] * values[1, j] + ..., from left to right; of columns behind
     * the last whole 128, the terms 4 n + 1, 4 n + 2 and 4 n + 3 in sums of their own, which are added at the end.
     * input (input_dim) float32; bias and out in panels of kernel->gates; out == bias is allowed. */
    void (*project_f32)(const drp_kernel_f32 *kernel, const float *input, const float *bias, float *out);

    /* out[r, j] = start[r, j] + input[r, 0] * values[0, j] + input[r, 1] * values[1, j] + ..., from left to right. start (rows,
     * columns), input (rows, input_dim), out (rows, columns), whose rows are so many floats apart; those of start and out
     * multiples of DRP_LANES. start_stride 0: all rows start alike; start == out is allowed. What a row gives does not depend
     * on the others. */
    void (*project_rows_f32)(const drp_matrix *matrix, const float *start, size_t start_stride, const float *input,
                             size_t input_stride, size_t rows, float *out, size_t out_stride);

    /* The sums of six steps that fast_filter.h multiplies: sums (6, stride) of steps (6, step_stride), whose rows are aligned;
     * count a multiple of 16. */
    void (*filter_sums)(const float *steps, size_t step_stride, size_t count, float *sums, size_t stride);

    /* The input's part of the gates of an int16 cell: out[j] = round(clip(z[j] * per_unit[j], -32768, 32767)), to the nearest,
     * ties to even, and 0 for a NaN. z in panels of cell->products.gates; out (blocks, gates, block). */
    void (*gates_i16)(const drp_cell_i16 *cell, const float *z, int16_t *out);

    /* One step of an LSTM, gates i, f, g, o, with tanh and sigmoid, or of a GRU, gates z, r, h, that resets after its product:
     * int16_cell.h. x as gates_i16 gives it. h_in, h_stored (units, padded) stored int8, 127 for 1; h_stored != h_in.
     * h_in NULL: a state of zeros, whose products are not computed. c and h (units, padded): an LSTM reads and writes c and
     * writes h; a GRU reads c, the state before, and writes h, the state after, which may be the same memory. */
    drp_step_i16 lstm_step_i16, gru_step_i16;

    /* stored[k] = round(clip(values[k] * factor, -127, 127)), to the nearest, ties to even, and 0 for a NaN; count a multiple of 16. */
    void (*quantize_i8)(const float *values, size_t count, float factor, uint8_t *stored);

    /* values (count, a multiple of 16) become e^(value - from), within 2e-7, relative, for differences of -87 to 87. Those
     * beyond count as -87 or 87: nothing is infinite or subnormal. */
    void (*exp)(float *values, size_t count, float from);

    /* What float cells make of gates after their activations, in panels; a state below DRP_STATE_FLOOR becomes zero.
     * lstm_c: c = f c + i g, and h = c. lstm_h: h = o h. gru_h: h = z h + (1 - z) candidate, where a panel of z begins every
     * `stride` floats and one of candidate every `candidate_stride`. c and h (panels, DRP_LANES). */
    void (*lstm_c)(const float *gates, size_t panels, float *c, float *h);
    void (*lstm_h)(const float *gates, size_t panels, float *h);
    void (*gru_h)(const float *z, size_t stride, const float *candidate, size_t candidate_stride, size_t panels, float *h);

    /* Applied in place to values (count, a multiple of 16), within 2e-7 of the function. */
    void (*sigmoid)(float *values, size_t count);
    void (*tanh)(float *values, size_t count);
} drp_tier;

extern const drp_tier drp_scalar;
#if defined(__x86_64__) || defined(_M_X64)
#define DRP_X86_64 1
extern const drp_tier drp_avx2, drp_avx512vnni;
#if defined(__clang__) || __GNUC__ >= 11 /* their assemblers know the instruction */
#define DRP_AVXVNNI 1
extern const drp_tier drp_avxvnni;
#endif
#elif defined(__aarch64__)
#define DRP_AARCH64 1
extern const drp_tier drp_neon, drp_neondot;
#elif defined(__arm__) && (defined(__ARM_ARCH) && __ARM_ARCH >= 7)
#define DRP_ARMV7 1
extern const drp_tier drp_neon;
#endif

#endif
