/* The float arithmetic of a tier, written once over vectors of V_LANES floats (1, 4, 8 or 16). A tier's file defines
 * vfloat, vint, V_LANES and the v_ operations, then includes this and gets the functions of its table.
 *
 * Every operation rounds alike on every processor, and the order of operations is written out: that is what makes all
 * tiers give the same bits. A compiler may not fuse a multiplication and an addition here (-ffp-contract=off).
 *
 * A NaN stays one, as in Keras: v_min and v_max get as their second operand what may be NaN. Arm's instructions pass a
 * NaN on from either operand, x86's only from the second. */

/* round(x) as a float and its bits: adding 1.5 * 2^23 leaves no bits after the point. For |x| < 2^22. */
#define V_ROUND_MAGIC 12582912.0f

/* ---- Accurate sigmoid and tanh -------------------------------------------------------------------------------------
 *
 * e^x = 2^n e^r with n = round(x / ln 2), r within ln(2) / 2 (Cody and Waite: ln 2 in two parts, the first with nine
 * zero bits at its end, so that n times it is exact), and the Taylor polynomial of degree 7 for e^r: within 2e-7 of the
 * value, relative, for |x| <= 87.
 */
#define EXP_LIMIT 87.0f
#define LOG2_E 1.44269504f
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)

static inline vfloat v_exp(vfloat x) {
    x = v_max(v_set(-EXP_LIMIT), v_min(v_set(EXP_LIMIT), x));
    vfloat shifted = v_add(v_mul(x, v_set(LOG2_E)), v_set(V_ROUND_MAGIC));
    vfloat n = v_sub(shifted, v_set(V_ROUND_MAGIC));
    vfloat r = v_sub(v_sub(x, v_mul(n, v_set(LN2_HIGH))), v_mul(n, v_set(LN2_LOW)));
    vfloat p = v_set(1.98412698e-4f); /* 1/7! */
    p = v_add(v_mul(p, r), v_set(1.38888889e-3f));
    p = v_add(v_mul(p, r), v_set(8.33333333e-3f));
    p = v_add(v_mul(p, r), v_set(4.16666667e-2f));
    p = v_add(v_mul(p, r), v_set(1.66666667e-1f));
    p = v_add(v_mul(p, r), v_set(0.5f));
    p = v_add(v_mul(p, r), v_set(1.0f));
    p = v_add(v_mul(p, r), v_set(1.0f));
    /* shifted's last bits are n; adding n to the exponent multiplies by 2^n. A NaN has any bits there, and would not stay one. */
    return v_float(v_iadd(v_bits(p), v_ishl23(v_bits(v_number(shifted)))));
}

#ifndef V_FLOATS
static void V_NAME(exp)(float *values, size_t count, float from) {
    for (size_t k = 0; k < count; k += V_LANES) v_store(values + k, v_exp(v_sub(v_load(values + k), v_set(from))));
}

static void V_NAME(sigmoid)(float *values, size_t count) {
    for (size_t k = 0; k < count; k += V_LANES) {
        vfloat e = v_exp(v_sub(v_set(0.0f), v_load(values + k)));
        v_store(values + k, v_div(v_set(1.0f), v_add(v_set(1.0f), e)));
    }
}

static void V_NAME(tanh)(float *values, size_t count) {
    for (size_t k = 0; k < count; k += V_LANES) {
        vfloat x = v_load(values + k);
        vfloat e = v_exp(v_add(x, x));
        v_store(values + k, v_sub(v_set(1.0f), v_div(v_set(2.0f), v_add(e, v_set(1.0f)))));
    }
}
#endif

static void V_NAME(quantize_i8)(const float *values, size_t count, float factor, uint8_t *stored) {
    for (size_t k = 0; k < count; k += V_LANES) {
        vfloat x = v_number(v_mul(v_load(values + k), v_set(factor)));
        x = v_max(v_set(-127.0f), v_min(v_set(127.0f), x));
        v_store_low_bytes(stored + k, v_bits(v_add(x, v_set(V_ROUND_MAGIC))));
    }
}

