/* Prints the exact answers of .drupelet files, so that builds for different processors can be compared.
 *
 *     answers --tiers                       every tier of this build, a tab, and why this processor cannot run it
 *     answers TIER|best MODEL... < texts    texts, one a line, UTF-8; lone surrogates are allowed
 *     answers --explained TIER MODEL... < texts
 *
 * For each model a line "model", its path, the tier that it runs on; then a line for each text: n_tokens, the label's number,
 * logits as the 8 hexadecimal digits of float32, probabilities as the 16 of float64. Fields are separated by tabs. Every
 * NaN is "nan": processors differ in its sign. With --explained, the line of a text says whether it was followed to the bits of its
 * answer, and has hashes of what leaving out and sharing its first ids give, or "-". Exit status 0, 1 for an error of the library, 2 for wrong usage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drupelet.h"

typedef struct {
    drupelet_text *items;
    size_t count;
} text_list;

static void *grown(void *memory, size_t size_bytes) {
    memory = realloc(memory, size_bytes);
    if (!memory) {
        fputs("no memory for the texts\n", stderr);
        exit(1);
    }
    return memory;
}

/* Reads the lines of a stream. Bytes after the last line feed are a text too. */
static text_list read_lines(FILE *stream) {
    size_t size_bytes = 0, room = 1 << 16, got;
    char *bytes = grown(NULL, room);
    while ((got = fread(bytes + size_bytes, 1, room - size_bytes, stream)) > 0) {
        size_bytes += got;
        if (size_bytes == room) bytes = grown(bytes, room *= 2);
    }
    text_list texts = {NULL, 0};
    for (const char *at = bytes, *end = bytes + size_bytes; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        texts.items = grown(texts.items, (texts.count + 1) * sizeof *texts.items);
        texts.items[texts.count++] = (drupelet_text){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return texts;
}

static void print_logit(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        printf("\tnan");
    else
        printf("\t%08" PRIx32, bits);
}

static void print_probability(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        printf("\tnan");
    else
        printf("\t%016" PRIx64, bits);
}

static drupelet_status answer_all(const drupelet_model *model, text_list texts, drupelet_error *error) {
    const drupelet_session_options options = {.accept_surrogates = 1};
    uint32_t classes = drupelet_model_classes(model), units = drupelet_model_units(model);
    double *probabilities = grown(NULL, classes * sizeof *probabilities);
    float *logits = grown(NULL, units * sizeof *logits);
    drupelet_session *session;
    drupelet_status status = drupelet_session_create(model, &options, &session, error);
    for (size_t n = 0; status == DRUPELET_OK && n < texts.count; ++n) {
        drupelet_answer answer = {.probabilities = probabilities, .logits = logits};
        status = drupelet_predict(session, &texts.items[n], 1, &answer, error);
        if (status != DRUPELET_OK) break;
        printf("%zu\t%" PRIu32, answer.n_tokens, answer.label);
        for (uint32_t k = 0; k < units; ++k) print_logit(logits[k]);
        for (uint32_t k = 0; k < classes; ++k) print_probability(probabilities[k]);
        putchar('\n');
    }
    drupelet_session_destroy(session);
    free(logits);
    free(probabilities);
    return status;
}

/* A hash of the bits of numbers (FNV-1a), in which every NaN is alike. */
static uint64_t hashed(uint64_t hash, double value) {
    uint64_t bits;
    if (value != value) value = 0.5;
    memcpy(&bits, &value, sizeof bits);
    for (int k = 0; k < 64; k += 8) hash = (hash ^ (bits >> k & 255)) * 1099511628211u;
    return hash;
}

static void print_hash(const float *floats, const double *doubles, size_t count, bool is_known) {
    uint64_t hash = 14695981039346656037u;
    for (size_t k = 0; k < count; ++k) hash = hashed(hash, floats ? (double)floats[k] : doubles[k]);
    if (is_known)
        printf("\t%016" PRIx64, hash);
    else
        printf("\t-");
}

/* Whether a text that grows to the whole text gets the bits of its answer. */
static bool is_followed(drupelet_session *session, drupelet_follower *follower, drupelet_text text, double *found, double *expected,
                        size_t classes) {
    for (int part = 0; part <= 3; ++part) {
        const drupelet_text piece = {text.bytes, text.size_bytes * (size_t)part / 3};
        drupelet_answer followed = {.probabilities = found}, alone = {.probabilities = expected};
        drupelet_error error;
        drupelet_status status = drupelet_follow(session, follower, piece, &followed, &error);
        if (drupelet_predict(session, &piece, 1, &alone, &error) != status) return false;
        for (size_t k = 0; status == DRUPELET_OK && k < classes; ++k)
            if (memcmp(&found[k], &expected[k], sizeof *found) != 0 && found[k] == found[k]) return false;
    }
    return true;
}

static drupelet_status explain_all(const drupelet_model *model, text_list texts, drupelet_error *error) {
    enum { MOST_IDS = 40 };
    const drupelet_session_options options = {.accept_surrogates = 1};
    const uint32_t classes = drupelet_model_classes(model), units = drupelet_model_units(model);
    double *probabilities = grown(NULL, 2 * classes * sizeof *probabilities);
    double *shares = grown(NULL, (MOST_IDS + 1) * units * sizeof *shares);
    float *without = grown(NULL, MOST_IDS * units * sizeof *without);
    drupelet_session *session;
    drupelet_follower *follower = NULL;
    drupelet_status status = drupelet_session_create(model, &options, &session, error);
    if (status == DRUPELET_OK) status = drupelet_follower_create(model, &follower, error);
    for (size_t n = 0; status == DRUPELET_OK && n < texts.count; ++n) {
        const int32_t *ids;
        int32_t own[MOST_IDS];
        size_t count;
        bool is_known;
        printf("%d", is_followed(session, follower, texts.items[n], probabilities, probabilities + classes, classes));
        status = drupelet_encode(session, texts.items[n], &ids, &count, NULL, error);
        if (status != DRUPELET_OK) break;
        if (count > MOST_IDS) {
            puts("\t-\t-");
            continue;
        }
        memcpy(own, ids, count * sizeof *own);
        status = drupelet_leave_one_out(session, own, count, without, &is_known, error);
        print_hash(without, NULL, count * units, is_known);
        if (status == DRUPELET_OK)
            status = drupelet_shares(session, own, count, shares, shares + count * units, &is_known, error);
        print_hash(NULL, shares, (count + 1) * units, is_known);
        putchar('\n');
    }
    drupelet_follower_destroy(follower);
    drupelet_session_destroy(session);
    free(without);
    free(shares);
    free(probabilities);
    return status;
}

static int print_tiers(void) {
    const char *name, *lacks;
    for (size_t n = 0; (name = drupelet_tier_name(n)) != NULL; ++n) {
        lacks = drupelet_tier_lacks(n);
        printf("%s\t%s\n", name, lacks ? lacks : "");
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--tiers") == 0) return print_tiers();
    const bool explains = argc > 1 && strcmp(argv[1], "--explained") == 0;
    if (explains) ++argv, --argc;
    if (argc < 3) {
        fputs("usage: answers --tiers | answers [--explained] TIER|best MODEL... < texts\n", stderr);
        return 2;
    }
    const drupelet_model_options options = {.tier = strcmp(argv[1], "best") == 0 ? NULL : argv[1]};
    text_list texts = read_lines(stdin);
    drupelet_status status = DRUPELET_OK;
    for (int n = 2; n < argc && status == DRUPELET_OK; ++n) {
        drupelet_model *model;
        drupelet_error error;
        status = drupelet_model_read(argv[n], &options, &model, &error);
        if (status == DRUPELET_OK) {
            printf("model\t%s\t%s\n", argv[n], drupelet_model_tier(model));
            status = explains ? explain_all(model, texts, &error) : answer_all(model, texts, &error);
        }
        if (status != DRUPELET_OK) fprintf(stderr, "%s: %s\n", argv[n], error.message);
        drupelet_model_close(model);
    }
    return status == DRUPELET_OK ? 0 : 1;
}
