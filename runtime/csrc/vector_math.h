/* The float arithmetic of a tier, written once over vectors of V_LANES floats (1, 4, 8 or 16). A tier's file defines
 * vfloat, vint, V_LANES and the v_ operations, then includes this and gets the functions of its table.
 *
 * Every operation rounds alike on every processor, and the order of operations is written out: that is what makes all
 * tiers give the same bits. A compiler may not fuse a multiplication and an addition here (-ffp-contract=off). */

/* round(x) as a float and its bits: adding 1.5 * 2^23 leaves no bits behind the point. For |x| < 2^22. */
#define V_ROUND_MAGIC 12582912.0f

/* ---- The quick LSTM cell ------------------------------------------------------------------------------------------
 *
 * tanh(x) = x N(x^2) / D(x^2) with |x| clipped to 5.25: within 5.7e-5 everywhere (rational minimax fit by reweighted
 * least squares; the clip costs the same, 1 - tanh(5.25) = 5.5e-5). sigmoid(x) = (1 + tanh(x / 2)) / 2. Numerators and
 * denominators are multiplied out, so that a step needs two reciprocals in place of five divisions.
 */
#define TANH_CLIP 5.25f
#define TANH_N0 1584.79845f
#define TANH_N1 159.903359f
#define TANH_D0 1585.18910f
#define TANH_D1 687.201325f
#define TANH_D2 19.6406849f

/* 1 / (d RECIPROCAL_SCALE) from the bits of d and two Newton steps, within 3e-7: subtracting bits from a constant is a
 * reciprocal within 6 % (the exponent negated, the mantissa a straight line); r (a - d r) squares the error, and with a
 * below 2 centres it, which scales the result (both constants by search over the mantissas of one octave). */
#define RECIPROCAL_BITS 0x7edd8800
#define RECIPROCAL_STEP1 1.7975f
#define RECIPROCAL_STEP2 1.61438799f
#define RECIPROCAL_SCALE 1.53477125f

static inline vfloat v_reciprocal_scaled(vfloat d) {
    vfloat r = v_float(v_isub(v_iset(RECIPROCAL_BITS), v_bits(d)));
    r = v_mul(r, v_sub(v_set(RECIPROCAL_STEP1), v_mul(d, r)));
    return v_mul(r, v_sub(v_set(RECIPROCAL_STEP2), v_mul(d, r)));
}

typedef struct {
    vfloat numerator, denominator;
} v_ratio;

static inline v_ratio v_tanh_ratio(vfloat x) {
    x = v_max(v_min(x, v_set(TANH_CLIP)), v_set(-TANH_CLIP));
    vfloat y = v_mul(x, x);
    vfloat n = v_add(v_mul(v_add(y, v_set(TANH_N1)), y), v_set(TANH_N0));
    vfloat d = v_add(v_mul(v_add(v_mul(y, v_set(TANH_D2)), v_set(TANH_D1)), y), v_set(TANH_D0));
    return (v_ratio){v_mul(x, n), d};
}

/* h and the new c of one LSTM step; the sigmoid gates come as x / 2. */
static inline vfloat v_lstm_cell(vfloat half_i, vfloat half_f, vfloat g, vfloat half_o, vfloat *c) {
    v_ratio i = v_tanh_ratio(half_i), f = v_tanh_ratio(half_f), t = v_tanh_ratio(g), o = v_tanh_ratio(half_o);
    vfloat kept = v_mul(v_add(f.denominator, f.numerator), *c); /* over 2 f.denominator */
    vfloat added = v_mul(v_add(i.denominator, i.numerator), t.numerator);
    vfloat it = v_mul(i.denominator, t.denominator); /* added is over 2 of these */
    vfloat sum = v_add(v_mul(kept, it), v_mul(added, f.denominator));
    vfloat over = v_reciprocal_scaled(v_mul(it, f.denominator));
    *c = v_mul(v_mul(sum, over), v_set(0.5f * RECIPROCAL_SCALE));
    v_ratio s = v_tanh_ratio(*c);
    vfloat h = v_mul(v_add(o.denominator, o.numerator), s.numerator);
    over = v_reciprocal_scaled(v_mul(o.denominator, s.denominator));
    return v_mul(v_mul(h, over), v_set(0.5f * RECIPROCAL_SCALE));
}

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
    x = v_max(v_min(x, v_set(EXP_LIMIT)), v_set(-EXP_LIMIT));
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
    /* shifted's last bits are n; adding n to the exponent multiplies by 2^n. */
    return v_float(v_iadd(v_bits(p), v_ishl23(v_bits(shifted))));
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

static void V_NAME(quantize_i8)(const float *values, size_t count, float factor, uint8_t *stored) {
    for (size_t k = 0; k < count; k += V_LANES) {
        vfloat x = v_mul(v_load(values + k), v_set(factor));
        x = v_max(v_min(x, v_set(127.0f)), v_set(-127.0f));
        v_store_low_bytes(stored + k, v_bits(v_add(x, v_set(V_ROUND_MAGIC))));
    }
}

/* ---- Kernels ------------------------------------------------------------------------------------------------------ */

enum { V_PER_PANEL = DRP_LANES / V_LANES };