/* ---- Kernels ------------------------------------------------------------------------------------------------------ */

#if V_LANES < 16 /* DRP_LANES; the tier of 16 has defined it */
enum { V_PER_PANEL = DRP_LANES / V_LANES };
#endif

#ifndef V_FLOATS
/* Columns of a float kernel that are summed together: their sums stay in registers. */
enum { V_TOGETHER = V_LANES == 1 ? 16 : 8 };

static inline void v_sum_columns(const float *values, size_t stride, const float *input, uint32_t input_dim,
                                 const float *bias, float *out) {
    vfloat sum[V_TOGETHER];
    for (int v = 0; v < V_TOGETHER; ++v) sum[v] = v_load(bias + v * V_LANES);
    for (uint32_t k = 0; k < input_dim; ++k) {
        vfloat x = v_set(input[k]);
        const float *row = values + k * stride;
        for (int v = 0; v < V_TOGETHER; ++v) sum[v] = v_add(sum[v], v_mul(x, v_load(row + v * V_LANES)));
    }
    for (int v = 0; v < V_TOGETHER; ++v) v_store(out + v * V_LANES, sum[v]);
}

/* One vector of columns, in four sums that do not wait for each other: inputs k, k + 4, k + 8, ... each. */
static inline vfloat v_sum_in_quarters(const float *values, size_t stride, const float *input, uint32_t input_dim,
                                       vfloat bias) {
    vfloat sum[4] = {bias, v_set(0.0f), v_set(0.0f), v_set(0.0f)};
    uint32_t k = 0;
    for (; k + 4 <= input_dim; k += 4)
        for (int q = 0; q < 4; ++q)
            sum[q] = v_add(sum[q], v_mul(v_set(input[k + q]), v_load(values + (k + q) * stride)));
    for (int q = 0; k < input_dim; ++k, ++q) sum[q] = v_add(sum[q], v_mul(v_set(input[k]), v_load(values + k * stride)));
    return v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3]));
}

static void V_NAME(project_f32)(const drp_kernel_f32 *kernel, const float *input, const float *bias, float *out) {
    size_t columns = drp_columns_f32(kernel), whole = columns / DRP_BLOCK * DRP_BLOCK;
    for (size_t at = 0; at < whole; at += V_TOGETHER * V_LANES) { /* every tier sums a divisor of a block together: all take the same path */
        const float *values = kernel->values + at / DRP_BLOCK * DRP_BLOCK * kernel->input_dim + at % DRP_BLOCK;
        v_sum_columns(values, DRP_BLOCK, input, kernel->input_dim, bias + at, out + at);
    }
    for (size_t at = whole; at < columns; at += V_LANES)
        v_store(out + at, v_sum_in_quarters(kernel->values + whole * kernel->input_dim + at - whole, columns - whole, input,
                                            kernel->input_dim, v_load(bias + at)));
}

/* Rows of a float product that are computed together, so that each weight is loaded once for all of them: as many as leave
 * their sums, V_PER_PANEL vectors each, in registers. */
enum { V_ROWS = V_LANES == 16 ? 8 : V_LANES == 1 ? 1 : 4 };

static inline void v_product_panel(const float *values, size_t stride, uint32_t input_dim, const float *input,
                                   size_t input_stride, const float *start, size_t start_stride, float *out,
                                   size_t out_stride, const int rows) {
    vfloat sum[V_ROWS * V_PER_PANEL];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < V_PER_PANEL; ++v)
            sum[r * V_PER_PANEL + v] = v_load(start + (size_t)r * start_stride + v * V_LANES);
    for (uint32_t k = 0; k < input_dim; ++k, values += stride)
        for (int r = 0; r < rows; ++r) {
            vfloat x = v_set(input[(size_t)r * input_stride + k]);
            for (int v = 0; v < V_PER_PANEL; ++v)
                sum[r * V_PER_PANEL + v] = v_add(sum[r * V_PER_PANEL + v], v_mul(x, v_load(values + v * V_LANES)));
        }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < V_PER_PANEL; ++v) v_store(out + (size_t)r * out_stride + v * V_LANES, sum[r * V_PER_PANEL + v]);
}

