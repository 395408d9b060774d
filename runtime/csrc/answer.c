#include "answer.h"

#include <string.h>

#include "model.h"
#include "support.h"

/* e^x for float64: 2^n e^r with n = round(x / ln 2) and the Taylor polynomial of degree 13 for e^r, |r| <= ln(2) / 2,
 * within 4e-16, relative. Written out so that every processor rounds alike, which libm does not promise. */
static double exp_f64(double x) {
    if (x == 0.0) return 1.0; /* one of the powers of every softmax */
    if (!(x > -708.0)) return x != x ? x : 0.0;
    if (x > 709.0) x = 709.0;
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    double shifted = x * 1.4426950408889634 + magic, n = shifted - magic;
    double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10; /* fdlibm's halves of ln 2 */
    static const double over_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                            1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                            1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5, 1.0, 1.0};
    double p = over_factorial[0];
    for (int k = 1; k <= 13; ++k) p = p * r + over_factorial[k];
    uint64_t bits, shift;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&shift, &shifted, sizeof shift);
    bits += shift << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

static double sigmoid_f64(double x) {
    if (x >= 0) return 1.0 / (1.0 + exp_f64(-x));
    double power = exp_f64(x);
    return power / (1.0 + power);
}

void drp_finish_answer(const drupelet_model *m, const float *logits, drupelet_answer *answer) {
    uint32_t units = drupelet_model_units(m), classes = drupelet_model_classes(m);
    double *p = answer->probabilities;
    if (units == 1) {
        p[1] = sigmoid_f64(logits[0]);
        p[0] = 1.0 - p[1];
    } else if (m->output == DRP_SIGMOID_OUTPUT) {
        for (uint32_t n = 0; n < units; ++n) p[n] = sigmoid_f64(logits[n]);
    } else if (m->output == DRP_PROBABILITIES) {
        for (uint32_t n = 0; n < units; ++n) p[n] = logits[n];
    } else {
        double top = logits[0], total = 0.0;
        for (uint32_t n = 1; n < units; ++n)
            if (logits[n] > top) top = logits[n];
        for (uint32_t n = 0; n < units; ++n) total += p[n] = exp_f64(logits[n] - top);
        for (uint32_t n = 0; n < units; ++n) p[n] /= total;
    }
    answer->label = 0;
    for (uint32_t n = 0; n < classes; ++n) {
        if (p[n] != p[n]) {
            answer->label = 0;
            break;
        }
        if (p[n] > p[answer->label]) answer->label = n;
    }
    answer->is_rejected =
        m->reject_below > 0.0f && (answer->n_tokens == 0 || drupelet_rejects(m, answer->probabilities, answer->label));
    if (answer->logits) memcpy(answer->logits, logits, units * sizeof *logits);
}

DRP_RARE bool drupelet_rejects(const drupelet_model *m, const double *probabilities, uint32_t label) {
    return m->reject_below > 0.0f && !((float)probabilities[label] >= m->reject_below);
}

DRP_RARE bool drupelet_answers_label(const drupelet_model *m, const drupelet_answer *answer, uint32_t label) {
    if (answer->is_rejected) return false;
    if (!drupelet_model_is_multi_label(m)) return label == answer->label;
    return (float)answer->probabilities[label] >= (m->thresholds ? m->thresholds[label] : 0.5f);
}
