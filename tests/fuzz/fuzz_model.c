/* libFuzzer target: any bytes as a model, and two short texts for it. Every tier has to give the same bits.
 *
 * Half of the mutations change numbers inside a section and leave its size: a graph of other numbers gets further than a file
 * whose sections no longer fit. Checksums are not compared in this build, so none has to be repaired.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "support.h"

enum { MAX_VALUE_BYTES = 1 << 16, MAX_TOKENS = 16, MAX_CLASSES = 4096 };

/* The cost of a run grows with the lengths of values, which take no bytes in a file. */
static bool is_quick(const drupelet_model *model) {
    return model->fixed_bytes + MAX_TOKENS * model->bytes_per_token <= MAX_VALUE_BYTES;
}

/* What the first tier answered: the others are compared with it. */
typedef struct {
    bool known;
    float without;  /* the sum of what is left when an id is left out */
    double shares;
    drupelet_status status;
    uint32_t label[2];
    double probabilities[2 * MAX_CLASSES];
} outcome;

static bool same_bits(double a, double b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

static void compare(outcome *first, const outcome *now, uint32_t classes) {
    if (!first->known) {
        *first = *now;
        return;
    }
    if (first->status != now->status) abort();
    if (!same_bits((double)first->without, (double)now->without) || !same_bits(first->shares, now->shares)) abort();
    if (now->status != DRUPELET_OK) return;
    for (int n = 0; n < 2; ++n)
        if (first->label[n] != now->label[n]) abort();
    for (uint32_t k = 0; k < 2 * classes; ++k)
        if (!same_bits(first->probabilities[k], now->probabilities[k])) abort();
}

/* Follows the text piece by piece: the answers are those of each text alone. */
static void follow(const drupelet_model *model, drupelet_session *session, const char *text, size_t size_bytes) {
    static double probabilities[2 * MAX_CLASSES];
    const uint32_t classes = drupelet_model_classes(model);
    drupelet_follower *follower;
    drupelet_error error;
    if (drupelet_follower_create(model, &follower, &error) != DRUPELET_OK) return;
    const size_t sizes[] = {0, 5, 6, size_bytes, size_bytes / 2};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; ++n) {
        const drupelet_text piece = {text, sizes[n]};
        drupelet_answer followed = {.probabilities = probabilities}, alone = {.probabilities = probabilities + classes};
        drupelet_status status = drupelet_follow(session, follower, piece, &followed, &error);
        if (drupelet_predict(session, &piece, 1, &alone, &error) != status) abort();
        if (status != DRUPELET_OK) continue;
        if (followed.n_tokens != alone.n_tokens || followed.label != alone.label) abort();
        for (uint32_t k = 0; k < classes; ++k)
            if (!same_bits(probabilities[k], probabilities[classes + k])) abort();
    }
    drupelet_follower_destroy(follower);
}

/* Leaves ids out, and shares logits among them. */
static void explain(const drupelet_model *model, drupelet_session *session, const int32_t *ids, size_t count, outcome *now) {
    static float without[MAX_TOKENS * MAX_CLASSES];
    static double shares[(MAX_TOKENS + 1) * MAX_CLASSES];
    const size_t numbers = count * drupelet_model_units(model);
    drupelet_error error;
    bool is_known;
    if (count > MAX_TOKENS) return;
    if (drupelet_leave_one_out(session, ids, count, without, &is_known, &error) == DRUPELET_OK && is_known)
        for (size_t k = 0; k < numbers; ++k) now->without += without[k];
    if (drupelet_shares(session, ids, count, shares, shares + MAX_TOKENS * MAX_CLASSES, &is_known, &error) == DRUPELET_OK && is_known)
        for (size_t k = 0; k < numbers; ++k) now->shares += shares[k];
}