static void V_NAME(project_rows_f32)(const drp_matrix *matrix, const float *start, size_t start_stride,
                                     const float *input, size_t input_stride, size_t rows, float *out,
                                     size_t out_stride) {
    for (size_t column = 0; column < matrix->columns; column += DRP_LANES) {
        const float *values = matrix->values + column;
        for (size_t row = 0; row < rows;) {
            const float *x = input + row * input_stride, *from = start + row * start_stride + column;
            float *to = out + row * out_stride + column;
            if (row + V_ROWS <= rows) {
                v_product_panel(values, matrix->stride, matrix->input_dim, x, input_stride, from, start_stride, to,
                                out_stride, V_ROWS);
                row += V_ROWS;
            } else {
                v_product_panel(values, matrix->stride, matrix->input_dim, x, input_stride, from, start_stride, to,
                                out_stride, 1);
                row += 1;
            }
        }
    }
}

static void V_NAME(filter_sums)(const float *steps, size_t step_stride, size_t count, float *sums, size_t stride) {
    const vfloat two = v_set(2.0f), four = v_set(4.0f), five = v_set(5.0f);
    for (size_t k = 0; k < count; k += V_LANES, steps += V_LANES, sums += V_LANES) {
        vfloat x0 = v_load(steps), x1 = v_load(steps + step_stride), x2 = v_load(steps + 2 * step_stride);
        vfloat x3 = v_load(steps + 3 * step_stride), x4 = v_load(steps + 4 * step_stride), x5 = v_load(steps + 5 * step_stride);
        vfloat even = v_sub(x4, v_mul(four, x2)), odd = v_sub(x3, v_mul(four, x1));
        vfloat even_2 = v_sub(x4, x2), odd_2 = v_mul(two, v_sub(x3, x1));
        v_store(sums, v_add(v_sub(v_mul(four, x0), v_mul(five, x2)), x4));
        v_store(sums + stride, v_add(even, odd));
        v_store(sums + 2 * stride, v_sub(even, odd));
        v_store(sums + 3 * stride, v_add(even_2, odd_2));
        v_store(sums + 4 * stride, v_sub(even_2, odd_2));
        v_store(sums + 5 * stride, v_add(v_sub(v_mul(four, x1), v_mul(five, x3)), x5));
    }
}
static void V_NAME(lstm_c)(const float *gates, size_t panels, float *c, float *h) {
    for (size_t p = 0; p < panels; ++p, gates += 4 * DRP_LANES)
        for (size_t v = 0; v < DRP_LANES; v += V_LANES, c += V_LANES, h += V_LANES) {
            vfloat added = v_mul(v_load(gates + v), v_load(gates + 2 * DRP_LANES + v));
            vfloat state = v_floored(v_add(v_mul(v_load(gates + DRP_LANES + v), v_load(c)), added));
            v_store(c, state);
            v_store(h, state);
        }
}

static void V_NAME(lstm_h)(const float *gates, size_t panels, float *h) {
    for (size_t p = 0; p < panels; ++p, gates += 4 * DRP_LANES)
        for (size_t v = 0; v < DRP_LANES; v += V_LANES, h += V_LANES)
            v_store(h, v_floored(v_mul(v_load(gates + 3 * DRP_LANES + v), v_load(h))));
}

