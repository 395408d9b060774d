/* The float arithmetic of a tier, written once over vectors of V_LANES floats (1, 4, 8 or 16). A tier's file defines
 * vfloat, vint, V_LANES and the v_ operations, then includes this and gets the functions of its table.
 *
 * Every operation rounds alike on every processor, and the order of operations is written out: that is what makes all
 * tiers give the same bits. A compiler may not fuse a multiplication and an addition here (-ffp-contract=off). */

/* round(x) as a float and its bits: adding 1.5 * 2^23 leaves no bits behind the point. For |x| < 2^22. */
#define V_ROUND_MAGIC 12582912.0f

/* ---- The quick LSTM cell ------------------------------------------------------------------------------------------
 *
 * tanh(x) = x N(x^2) / D(x^2) with |x| clipped to 4.25: within 4.1e-4 everywhere (rational minimax fit by reweighted
 * least squares; the clip costs the same, 1 - tanh(4.25) = 4.1e-4). sigmoid(x) = (1 + tanh(x / 2)) / 2, within 2.1e-4.
 * Against states rounded to 1/127 that is nothing: a degree more in N changes answers by less than rounding does
 * (docs/performance.md). Numerators and denominators are multiplied out, so that a step needs two reciprocals in place
 * of five divisions.
 *
 * A cell is one long chain of operations, each waiting for the one before. Two vectors go through it side by side: the
 * processor's window is too short to find that work by itself (docs/performance.md).
 */
#define TANH_CLIP 4.25f
#define TANH_N0 163.755883f
#define TANH_N1 13.0960754f
#define TANH_D0 164.016358f
#define TANH_D1 67.1209481f

/* 1 / d for d > 0 from the bits of d and two Newton steps, within 7e-6, relative: subtracting bits from a constant is a
 * reciprocal within 6 % (the exponent negated, the mantissa a straight line), and r (2 - d r) squares the error. */
#define RECIPROCAL_BITS 0x7ef311c7

typedef struct {
    vfloat a, b;
} vpair;

static inline vpair p_set(float x) { return (vpair){v_set(x), v_set(x)}; }
static inline vpair p_add(vpair x, vpair y) { return (vpair){v_add(x.a, y.a), v_add(x.b, y.b)}; }
static inline vpair p_sub(vpair x, vpair y) { return (vpair){v_sub(x.a, y.a), v_sub(x.b, y.b)}; }
static inline vpair p_mul(vpair x, vpair y) { return (vpair){v_mul(x.a, y.a), v_mul(x.b, y.b)}; }
static inline vpair p_min(vpair x, vpair y) { return (vpair){v_min(x.a, y.a), v_min(x.b, y.b)}; }
static inline vpair p_max(vpair x, vpair y) { return (vpair){v_max(x.a, y.a), v_max(x.b, y.b)}; }

static inline vpair p_reciprocal(vpair d) {
    const vint bits = v_iset(RECIPROCAL_BITS);
    vpair r = {v_float(v_isub(bits, v_bits(d.a))), v_float(v_isub(bits, v_bits(d.b)))};
    r = p_mul(r, p_sub(p_set(2.0f), p_mul(d, r)));
    return p_mul(r, p_sub(p_set(2.0f), p_mul(d, r)));
}

typedef struct {
    vpair numerator, denominator;
} vratio;

static inline vratio p_tanh(vpair x) {
    x = p_max(p_min(x, p_set(TANH_CLIP)), p_set(-TANH_CLIP));
    vpair y = p_mul(x, x);
    vpair n = p_add(p_mul(y, p_set(TANH_N1)), p_set(TANH_N0));
    vpair d = p_add(p_mul(p_add(y, p_set(TANH_D1)), y), p_set(TANH_D0));
    return (vratio){p_mul(x, n), d};
}

