/* Answers texts: encodes each, runs the network, and turns logits into probabilities and a label. */
#include "answer.h"
#include "drupelet.h"
#include "encode.h"
#include "kernel.h"
#include "model.h"
#include "network.h"
#include "session.h"
#include "support.h"

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
        drp_finish_answer(s->model, logits, &answers[n]);
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
    drupelet_status status = drp_check_ids(s->model, ids, count, error);
    if (status == DRUPELET_OK) status = drp_run_network(s, ids, count, logits, error);
    drp_session_trim(s);
    return status;
}
