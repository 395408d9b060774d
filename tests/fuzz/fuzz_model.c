/* libFuzzer target: any bytes as a model, and two short texts for it, on every tier. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

enum { MAX_VALUE_BYTES = 1 << 16, MAX_TOKENS = 16, MAX_CLASSES = 4096 };

/* The cost of a run grows with the lengths of values, which take no bytes in a file. */
static bool is_quick(const drupelet_model *model) {
    return model->fixed_bytes + MAX_TOKENS * model->bytes_per_token <= MAX_VALUE_BYTES;
}

static void answer(const drupelet_model *model) {
    static const char text[] = "A wonderful film, w000 w001 w255 w509 w5090!<br />\xC3\x89t\xC3\xA9 \xE2\x80\x83 a b ab";
    static double probabilities[2 * MAX_CLASSES];
    const drupelet_session_options options = {.projection_cache_bytes = 1 << 12};
    drupelet_session *session;
    drupelet_error error;
    if (drupelet_session_create(model, &options, &session, &error) != DRUPELET_OK) return;
    drupelet_text texts[] = {{text, sizeof text - 1}, {"", 0}};
    uint32_t classes = drupelet_model_classes(model);
    drupelet_answer answers[] = {{.probabilities = probabilities}, {.probabilities = probabilities + classes}};
    if (drupelet_predict(session, texts, 2, answers, &error) == DRUPELET_OK)
        for (int n = 0; n < 2; ++n)
            if (answers[n].label >= classes || !drupelet_model_label(model, answers[n].label)) abort();
    const int32_t *ids;
    size_t count, n_tokens;
    if (drupelet_encode(session, texts[0], &ids, &count, &n_tokens, &error) == DRUPELET_OK) {
        if (n_tokens > count) abort();
        for (size_t k = 0; k < count; ++k)
            if (ids[k] < 0 || (uint32_t)ids[k] >= model->vocabulary_rows) abort();
    }
    drupelet_session_destroy(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    for (size_t n = 0; drupelet_tier_name(n); ++n) {
        if (drupelet_tier_lacks(n)) continue;
        const drupelet_model_options options = {.tier = drupelet_tier_name(n)};
        drupelet_model *model;
        drupelet_error error;
        drupelet_status status = drupelet_model_open(data, size_bytes, &options, &model, &error);
        if ((status == DRUPELET_OK) != (model != NULL) || (status == DRUPELET_OK) != (error.message[0] == 0)) abort();
        if (!model) return 0;
        if (is_quick(model)) answer(model);
        drupelet_model_close(model);
    }
    return 0;
}
