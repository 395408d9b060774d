/* Answers texts: encodes each, runs the network, and turns logits into probabilities and a label. */
#include <string.h>

#include "drupelet.h"
#include "encode.h"
#include "kernel.h"
#include "model.h"
#include "network.h"
#include "session.h"
#include "support.h"

/* ---- From logits to an answer ---- */

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

static void finish_answer(const drupelet_model *m, const float *logits, drupelet_answer *answer) {
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
    if (answer->logits) memcpy(answer->logits, logits, units * sizeof *logits);
}

/* Prefetches the first bytes of the next text, which may lie anywhere. */
static void prefetch_text(drupelet_text text) {
    enum { PREFETCHED_BYTES = 512 };
    for (size_t k = 0; k < text.size_bytes && k < PREFETCHED_BYTES; k += DRP_ALIGNMENT) DRP_PREFETCH(text.bytes + k);
}

static drupelet_status answer(drupelet_session *s, const drupelet_text *texts, size_t count, drupelet_answer *answers,
                              drupelet_error *error) {
    float *logits = drp_reserve(&s->logits, drupelet_model_units(s->model) * sizeof *logits);
    if (!logits) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for answers; free some");
    for (size_t n = 0; n < count; ++n) {
        if (n + 1 < count) prefetch_text(texts[n + 1]);
        drp_encoded text;
        drupelet_status status = drp_encode(s, texts[n], &text, error);
        if (status == DRUPELET_OK) status = drp_run_network(s, s->ids.memory, text.count, logits, error);
        if (status != DRUPELET_OK) return status;
        answers[n].n_tokens = text.n_tokens;
        finish_answer(s->model, logits, &answers[n]);
    }
    return DRUPELET_OK;
}

drupelet_status drupelet_predict(drupelet_session *s, const drupelet_text *texts, size_t count,
                                 drupelet_answer *answers, drupelet_error *error) {
    if (error) error->message[0] = 0;
    drupelet_status status = answer(s, texts, count, answers, error);
    drp_session_trim(s);
    return status;
}

drupelet_status drupelet_run(drupelet_session *s, const int32_t *ids, size_t count, float *logits,
                             drupelet_error *error) {
    if (error) error->message[0] = 0;
    for (size_t k = 0; k < count; ++k)
        if (ids[k] < 0 || (uint32_t)ids[k] >= s->model->vocabulary_rows)
            return drp_fail(error, DRUPELET_BAD_TEXT, "id %d at place %zu, expected 0 to %u", ids[k], k,
                            s->model->vocabulary_rows - 1);
    drupelet_status status = drp_run_network(s, ids, count, logits, error);
    drp_session_trim(s);
    return status;
}