static void V_NAME(gru_h)(const float *z, size_t stride, const float *candidate, size_t candidate_stride, size_t panels,
                          float *h) {
    for (size_t p = 0; p < panels; ++p, z += stride, candidate += candidate_stride)
        for (size_t v = 0; v < DRP_LANES; v += V_LANES, h += V_LANES) {
            vfloat share = v_load(z + v), added = v_mul(v_sub(v_set(1.0f), share), v_load(candidate + v));
            v_store(h, v_floored(v_add(v_mul(share, v_load(h)), added)));
        }
}
#else /* a tier whose floats another one computes alike: its code is not written twice */
static void V_NAME(exp)(float *values, size_t count, float from) { V_FLOATS.exp(values, count, from); }
static void V_NAME(sigmoid)(float *values, size_t count) { V_FLOATS.sigmoid(values, count); }
static void V_NAME(tanh)(float *values, size_t count) { V_FLOATS.tanh(values, count); }
static void V_NAME(project_f32)(const drp_kernel_f32 *kernel, const float *input, const float *bias, float *out) {
    V_FLOATS.project_f32(kernel, input, bias, out);
}
static void V_NAME(project_rows_f32)(const drp_matrix *matrix, const float *start, size_t start_stride,
                                     const float *input, size_t input_stride, size_t rows, float *out,
                                     size_t out_stride) {
    V_FLOATS.project_rows_f32(matrix, start, start_stride, input, input_stride, rows, out, out_stride);
}
static void V_NAME(lstm_c)(const float *gates, size_t panels, float *c, float *h) { V_FLOATS.lstm_c(gates, panels, c, h); }
static void V_NAME(lstm_h)(const float *gates, size_t panels, float *h) { V_FLOATS.lstm_h(gates, panels, h); }
static void V_NAME(gru_h)(const float *z, size_t stride, const float *candidate, size_t candidate_stride, size_t panels,
                          float *h) {
    V_FLOATS.gru_h(z, stride, candidate, candidate_stride, panels, h);
}
static void V_NAME(filter_sums)(const float *steps, size_t step_stride, size_t count, float *sums, size_t stride) {
    V_FLOATS.filter_sums(steps, step_stride, count, sums, stride);
}
#endif

/* v_dot_panel(values, groups, gates, input, starts, small, sums) is the tier's own: int32 sums (gates, V_PER_PANEL) of one
 * panel, whose values are (gates, groups, DRP_LANES, DRP_DOT); starts and small as drp_kernel_i8 has them. `gates` is a constant wherever this is inlined; panels that
 * follow each other are one panel of more gates. */

/* Inlined, and the factor no vector: a function that takes vectors returns without clearing the upper halves of registers,
 * which makes the next instruction of SSE slow; and where `gates` is no constant yet, GCC clears the sums with `rep stos`. */
#if V_LANES == 1
static inline void
#else
__attribute__((always_inline)) static inline void
#endif
v_project_i8_panel(const drp_kernel_i8 *kernel, size_t panel, const uint8_t *input, float factor, const float *bias,
                   float *out, const int gates) {
    const vfloat f = v_set(factor);
    vint sums[8 * V_PER_PANEL];
    size_t start = panel * kernel->gates * DRP_LANES;
    drp_range range = {0, kernel->groups, start * kernel->groups * DRP_DOT};
    if (kernel->ranges) range = kernel->ranges[panel];
    v_dot_panel(kernel->values + range.at, range.groups, gates, input + (size_t)range.first * DRP_DOT, kernel->starts + start,
                kernel->small, sums);
    for (int v = 0; v < gates * V_PER_PANEL; ++v) {
        size_t at = start + (size_t)v * V_LANES;
        vfloat value = v_mul(v_mul(v_from_int(sums[v]), v_load(kernel->scales + at)), f);
        v_store(out + at, v_add(value, v_load(bias + at)));
    }
}

static void V_NAME(project_i8)(const drp_kernel_i8 *kernel, const uint8_t *input, float factor, const float *bias,
                               float *out) {
    size_t p = 0;
#if V_LANES == 16 /* DRP_LANES */
    for (; kernel->gates == 4 && p + 2 <= kernel->panels; p += 2)
        v_project_i8_panel(kernel, p, input, factor, bias, out, 8);
#endif
    for (; p < kernel->panels; ++p) switch (kernel->gates) {
            case 1: v_project_i8_panel(kernel, p, input, factor, bias, out, 1); break;
            case 2: v_project_i8_panel(kernel, p, input, factor, bias, out, 2); break;
            case 3: v_project_i8_panel(kernel, p, input, factor, bias, out, 3); break;
            default: v_project_i8_panel(kernel, p, input, factor, bias, out, 4);
        }
}

