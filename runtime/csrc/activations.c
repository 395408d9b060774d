#include "activations.h"

#include "elementary.h"
#include "support.h"

/* Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha of selu. */
#define SELU_SCALE 1.05070098f
#define SELU_ALPHA 1.67326324f

/* Functions that go to zero below: what they make of this is nothing, and of -infinity it would not be a number. */
#define LOWEST (-100.0f)

/* The longest |x| of gelu whose e^(-x^2 / 2) is a normal number. */
#define GELU_LIMIT 13.0f

static inline float at_least(float low, float v) { return v < low ? low : v; } /* a NaN stays one */
static inline float at_most(float high, float v) { return v > high ? high : v; }
static inline float clip(float v, float low, float high) { return at_most(high, at_least(low, v)); }
static inline float magnitude(float v) { return __builtin_fabsf(v); }
/* Both are computed, without branches. */
static inline float if_positive(float v, float then, float otherwise) { return v > 0.0f ? then : otherwise; }
static inline float hard_sigmoid(float v) { return clip(v / 6.0f + 0.5f, 0.0f, 1.0f); }

/* e^x - 1 from t = tanh(x / 2). */
static inline float exp_minus_1(float t) { return 2.0f * t / (1.0f - t); }

/* erfc(x / sqrt 2) for x >= 0, from e = e^(-x^2 / 2): t P(t) e with t = 1 / (1 + 0.27 x), relative minimax, within 3e-8. */
static inline float erfc_of_gelu(float x, float e) {
    float t = 1.0f / (1.0f + 0.27f * x), p = 5.755497413e-2f;
    p = p * t + -2.511193122e-1f;
    p = p * t + 3.355862263e-1f;
    p = p * t + -1.336530225e-1f;
    p = p * t + 2.121907963e-1f;
    p = p * t + 1.456553138e-1f;
    p = p * t + 2.031988234e-1f;
    p = p * t + 2.151488797e-1f;
    p = p * t + 2.154373437e-1f;
    return t * p * e;
}

/* tanh(log(1 + e)) from e = e^x. */
static inline float tanh_of_softplus(float e) {
    float n = e * (e + 2.0f);
    return n / (n + 2.0f);
}

/* Below zero without the difference of two large numbers. */
static inline float squareplus(float v, float alpha) {
    if (magnitude(v) > 1e18f) return at_least(0.0f, v); /* its square is too large */
    float root = drp_sqrt(v * v + alpha), below = root - v;
    return v < 0.0f && below > 0.0f ? 0.5f * alpha / below : 0.5f * (v + root);
}

/* x = RESULT for each v of x. */
#define EACH(RESULT)                                       \
    for (size_t k = 0; k < count; k += DRP_LANES)          \
        for (int lane = 0; lane < DRP_LANES; ++lane) {     \
            float v = x[k + (size_t)lane];                 \
            x[k + (size_t)lane] = (RESULT);                \
        }                                                  \
    break

/* x = RESULT for each v of x and y = FUNCTION(ARGUMENT), which the tier applies in place to `of`: to several vectors, which do
 * not wait for each other. */
#define EACH_WITH(FUNCTION, ARGUMENT, RESULT)                                       \
    for (size_t size; count > 0; x += size, count -= size) {                        \
        size = count < TOGETHER ? count : TOGETHER;                                 \
        for (size_t k = 0; k < size; k += DRP_LANES)                                \
            for (size_t lane = k; lane < k + DRP_LANES; ++lane) {                   \
                float v = x[lane];                                                  \
                of[lane] = (ARGUMENT);                                              \
            }                                                                       \
        FUNCTION;                                                                   \
        for (size_t k = 0; k < size; k += DRP_LANES)                                \
            for (size_t lane = k; lane < k + DRP_LANES; ++lane) {                   \
                float v = x[lane], y = of[lane];                                    \
                x[lane] = (RESULT);                                                 \
            }                                                                       \
    }                                                                               \
    break

enum { TOGETHER = 8 * DRP_LANES };