static void answer(const drupelet_model *model, outcome *first) {
    static const char text[] = "A wonderful film, w000 w001 w255 w509 w5090!<br />\xC3\x89t\xC3\xA9 \xE2\x80\x83 a b ab";
    static outcome now;
    double *probabilities = now.probabilities;
    const drupelet_session_options options = {.projection_cache_bytes = 1 << 12};
    drupelet_session *session;
    drupelet_error error;
    if (drupelet_session_create(model, &options, &session, &error) != DRUPELET_OK) return;
    drupelet_text texts[] = {{text, sizeof text - 1}, {"", 0}};
    uint32_t classes = drupelet_model_classes(model);
    drupelet_answer answers[] = {{.probabilities = probabilities}, {.probabilities = probabilities + classes}};
    now.known = true;
    now.status = drupelet_predict(session, texts, 2, answers, &error);
    if (now.status == DRUPELET_OK)
        for (int n = 0; n < 2; ++n) {
            if (answers[n].label >= classes || !drupelet_model_label(model, answers[n].label)) abort();
            now.label[n] = answers[n].label;
        }
    const int32_t *ids;
    size_t count, n_tokens;
    now.without = 0;
    now.shares = 0;
    if (drupelet_encode(session, texts[0], &ids, &count, &n_tokens, &error) == DRUPELET_OK) {
        static int32_t own_ids[MAX_TOKENS];
        if (n_tokens > count) abort();
        for (size_t k = 0; k < count; ++k)
            if (ids[k] < 0 || (uint32_t)ids[k] >= model->vocabulary_rows) abort();
        if (count <= MAX_TOKENS) {
            memcpy(own_ids, ids, count * sizeof *ids);
            explain(model, session, own_ids, count, &now);
        }
    }
    compare(first, &now, classes);
    follow(model, session, text, sizeof text - 1);
    drupelet_session_destroy(session);
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size_bytes, size_t max_bytes);

enum { HEADER_BYTES = 64, ENTRY_BYTES = 96, COUNT_AT = 24, OFFSET_AT = 80, SIZE_AT = 88, MOST_SECTIONS = 4096 };

/* A section of the file, drawn: most draws are of the first four, which are no tensors. False where there is none. */
static bool drawn_section(uint8_t *data, size_t size_bytes, unsigned drawn, uint8_t **section, size_t *section_bytes) {
    if (size_bytes < HEADER_BYTES) return false;
    uint32_t count = drp_u32(data + COUNT_AT);
    if (count == 0 || count > MOST_SECTIONS || HEADER_BYTES + (size_t)count * ENTRY_BYTES > size_bytes) return false;
    uint32_t among = drawn % 4 && count > 4 ? 4 : count;
    const uint8_t *entry = data + HEADER_BYTES + (size_t)(drawn / 4 % among) * ENTRY_BYTES;
    uint64_t offset = drp_u64(entry + OFFSET_AT), length = drp_u64(entry + SIZE_AT);
    if (offset > size_bytes || length > size_bytes - offset || length < 4) return false;
    *section = data + offset;
    *section_bytes = (size_t)length;
    return true;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size_bytes, size_t max_bytes, unsigned seed) {
    static const uint32_t odd[] = {0, 1, 2, 3, 4, 15, 16, 64, 256, 4096, 1u << 16, 1u << 20, 1u << 22, 1u << 24, 1u << 31,
                                   0x7F800000, 0x7FC00000, 0xFFFFFFFE, 0xFFFFFFFF};
    uint8_t *section;
    size_t section_bytes;
    unsigned drawn = seed * 2654435761u; /* Knuth's multiplicative hash: seeds are small numbers */
    if (!(drawn >> 31) || !drawn_section(data, size_bytes, drawn >> 4 & 0xFFFF, &section, &section_bytes))
        return LLVMFuzzerMutate(data, size_bytes, max_bytes);
    if (drawn >> 30 & 1) { /* a number becomes an odd one, or one beside it */
        uint8_t *number = section + (drawn >> 8) % (section_bytes / 4) * 4;
        uint32_t value = drawn & 1 ? odd[(drawn >> 1) % (sizeof odd / sizeof *odd)] : drp_u32(number) + (drawn & 2) - 1;
        for (int k = 0; k < 4; ++k) number[k] = (uint8_t)(value >> 8 * k);
    } else { /* any change that leaves the size */
        LLVMFuzzerMutate(section, section_bytes, section_bytes);
    }
    return size_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static outcome first;
    first.known = false;
    for (size_t n = 0; drupelet_tier_name(n); ++n) {
        if (drupelet_tier_lacks(n)) continue;
        const drupelet_model_options options = {.tier = drupelet_tier_name(n)};
        drupelet_model *model;
        drupelet_error error;
        drupelet_status status = drupelet_model_open(data, size_bytes, &options, &model, &error);
        if ((status == DRUPELET_OK) != (model != NULL) || (status == DRUPELET_OK) != (error.message[0] == 0)) abort();
        if (!model) return 0;
        if (is_quick(model)) answer(model, &first);
        drupelet_model_close(model);
    }
    return 0;
}