/* ---- int16 cells --------------------------------------------------------------------------------------------------- */

/* Stores round(clip(x, -32768, 32767)), to the nearest, ties to even, and 0 for a NaN. */
#ifndef V_STORES_I16
static inline void v_store_i16(int16_t *p, vfloat x) {
    x = v_max(v_set(-32768.0f), v_min(v_set(32767.0f), v_number(x)));
    v_store_low_halves(p, v_bits(v_add(x, v_set(V_ROUND_MAGIC))));
}
#endif

static void V_NAME(gates_i16)(const drp_cell_i16 *cell, const float *z, int16_t *out) {
    const uint32_t gates = cell->products.gates, panels = cell->products.panels;
    const float *per_unit = cell->per_unit;
    for (uint32_t p = 0; p < panels; ++p) {
        uint32_t first, block = drp_block(V_INTERLEAVED, panels, p * DRP_LANES, &first);
        int16_t *to = out + (size_t)first * gates + p * DRP_LANES - first;
        for (uint32_t g = 0; g < gates; ++g, to += block)
            for (int v = 0; v < V_PER_PANEL; ++v, z += V_LANES, per_unit += V_LANES)
                v_store_i16(to + v * V_LANES, v_mul(v_load(z), v_load(per_unit)));
    }
}

#include "int16_cell.h"

/* The sums of `gates` gates of a panel, or of two; a state of zeros has none. */
DRP_INLINE void v_sums_i16(const drp_cell_i16 *cell, uint32_t panel, size_t start, const int gates, const uint8_t *h_in,
                           vint *sums) {
    const drp_range *range = &cell->products.ranges[panel];
    if (h_in)
        v_dot_panel(cell->products.values + range->at, range->groups, gates, h_in + (size_t)range->first * DRP_DOT,
                    cell->products.starts + start, cell->products.small, sums);
    else
        for (int v = 0; v < gates * V_PER_PANEL; ++v) sums[v] = v_iset(0);
}

#if V_LANES == 16 /* DRP_LANES */
/* Two pairs of panels take the products of the first 32 states first, both of them: while the cells of the second pair are
 * computed, the next step's products begin. More panels have enough to do until then; a GRU, whose cell is shorter, gains nothing. */
enum { V_HALF = 2 * DRP_LANES / DRP_DOT };

static bool v_goes_by_halves(const drp_cell_i16 *cell, const uint8_t *h_in) {
    const drp_range *first = &cell->products.ranges[0], *second = &cell->products.ranges[2];
    return cell->products.panels == 4 && h_in && !first->first && !second->first && first->groups > V_HALF &&
           second->groups > V_HALF;
}

DRP_INLINE void v_add_half(const drp_cell_i16 *cell, uint32_t panel, bool is_first, const int gates, const uint8_t *h_in,
                           vint *sums) {
    const drp_range *range = &cell->products.ranges[panel];
    if (is_first) v_start(cell->products.starts + panel * (gates / 2) * DRP_LANES, gates, sums);
    v_add_products(cell->products.values + range->at, (size_t)range->groups * DRP_LANES * DRP_DOT, is_first ? 0 : V_HALF,
                   is_first ? V_HALF : range->groups, gates, h_in, sums);
}
#endif