/* The functions that few networks have: small code. */
DRP_RARE static void activate_rarely(const drp_tier *tier, drp_activation activation, drp_parameters parameters, float *x,
                                     size_t count) {
    const float alpha = parameters.alpha, beta = parameters.beta, gamma = parameters.gamma;
    float of[TOGETHER] __attribute__((aligned(DRP_ALIGNMENT)));
    switch (activation) {
        case DRP_HARD_SIGMOID_2: EACH(clip(0.2f * v + 0.5f, 0.0f, 1.0f));
        case DRP_HARD_TANH: EACH(clip(v, -1.0f, 1.0f));
        case DRP_HARD_SILU: EACH(at_least(LOWEST, v) * hard_sigmoid(v));
        case DRP_BOUNDED_RELU: EACH(v > gamma ? at_most(beta, v) : alpha * (v - gamma));
        case DRP_SOFT_SHRINK: EACH(v > alpha ? v - alpha : v < -alpha ? v + alpha : 0.0f);
        case DRP_HARD_SHRINK: EACH(magnitude(v) > alpha ? v : 0.0f);
        case DRP_SPARSE_PLUS: EACH(v <= -1.0f ? 0.0f : v >= 1.0f ? v : (v + 1.0f) * (v + 1.0f) * 0.25f);
        case DRP_SPARSE_SIGMOID: EACH(clip((v + 1.0f) * 0.5f, 0.0f, 1.0f));
        case DRP_THRESHOLD: EACH(v > alpha ? v : beta);
        case DRP_SQUAREPLUS: EACH(squareplus(v, alpha));
        case DRP_CELU: EACH_WITH(tier->tanh(of, size), 0.5f * (v / alpha), if_positive(v, v, alpha * exp_minus_1(y)));
        case DRP_TANH_SHRINK: EACH_WITH(tier->tanh(of, size), v, v - y);
        case DRP_SOFTPLUS: EACH_WITH(tier->exp(of, size, 0.0f), -magnitude(v), at_least(0.0f, v) + drp_log1p(y));
        case DRP_LOG_SIGMOID: EACH_WITH(tier->exp(of, size, 0.0f), -magnitude(v), at_most(0.0f, v) - drp_log1p(y));
        case DRP_MISH: EACH_WITH(tier->exp(of, size, 0.0f), at_most(20.0f, v), at_least(LOWEST, v) * tanh_of_softplus(y));
        case DRP_EXPONENTIAL: /* the tier's ends at e^87; e^3 more where it is needed */
            EACH_WITH(tier->exp(of, size, 0.0f), v > 85.0f ? v - 3.0f : v, v > 85.0f ? y * 20.0855369f : y);
        default: break;
    }
}

void drp_activate_with(const drp_tier *tier, drp_activation activation, drp_parameters parameters, float *x,
                       size_t count) {
    const float alpha = parameters.alpha;
    float of[TOGETHER] __attribute__((aligned(DRP_ALIGNMENT)));
    switch (activation) {
        case DRP_LINEAR: break;
        case DRP_TANH: tier->tanh(x, count); break;
        case DRP_SIGMOID: tier->sigmoid(x, count); break;
        case DRP_RELU: EACH(at_least(0.0f, v));
        case DRP_RELU6: EACH(clip(v, 0.0f, 6.0f));
        case DRP_LEAKY_RELU: EACH(if_positive(v, v, alpha * v));
        case DRP_HARD_SIGMOID: EACH(hard_sigmoid(v));
        case DRP_SOFTSIGN: EACH(v / (1.0f + magnitude(v)));
        case DRP_ELU: EACH_WITH(tier->tanh(of, size), 0.5f * v, if_positive(v, v, alpha * exp_minus_1(y)));
        case DRP_SELU:
            EACH_WITH(tier->tanh(of, size), 0.5f * v,
                      SELU_SCALE * if_positive(v, v, SELU_ALPHA * exp_minus_1(y)));
        case DRP_SILU: EACH_WITH(tier->sigmoid(of, size), v, at_least(LOWEST, v) * y);
        case DRP_GELU_TANH: /* v (1 + tanh(z)) / 2 = v sigmoid(2 z) */
            EACH_WITH(tier->sigmoid(of, size), 1.59576912f * (v + 0.044715f * v * v * v), at_least(LOWEST, v) * y);
        case DRP_GELU:
            EACH_WITH(tier->exp(of, size, 0.0f),
                      -0.5f * clip(v, -GELU_LIMIT, GELU_LIMIT) * clip(v, -GELU_LIMIT, GELU_LIMIT),
                      at_least(0.0f, v) - 0.5f * at_most(GELU_LIMIT, magnitude(v)) *
                                              erfc_of_gelu(at_most(GELU_LIMIT, magnitude(v)), y));
        default: activate_rarely(tier, activation, parameters, x, count);
    }
}

DRP_RARE bool drp_is_bounded(drp_activation activation) {
    switch (activation) {
        case DRP_TANH:
        case DRP_SIGMOID:
        case DRP_HARD_SIGMOID:
        case DRP_HARD_SIGMOID_2:
        case DRP_SOFTSIGN:
        case DRP_HARD_TANH:
        case DRP_SPARSE_SIGMOID: return true;
        default: return false;
    }
}