/* Columns of a float kernel that are summed together: their sums stay in registers. */
enum { V_TOGETHER = V_LANES == 1 ? 16 : 8 };

static inline void v_project_f32_columns(const float *values, size_t stride, const float *input, uint32_t input_dim,
                                         const float *bias, float *out, const int together) {
    vfloat sum[V_TOGETHER];
    for (int v = 0; v < together; ++v) sum[v] = v_load(bias + v * V_LANES);
    for (uint32_t k = 0; k < input_dim; ++k) {
        vfloat x = v_set(input[k]);
        const float *row = values + k * stride;
        for (int v = 0; v < together; ++v) sum[v] = v_add(sum[v], v_mul(x, v_load(row + v * V_LANES)));
    }
    for (int v = 0; v < together; ++v) v_store(out + v * V_LANES, sum[v]);
}

static void V_NAME(project_f32)(const drp_kernel_f32 *kernel, const float *input, const float *bias, float *out) {
    size_t columns = (size_t)kernel->panels * kernel->gates * DRP_LANES, at = 0;
    for (; at + V_TOGETHER * V_LANES <= columns; at += V_TOGETHER * V_LANES)
        v_project_f32_columns(kernel->values + at, columns, input, kernel->input_dim, bias + at, out + at, V_TOGETHER);
    for (; at < columns; at += V_LANES)
        v_project_f32_columns(kernel->values + at, columns, input, kernel->input_dim, bias + at, out + at, 1);
}

/* v_dot_panel(values, groups, gates, input, sums) is the tier's own: int32 sums (gates, V_PER_PANEL) of one panel, whose
 * values are (gates, groups, DRP_LANES, DRP_DOT). `gates` is a constant wherever this is inlined. */

static inline void v_project_i8_panel(const drp_kernel_i8 *kernel, size_t panel, const uint8_t *input, vfloat factor,
                                      const float *bias, float *out, const int gates) {
    vint sums[4 * V_PER_PANEL];
    size_t block = (size_t)gates * DRP_LANES;
    v_dot_panel(kernel->values + panel * block * kernel->groups * DRP_DOT, kernel->groups, gates, input,
                kernel->sums + panel * block, sums);
    for (int v = 0; v < gates * V_PER_PANEL; ++v) {
        size_t at = panel * block + (size_t)v * V_LANES;
        vfloat value = v_mul(v_mul(v_from_int(sums[v]), v_load(kernel->scales + at)), factor);
        v_store(out + at, v_add(value, v_load(bias + at)));
    }
}

static void V_NAME(project_i8)(const drp_kernel_i8 *kernel, const uint8_t *input, float factor, const float *bias,
                               float *out) {
    vfloat f = v_set(factor);
    for (size_t p = 0; p < kernel->panels; ++p) switch (kernel->gates) {
            case 1: v_project_i8_panel(kernel, p, input, f, bias, out, 1); break;
            case 2: v_project_i8_panel(kernel, p, input, f, bias, out, 2); break;
            case 3: v_project_i8_panel(kernel, p, input, f, bias, out, 3); break;
            default: v_project_i8_panel(kernel, p, input, f, bias, out, 4);
        }
}

static void V_NAME(lstm_step_i8)(const drp_kernel_i8 *recurrent, const float *x, const uint8_t *h_in, float *c,
                                 uint8_t *h_stored, float *h_out) {
    enum { BLOCK = 4 * DRP_LANES };
    const vfloat to_i8 = v_set(127.0f), magic = v_set(V_ROUND_MAGIC);
    for (size_t p = 0; p < recurrent->panels; ++p) {
        vint sums[4 * V_PER_PANEL];
        v_dot_panel(recurrent->values + p * BLOCK * recurrent->groups * DRP_DOT, recurrent->groups, 4, h_in,
                    recurrent->sums + p * BLOCK, sums);
        const float *scales = recurrent->scales + p * BLOCK, *added = x + p * BLOCK;
        for (int v = 0; v < V_PER_PANEL; ++v) {
            vfloat z[4];
            for (int gate = 0; gate < 4; ++gate) {
                int at = gate * V_PER_PANEL + v;
                vfloat product = v_mul(v_from_int(sums[at]), v_load(scales + at * V_LANES));
                z[gate] = v_add(product, v_load(added + at * V_LANES));
            }
            size_t unit = p * DRP_LANES + (size_t)v * V_LANES;
            vfloat state = v_load(c + unit);
            vfloat h = v_lstm_cell(z[0], z[1], z[2], z[3], &state);
            v_store(c + unit, state);
            if (h_out) v_store(h_out + unit, h);
            v_store_low_bytes(h_stored + unit, v_bits(v_add(v_mul(h, to_i8), magic)));
        }
    }
}

#define V_TABLE(NAME, FLIP)                                                                                  \
    {                                                                                                        \
        .name = NAME, .flip = FLIP, .project_i8 = V_NAME(project_i8), .project_f32 = V_NAME(project_f32),     \
        .lstm_step_i8 = V_NAME(lstm_step_i8), .quantize_i8 = V_NAME(quantize_i8), .sigmoid = V_NAME(sigmoid), \
        .tanh = V_NAME(tanh)                                                                                 \
    }