static void V_NAME(lstm_step_i16)(const drp_cell_i16 *cell, const int16_t *x, const uint8_t *h_in, int16_t *c,
                                  uint8_t *h_stored, int16_t *h) {
    enum { GATES = 4 };
    uint32_t p = 0;
#if V_LANES == 16 /* DRP_LANES */
    if (v_goes_by_halves(cell, h_in)) {
        vint a[2 * GATES], b[2 * GATES];
        enum { UNIT = 2 * DRP_LANES, START = UNIT * GATES };
        v_add_half(cell, 0, true, 2 * GATES, h_in, a);
        v_add_half(cell, 2, true, 2 * GATES, h_in, b);
        v_add_half(cell, 0, false, 2 * GATES, h_in, a);
        zmm_lstm(cell, a, cell->shifts, cell->factors, x, UNIT, c, h_stored, h);
        v_add_half(cell, 2, false, 2 * GATES, h_in, b);
        zmm_lstm(cell, b, cell->shifts + START, cell->factors + START, x + START, UNIT, c + UNIT, h_stored + UNIT, h + UNIT);
        return;
    }
    for (; p + 2 <= cell->products.panels; p += 2) {
        size_t start = (size_t)p * GATES * DRP_LANES, unit = (size_t)p * DRP_LANES;
        vint sums[2 * GATES];
        v_sums_i16(cell, p, start, 2 * GATES, h_in, sums);
        zmm_lstm(cell, sums, cell->shifts + start, cell->factors + start, x + start, 2 * DRP_LANES, c + unit, h_stored + unit,
                 h + unit);
    }
#endif
    for (; p < cell->products.panels; ++p) {
        size_t start = (size_t)p * GATES * DRP_LANES;
        vint sums[GATES * V_PER_PANEL];
        v_sums_i16(cell, p, start, GATES, h_in, sums);
        for (size_t v = 0; v < DRP_LANES; v += W_LANES) {
            size_t at = start + v, unit = (size_t)p * DRP_LANES + v;
            W(lstm)(cell, sums + v / V_LANES, cell->shifts + at, cell->factors + at, x + at, DRP_LANES, c + unit,
                    h_stored + unit, h + unit);
        }
    }
}

static void V_NAME(gru_step_i16)(const drp_cell_i16 *cell, const int16_t *x, const uint8_t *h_in, int16_t *before,
                                 uint8_t *h_stored, int16_t *h) {
    enum { GATES = 3 };
    uint32_t p = 0;
#if V_LANES == 16 /* DRP_LANES */
    for (; p + 2 <= cell->products.panels; p += 2) {
        size_t start = (size_t)p * GATES * DRP_LANES, unit = (size_t)p * DRP_LANES;
        vint sums[2 * GATES];
        v_sums_i16(cell, p, start, 2 * GATES, h_in, sums);
        zmm_gru(cell, sums, cell->shifts + start, cell->factors + start, x + start, 2 * DRP_LANES, cell->bias + unit,
                before + unit, h_stored + unit, h + unit);
    }
#endif
    for (; p < cell->products.panels; ++p) {
        size_t start = (size_t)p * GATES * DRP_LANES;
        vint sums[GATES * V_PER_PANEL];
        v_sums_i16(cell, p, start, GATES, h_in, sums);
        for (size_t v = 0; v < DRP_LANES; v += W_LANES) {
            size_t at = start + v, unit = (size_t)p * DRP_LANES + v;
            W(gru)(cell, sums + v / V_LANES, cell->shifts + at, cell->factors + at, x + at, DRP_LANES, cell->bias + unit,
                   before + unit, h_stored + unit, h + unit);
        }
    }
}

#define V_TABLE(NAME, FLIP)                                                                                  \
    {                                                                                                        \
        .name = NAME, .interleaved = V_INTERLEAVED, .flip = FLIP, .project_i8 = V_NAME(project_i8), .project_f32 = V_NAME(project_f32),     \
        .project_rows_f32 = V_NAME(project_rows_f32), .filter_sums = V_NAME(filter_sums),                     \
        .lstm_c = V_NAME(lstm_c), .lstm_h = V_NAME(lstm_h), .gru_h = V_NAME(gru_h), \
        .gates_i16 = V_NAME(gates_i16), .lstm_step_i16 = V_NAME(lstm_step_i16), .gru_step_i16 = V_NAME(gru_step_i16), \
        .quantize_i8 = V_NAME(quantize_i8), .exp = V_NAME(exp), .sigmoid = V_NAME(sigmoid), .tanh = V_NAME(tanh) \
    }