/* h and the new c of one LSTM step; the sigmoid gates come as x / 2. */
static inline vpair p_lstm_cell(vpair half_i, vpair half_f, vpair g, vpair half_o, vpair *c) {
    vratio i = p_tanh(half_i), f = p_tanh(half_f), t = p_tanh(g), o = p_tanh(half_o);
    vpair kept = p_mul(p_add(f.denominator, f.numerator), *c); /* over 2 f.denominator */
    vpair added = p_mul(p_add(i.denominator, i.numerator), t.numerator);
    vpair it = p_mul(i.denominator, t.denominator); /* added is over 2 of these */
    vpair sum = p_add(p_mul(kept, it), p_mul(added, f.denominator));
    vpair over = p_mul(it, f.denominator);
    *c = p_mul(sum, p_reciprocal(p_add(over, over)));
    vratio s = p_tanh(*c);
    vpair h = p_mul(p_add(o.denominator, o.numerator), s.numerator);
    over = p_mul(o.denominator, s.denominator);
    return p_mul(h, p_reciprocal(p_add(over, over)));
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
    /* In this order of operands a NaN stays one: of an unordered pair, scalar and x86 take the second. */
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

/* v_dot_panel(values, groups, gates, input, column_sums, sums) is the tier's own: int32 sums (gates, V_PER_PANEL) of one
 * panel, whose values are (gates, groups, DRP_LANES, DRP_DOT). `gates` is a constant wherever this is inlined; panels that
 * follow each other are one panel of more gates. */

static inline void v_project_i8_panel(const drp_kernel_i8 *kernel, size_t panel, const uint8_t *input, vfloat factor,
                                      const float *bias, float *out, const int gates) {
    vint sums[8 * V_PER_PANEL];
    size_t start = panel * kernel->gates * DRP_LANES;
    v_dot_panel(kernel->values + start * kernel->groups * DRP_DOT, kernel->groups, gates, input, kernel->sums + start, sums);
    for (int v = 0; v < gates * V_PER_PANEL; ++v) {
        size_t at = start + (size_t)v * V_LANES;
        vfloat value = v_mul(v_mul(v_from_int(sums[v]), v_load(kernel->scales + at)), factor);
        v_store(out + at, v_add(value, v_load(bias + at)));
    }
}

static void V_NAME(project_i8)(const drp_kernel_i8 *kernel, const uint8_t *input, float factor, const float *bias,
                               float *out) {
    vfloat f = v_set(factor);
    size_t p = 0;
#if V_LANES == 16 /* DRP_LANES */
    for (; kernel->gates == 4 && p + 2 <= kernel->panels; p += 2)
        v_project_i8_panel(kernel, p, input, f, bias, out, 8);
#endif
    for (; p < kernel->panels; ++p) switch (kernel->gates) {
            case 1: v_project_i8_panel(kernel, p, input, f, bias, out, 1); break;
            case 2: v_project_i8_panel(kernel, p, input, f, bias, out, 2); break;
            case 3: v_project_i8_panel(kernel, p, input, f, bias, out, 3); break;
            default: v_project_i8_panel(kernel, p, input, f, bias, out, 4);
        }
}

/* A gate of two vectors: their integer sums times their scales, plus what the input adds. */
static inline vpair p_gate(vint sum_a, vint sum_b, const float *scales, const float *x, size_t at_a, size_t at_b) {
    vpair z = {v_mul(v_from_int(sum_a), v_load(scales + at_a)), v_mul(v_from_int(sum_b), v_load(scales + at_b))};
    return p_add(z, (vpair){v_load(x + at_a), v_load(x + at_b)});
}

/* The cell of two vectors of units. `at` is where their gate i lies in panels, `sums` its integer sums; gates follow
 * DRP_LANES floats, or V_PER_PANEL sums, apart. */
static inline void v_lstm_two(const float *scales, const float *x, const size_t at[2], const vint *const sums[2],
                              const size_t unit[2], float *c, uint8_t *h_stored, float *h_out) {
    vpair z[4];
    for (int gate = 0; gate < 4; ++gate)
        z[gate] = p_gate(sums[0][gate * V_PER_PANEL], sums[1][gate * V_PER_PANEL], scales, x,
                         at[0] + (size_t)gate * DRP_LANES, at[1] + (size_t)gate * DRP_LANES);
    vpair state = {v_load(c + unit[0]), v_load(c + unit[1])};
    vpair h = p_lstm_cell(z[0], z[1], z[2], z[3], &state);
    v_store(c + unit[0], state.a);
    v_store(c + unit[1], state.b);
    if (h_out) {
        v_store(h_out + unit[0], h.a);
        v_store(h_out + unit[1], h.b);
    }
    vpair rounded = p_add(p_mul(h, p_set(127.0f)), p_set(V_ROUND_MAGIC));
    v_store_low_bytes(h_stored + unit[0], v_bits(rounded.a));
    v_store_low_bytes(h_stored + unit[1], v_bits(rounded.b));
}

static void V_NAME(lstm_step_i8)(const drp_kernel_i8 *recurrent, const float *x, const uint8_t *h_in, float *c,
                                 uint8_t *h_stored, float *h_out) {
    enum { BLOCK = 4 * DRP_LANES };
    const size_t panel_bytes = (size_t)BLOCK * recurrent->groups * DRP_DOT;
    const int8_t *values = recurrent->values;
    const float *scales = recurrent->scales;
#if V_LANES < 16 /* DRP_LANES */
    for (size_t p = 0; p < recurrent->panels; ++p) {
        vint sums[4 * V_PER_PANEL];
        v_dot_panel(values + p * panel_bytes, recurrent->groups, 4, h_in, recurrent->sums + p * BLOCK, sums);
        for (size_t v = 0; v < V_PER_PANEL; v += 2) {
            size_t inside = v * V_LANES, at = p * BLOCK + inside, unit = p * DRP_LANES + inside;
            v_lstm_two(scales, x, (size_t[2]){at, at + V_LANES}, (const vint *const[2]){sums + v, sums + v + 1},
                       (size_t[2]){unit, unit + V_LANES}, c, h_stored, h_out);
        }
    }
#else
    for (size_t p = 0; p < recurrent->panels; p += 2) {
        vint sums[8];
        size_t q = p + 1 < recurrent->panels ? p + 1 : p; /* an odd panel at the end is computed twice */
        if (q > p) {
            v_dot_panel(values + p * panel_bytes, recurrent->groups, 8, h_in, recurrent->sums + p * BLOCK, sums);
        } else {
            v_dot_panel(values + p * panel_bytes, recurrent->groups, 4, h_in, recurrent->sums + p * BLOCK, sums);
            for (int gate = 0; gate < 4; ++gate) sums[4 + gate] = sums[gate];
        }
        v_lstm_two(scales, x, (size_t[2]){p * BLOCK, q * BLOCK}, (const vint *const[2]){sums, sums + 4},
                   (size_t[2]){p * DRP_LANES, q * DRP_LANES}, c, h_stored, h_out);
    }
#endif
}

#define V_TABLE(NAME, FLIP)                                                                                  \
    {                                                                                                        \
        .name = NAME, .flip = FLIP, .project_i8 = V_NAME(project_i8), .project_f32 = V_NAME(project_f32),     \
        .lstm_step_i8 = V_NAME(lstm_step_i8), .quantize_i8 = V_NAME(quantize_i8), .sigmoid = V_NAME(sigmoid), \
        .tanh = V_NAME(tanh)                                                                                 \
    }
