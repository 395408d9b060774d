/* The quick LSTM cell, part of vector_math.h.
 *
 * tanh(x) = x N(x^2) / D(x^2) with |x| clipped to 4.25: within 4.1e-4 everywhere (rational minimax fit by reweighted
 * least squares; the clip costs the same, 1 - tanh(4.25) = 4.1e-4). sigmoid(x) = (1 + tanh(x / 2)) / 2, within 2.1e-4.
 * Against states rounded to 1/127 that is nothing: a degree more in N changes answers by less than rounding does
 * (docs/performance.md). Numerators and denominators are multiplied out, so that a step needs two reciprocals in place
 * of five divisions.
 *
 * A cell is one long chain of operations, each waiting for the one before. Two vectors go through it side by side,
 * operation by operation: a processor's window is too short to find that work by itself, and four vectors do not fit into
 * its registers.
 */
#define TANH_CLIP 4.25f
#define TANH_N0 163.755883f
#define TANH_N1 13.0960754f
#define TANH_D0 164.016358f
#define TANH_D1 67.1209481f

/* 1 / d for d > 0 from the bits of d and two Newton steps, within 7e-6, relative: subtracting bits from a constant is a
 * reciprocal within 6 % (the exponent negated, the mantissa a straight line), and r (2 - d r) squares the error. */
#define RECIPROCAL_BITS 0x7ef311c7

/* 1 / (d ROUGH_SCALE) within 7e-4, relative, from one step: with a constant below 2 the step's errors lie on both sides
 * of a value that is scaled (both constants by search over the mantissas of an octave). Enough for a state that is then
 * rounded to 1/127, and not for c, which carries its errors on. */
#define ROUGH_BITS 0x7edd8800
#define ROUGH_STEP 1.7975f
#define ROUGH_SCALE 1.23885957f

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

static inline vpair p_rough_reciprocal(vpair d) {
    const vint bits = v_iset(ROUGH_BITS);
    vpair r = {v_float(v_isub(bits, v_bits(d.a))), v_float(v_isub(bits, v_bits(d.b)))};
    return p_mul(r, p_sub(p_set(ROUGH_STEP), p_mul(d, r)));
}

typedef struct {
    vpair numerator, denominator;
} vratio;

static inline vratio p_tanh(vpair x) {
    x = p_max(p_set(-TANH_CLIP), p_min(p_set(TANH_CLIP), x));
    vpair y = p_mul(x, x);
    vpair n = p_add(p_mul(y, p_set(TANH_N1)), p_set(TANH_N0));
    vpair d = p_add(p_mul(p_add(y, p_set(TANH_D1)), y), p_set(TANH_D0));
    return (vratio){p_mul(x, n), d};
}

/* The new c of one LSTM step, and h over ROUGH_SCALE / 2; the sigmoid gates come as x / 2. */
static inline vpair p_lstm_cell(vpair half_i, vpair half_f, vpair g, vpair half_o, vpair *c) {
    vratio i = p_tanh(half_i), f = p_tanh(half_f), t = p_tanh(g), o = p_tanh(half_o);
    vpair kept = p_mul(p_add(f.denominator, f.numerator), *c); /* over 2 f.denominator */
    vpair added = p_mul(p_add(i.denominator, i.numerator), t.numerator);
    vpair it = p_mul(i.denominator, t.denominator); /* added is over 2 of these */
    vpair sum = p_add(p_mul(kept, it), p_mul(added, f.denominator));
    vpair over = p_mul(it, f.denominator);
    *c = p_mul(sum, p_reciprocal(p_add(over, over)));
    vratio s = p_tanh(*c);
    vpair h = p_mul(p_add(o.denominator, o.numerator), s.numerator); /* over 2 of both denominators */
    return p_mul(h, p_rough_reciprocal(p_mul(o.denominator, s.denominator)));
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
        v_store(h_out + unit[0], v_mul(h.a, v_set(0.5f * ROUGH_SCALE)));
        v_store(h_out + unit[1], v_mul(h.b, v_set(0.5f * ROUGH_SCALE)));
    }
    vpair rounded = p_add(p_mul(h, p_set(127.0f * 0.5f * ROUGH_SCALE)), p_set(V_ROUND_MAGIC));
    v_store_low_bytes(h_stored + unit[0], v_bits(rounded.a));
    v_store_low_bytes(h_stored + unit[1], v_bits(rounded.b));
}
