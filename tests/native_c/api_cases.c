/* The public C API, one case a run: api_cases CASE MODEL [ARGUMENT...]. Exits with 0 when all is as it should be.
 *
 * Built with sanitizers and with allocations that fail on demand (-Wl,--wrap=...) by tests/runtime/native/test_sanitizers.py.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drupelet.h"

#define CHECK(condition) ((condition) ? (void)0 : broken(#condition, __LINE__))

static void broken(const char *condition, int line) {
    fprintf(stderr, "line %d: not so: %s\n", line, condition);
    exit(1);
}

/* ---- Allocations that fail ---- */

static long fail_at; /* counts down; the allocation that finds 1 fails. 0: none does */

static bool fails_now(void) { return fail_at > 0 && --fail_at == 0; }

void *__real_malloc(size_t size_bytes);
void *__real_calloc(size_t count, size_t size_bytes);
void *__real_realloc(void *memory, size_t size_bytes);
void *__real_aligned_alloc(size_t alignment, size_t size_bytes);
void *__wrap_malloc(size_t size_bytes);
void *__wrap_calloc(size_t count, size_t size_bytes);
void *__wrap_realloc(void *memory, size_t size_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes);

void *__wrap_malloc(size_t size_bytes) { return fails_now() ? NULL : __real_malloc(size_bytes); }
void *__wrap_calloc(size_t count, size_t size_bytes) { return fails_now() ? NULL : __real_calloc(count, size_bytes); }
void *__wrap_realloc(void *memory, size_t size_bytes) { return fails_now() ? NULL : __real_realloc(memory, size_bytes); }
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes) {
    return fails_now() ? NULL : __real_aligned_alloc(alignment, size_bytes);
}

/* ---- What the cases share ---- */

enum { MAX_CLASSES = 16, MAX_IDS = 64, TEXT_COUNT = 4 };

static const drupelet_text TEXTS[TEXT_COUNT] = {
    {"A wonderful film!", 17}, {"", 0}, {"the movie is awful, very BAD w003 w007 w250", 43}, {NULL, 0}};

typedef struct {
    double probabilities[TEXT_COUNT][MAX_CLASSES];
    size_t n_tokens[TEXT_COUNT];
} result;

static drupelet_model *read_model(const char *path) {
    drupelet_model *model;
    drupelet_error error;
    if (drupelet_model_read(path, NULL, &model, &error) != DRUPELET_OK) {
        fprintf(stderr, "%s: %s\n", path, error.message);
        exit(1);
    }
    CHECK(drupelet_model_classes(model) <= MAX_CLASSES);
    return model;
}

static drupelet_session *new_session(const drupelet_model *model, bool accept_surrogates) {
    const drupelet_session_options options = {.accept_surrogates = accept_surrogates};
    drupelet_session *session;
    CHECK(drupelet_session_create(model, &options, &session, NULL) == DRUPELET_OK);
    return session;
}

static drupelet_status predict(drupelet_session *session, result *r, drupelet_error *error) {
    drupelet_answer answers[TEXT_COUNT];
    memset(r, 0, sizeof *r);
    for (int n = 0; n < TEXT_COUNT; ++n) answers[n] = (drupelet_answer){.probabilities = r->probabilities[n]};
    drupelet_status status = drupelet_predict(session, TEXTS, TEXT_COUNT, answers, error);
    for (int n = 0; n < TEXT_COUNT && status == DRUPELET_OK; ++n) r->n_tokens[n] = answers[n].n_tokens;
    return status;
}

static result expected_of(const drupelet_model *model) {
    drupelet_session *session = new_session(model, false);
    result r;
    CHECK(predict(session, &r, NULL) == DRUPELET_OK);
    drupelet_session_destroy(session);
    return r;
}

static void check_answers(drupelet_session *session, const result *expected) {
    result r;
    CHECK(predict(session, &r, NULL) == DRUPELET_OK);
    CHECK(memcmp(&r, expected, sizeof r) == 0);
}

static uint8_t *bytes_of(const char *path, size_t *size_bytes) {
    FILE *file = fopen(path, "rb");
    CHECK(file);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    *size_bytes = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size_bytes);
    CHECK(bytes && fread(bytes, 1, *size_bytes, file) == *size_bytes);
    fclose(file);
    return bytes;
}

/* ---- Cases ---- */

/* Prints label, n_tokens and the bits of each probability of every argument. */
static void answers(const char *path, int count, char **arguments) {
    drupelet_model *model = read_model(path);
    drupelet_session *session = new_session(model, false);
    for (int n = 0; n < count; ++n) {
        double probabilities[MAX_CLASSES];
        drupelet_answer answer = {.probabilities = probabilities};
        const drupelet_text text = {arguments[n], strlen(arguments[n])};
        CHECK(drupelet_predict(session, &text, 1, &answer, NULL) == DRUPELET_OK);
        printf("%s %zu", drupelet_model_label(model, answer.label), answer.n_tokens);
        for (uint32_t k = 0; k < drupelet_model_classes(model); ++k) printf(" %a", probabilities[k]);
        puts("");
    }
    drupelet_session_destroy(session);
    drupelet_model_close(model);
}

/* The status of every function for a text, which must be the same, and the message of the last. */
static drupelet_status status_of(drupelet_session *session, const char *bytes, size_t size_bytes, drupelet_error *error) {
    double probabilities[MAX_CLASSES];
    drupelet_answer answer = {.probabilities = probabilities};
    /* A copy of exactly these bytes, so that a read behind them is seen. */
    char *copy = malloc(size_bytes ? size_bytes : 1);
    CHECK(copy);
    memcpy(copy, bytes, size_bytes);
    const drupelet_text text = {copy, size_bytes};
    const int32_t *ids;
    const char *words;
    size_t count;
    drupelet_status status = drupelet_encode(session, text, &ids, &count, NULL, error);
    CHECK(drupelet_words(session, text, &words, &count, error) == status);
    CHECK(drupelet_predict(session, &text, 1, &answer, error) == status);
    free(copy);
    return status;
}

static void malformed_texts(const char *path) {
    static const struct {
        const char *bytes;
        size_t size_bytes, bad_at;
    } bad[] = {{"\x80", 1, 0},          {"ab\xFF", 3, 2},         {"\xC3", 1, 0},          {"a\xC3 b", 4, 1},
               {"\xC0\x80", 2, 0},      {"\xC1\xBF", 2, 0},       {"\xE0\x9F\xBF", 3, 0},  {"\xE2\x82", 2, 0},
               {"\xE2\x28\xA1", 3, 0},  {"\xF0\x8F\xBF\xBF", 4, 0}, {"\xF4\x90\x80\x80", 4, 0}, {"\xF5\x80\x80\x80", 4, 0},
               {"\xF0\x9F\x98", 3, 0},  {"12345678\x80", 9, 8},   {"1234567\xC3\xA9\xC3", 10, 9}};
    static const char *const surrogates[] = {"\xED\xA0\x80", "\xED\xAF\xBF", "\xED\xB0\x80", "\xED\xBF\xBF"};
    drupelet_model *model = read_model(path);
    const result expected = expected_of(model);
    for (int accept = 0; accept < 2; ++accept) {
        drupelet_session *session = new_session(model, accept);
        drupelet_error error;
        char message[160];
        for (size_t n = 0; n < sizeof bad / sizeof *bad; ++n) {
            CHECK(status_of(session, bad[n].bytes, bad[n].size_bytes, &error) == DRUPELET_BAD_TEXT);
            snprintf(message, sizeof message, "byte %zu (%#04x) is not UTF-8; convert the text, for example with iconv -f WINDOWS-1252 -t UTF-8",
                     bad[n].bad_at, (unsigned)(uint8_t)bad[n].bytes[bad[n].bad_at]);
            CHECK(strcmp(error.message, message) == 0);
        }
        for (size_t n = 0; n < sizeof surrogates / sizeof *surrogates; ++n)
            CHECK(status_of(session, surrogates[n], 3, &error) == (accept ? DRUPELET_OK : DRUPELET_BAD_TEXT));
        CHECK(status_of(session, "\0good\0", 6, &error) == DRUPELET_OK && error.message[0] == 0);
        CHECK(status_of(session, "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80", 13, &error) == DRUPELET_OK);
        check_answers(session, &expected);
        drupelet_session_destroy(session);
    }
    drupelet_model_close(model);
}

static void huge_text(const char *path) {
    enum { MEGABYTES = 100 };
    const size_t size_bytes = (size_t)MEGABYTES << 20;
    static const char line[] = "The good, the bad and\n the wonderful film \xE2\x80\x83 ";
    drupelet_model *model = read_model(path);
    const result expected = expected_of(model);
    drupelet_session *session = new_session(model, false);
    char *text = malloc(size_bytes);
    CHECK(text);
    memset(text, ' ', size_bytes);
    for (size_t at = 0; at + sizeof line < size_bytes; at += sizeof line - 1) memcpy(text + at, line, sizeof line - 1);
    drupelet_error error;
    double probabilities[MAX_CLASSES];
    drupelet_answer answer = {.probabilities = probabilities};
    const drupelet_text all = {text, size_bytes};
    CHECK(drupelet_predict(session, &all, 1, &answer, &error) == DRUPELET_OK && answer.n_tokens > 0);
    text[size_bytes - 1] = (char)0xC3;
    CHECK(drupelet_predict(session, &all, 1, &answer, &error) == DRUPELET_BAD_TEXT);
    memset(text, 'x', size_bytes); /* a single word */
    CHECK(drupelet_predict(session, &all, 1, &answer, &error) == DRUPELET_OK && answer.n_tokens == 0);
    free(text);
    check_answers(session, &expected);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
}

/* The n-th allocation of each function fails, for every n. Prints how many there are. */
static void no_memory(const char *path) {
    size_t size_bytes;
    uint8_t *bytes = bytes_of(path, &size_bytes);
    drupelet_error error;
    drupelet_model *model = NULL;
    drupelet_status status;
    long n, read_failures;
    for (n = 1; (fail_at = n, status = drupelet_model_read(path, NULL, &model, &error)) != DRUPELET_OK; ++n)
        CHECK(status == DRUPELET_NO_MEMORY && !model && strstr(error.message, "no memory for "));
    read_failures = n - 1;
    drupelet_model_close(model);
    for (n = 1; (fail_at = n, status = drupelet_model_open(bytes, size_bytes, NULL, &model, NULL)) != DRUPELET_OK; ++n)
        CHECK(status == DRUPELET_NO_MEMORY && !model);
    CHECK(n == read_failures); /* reading itself takes one allocation: files of these tests are below a megabyte */
    fail_at = 0;
    const result expected = expected_of(model);

    drupelet_session *session = NULL;
    long create_failures;
    long smaller_caches = 0;
    for (n = 1;; ++n) {
        fail_at = n;
        status = drupelet_session_create(model, NULL, &session, &error);
        bool was_enough = fail_at > 0;
        fail_at = 0;
        if (was_enough) break;
        if (status == DRUPELET_OK) { /* without memory for a cache it takes a smaller one */
            ++smaller_caches;
            check_answers(session, &expected);
            drupelet_session_destroy(session);
            continue;
        }
        CHECK(status == DRUPELET_NO_MEMORY && !session && strstr(error.message, "no memory for a session"));
    }
    CHECK(status == DRUPELET_OK && smaller_caches == 3); /* its keys, what says that entries are swapped, its rows */
    create_failures = n - 1 - smaller_caches;

    /* A fresh session each time: what has grown would not be asked for again. */
    for (n = 1;; ++n) {
        result r;
        drupelet_session_destroy(session);
        session = new_session(model, false);
        fail_at = n;
        status = predict(session, &r, &error);
        bool was_enough = fail_at > 0;
        fail_at = 0;
        CHECK(status == (was_enough ? DRUPELET_OK : DRUPELET_NO_MEMORY));
        CHECK((error.message[0] == 0) == was_enough);
        check_answers(session, &expected);
        if (was_enough) break;
        CHECK(strstr(error.message, "no memory for "));
    }
    printf("%ld %ld %ld\n", read_failures, create_failures, n - 1);

    for (n = 1;; ++n) {
        const int32_t *ids;
        const char *words;
        size_t count;
        float logits[MAX_CLASSES];
        int32_t own_ids[MAX_IDS];
        drupelet_session_destroy(session);
        session = new_session(model, false);
        fail_at = n;
        status = drupelet_words(session, TEXTS[2], &words, &count, &error);
        if (status == DRUPELET_OK) status = drupelet_encode(session, TEXTS[2], &ids, &count, NULL, &error);
        if (status == DRUPELET_OK) {
            memcpy(own_ids, ids, count * sizeof *ids);
            status = drupelet_run(session, own_ids, count, logits, &error);
        }
        bool was_enough = fail_at > 0;
        fail_at = 0;
        CHECK(status == (was_enough ? DRUPELET_OK : DRUPELET_NO_MEMORY));
        check_answers(session, &expected);
        if (was_enough) break;
    }
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    free(bytes);
}

/* A file that is written over, cut and removed after it was read. `copy` is a place for it. */
static void file_changes(const char *path, const char *copy) {
    size_t size_bytes;
    uint8_t *bytes = bytes_of(path, &size_bytes);
    FILE *file = fopen(copy, "wb");
    CHECK(file && fwrite(bytes, 1, size_bytes, file) == size_bytes && fclose(file) == 0);
    drupelet_model *model = read_model(copy);
    const result expected = expected_of(model);
    drupelet_session *session = new_session(model, false);
    file = fopen(copy, "r+b");
    for (size_t k = 0; k < size_bytes; ++k) CHECK(fputc(0xA5, file) == 0xA5);
    CHECK(fclose(file) == 0);
    check_answers(session, &expected);
    CHECK((file = fopen(copy, "wb")) && fclose(file) == 0); /* cut to nothing */
    check_answers(session, &expected);
    drupelet_error error;
    drupelet_model *other;
    CHECK(drupelet_model_read(copy, NULL, &other, &error) == DRUPELET_BAD_FORMAT && !other);
    CHECK(strcmp(error.message, "0 bytes, expected at least the 64 of a header") == 0);
    CHECK(remove(copy) == 0);
    check_answers(session, &expected);
    CHECK(drupelet_model_read(copy, NULL, &other, &error) == DRUPELET_NO_FILE && !other);
    CHECK(strncmp(error.message, "cannot be opened (", 18) == 0);
    CHECK(drupelet_model_read("/", NULL, &other, &error) == DRUPELET_NO_FILE && !other);
    CHECK(strncmp(error.message, "cannot be read (", 16) == 0);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    free(bytes);
}

/* A file that never ends. */
static void endless_file(void) {
    drupelet_error error;
    drupelet_model *model;
    CHECK(drupelet_model_read("/dev/zero", NULL, &model, &error) == DRUPELET_BAD_FORMAT && !model);
    CHECK(strncmp(error.message, "more than 536870912 bytes", 25) == 0);
}

typedef struct {
    const drupelet_model *model;
    const result *expected;
} thread_work;

static void *predict_often(void *argument) {
    enum { TIMES = 100 };
    const thread_work *work = argument;
    drupelet_session *session = new_session(work->model, false);
    for (int n = 0; n < TIMES; ++n) check_answers(session, work->expected);
    drupelet_session_destroy(session);
    return NULL;
}

static void threads(const char *path) {
    enum { THREADS = 16 };
    drupelet_model *model = read_model(path);
    const result expected = expected_of(model);
    thread_work work = {model, &expected};
    pthread_t running[THREADS];
    for (int n = 0; n < THREADS; ++n) CHECK(pthread_create(&running[n], NULL, predict_often, &work) == 0);
    for (int n = 0; n < THREADS; ++n) CHECK(pthread_join(running[n], NULL) == 0);
    drupelet_model_close(model);
}

/* One call whose texts several threads share: the answers of one thread, and the error of the first bad text. */
static void shared(const char *path) {
    enum { THREADS = 6, TEXTS_SHARED = 300, TEXT_BYTES = 1000, TIMES = 30, FIRST_BAD = 57 };
    static char bytes[TEXTS_SHARED][TEXT_BYTES];
    static double probabilities[2][TEXTS_SHARED][MAX_CLASSES];
    drupelet_model *model = read_model(path);
    drupelet_session *sessions[THREADS];
    drupelet_text texts[TEXTS_SHARED];
    drupelet_answer answers[2][TEXTS_SHARED];
    drupelet_error error;
    for (int n = 0; n < THREADS; ++n) sessions[n] = new_session(model, false);
    for (int n = 0; n < TEXTS_SHARED; ++n) {
        memset(bytes[n], ' ', TEXT_BYTES);
        for (int k = 0; k + 5 <= TEXT_BYTES; k += 100 + n % 7) snprintf(bytes[n] + k, 5, "w%03d", (n * 31 + k) % 258);
        texts[n] = (drupelet_text){bytes[n], TEXT_BYTES};
        for (int side = 0; side < 2; ++side) answers[side][n] = (drupelet_answer){.probabilities = probabilities[side][n]};
    }
    CHECK(drupelet_predict(sessions[0], texts, TEXTS_SHARED, answers[0], &error) == DRUPELET_OK);
    for (int n = 0; n < TIMES; ++n) {
        memset(probabilities[1], 0, sizeof probabilities[1]);
        size_t threads = (size_t)(n % THREADS) + 1, count = n % 3 ? TEXTS_SHARED : (size_t)n;
        CHECK(drupelet_predict_shared(sessions, threads, texts, count, answers[1], &error) == DRUPELET_OK);
        CHECK(error.message[0] == 0 && memcmp(probabilities[0], probabilities[1], count * sizeof probabilities[0][0]) == 0);
    }
    for (int n = FIRST_BAD; n < TEXTS_SHARED; ++n) bytes[n][n] = (char)0xFF;
    for (int n = 0; n < TIMES; ++n) {
        CHECK(drupelet_predict_shared(sessions, THREADS, texts, TEXTS_SHARED, answers[1], &error) == DRUPELET_BAD_TEXT);
        CHECK(strncmp(error.message, "byte 57 (0xff) is not UTF-8", 27) == 0);
        CHECK(drupelet_predict_shared(sessions, THREADS, texts, TEXTS_SHARED, answers[1], NULL) == DRUPELET_BAD_TEXT);
    }
    for (int n = 0; n < THREADS; ++n) drupelet_session_destroy(sessions[n]);
    drupelet_model_close(model);
}

/* What is asked of ids, in memory of exactly their size. */
typedef struct {
    float *without;
    double *shares, *rest;
    bool is_known[2];
} explained;

static drupelet_status explain(drupelet_session *session, uint32_t units, const int32_t *ids, size_t count, explained *e,
                               drupelet_error *error) {
    e->without = malloc(count * units * sizeof *e->without + 1);
    e->shares = malloc(count * units * sizeof *e->shares + 1);
    e->rest = malloc(units * sizeof *e->rest);
    CHECK(e->without && e->shares && e->rest);
    drupelet_status status = drupelet_leave_one_out(session, ids, count, e->without, &e->is_known[0], error);
    if (status == DRUPELET_OK) status = drupelet_shares(session, ids, count, e->shares, e->rest, &e->is_known[1], error);
    return status;
}

static void free_explained(const explained *e) {
    free(e->without);
    free(e->shares);
    free(e->rest);
}

/* A text that grows, shrinks and is another one: the answers of drupelet_predict, also after each allocation has failed. */
static void following(const char *path) {
    static const char text[] = "A wonderful film, w000 w001 w255 w003 w004 w005 the movie is awful very BAD w006 w007 w250 ";
    enum { LONG = 40 };
    static char all[LONG * sizeof text];
    for (int n = 0; n < LONG; ++n) memcpy(all + n * (sizeof text - 1), text, sizeof text - 1);
    const size_t sizes[] = {0, 1, 2, 5, 20, 21, 22, 60, 40, 41, 90, 3000, 3001, 2900, 3100, 0, 7};
    drupelet_model *model = read_model(path);
    drupelet_session *session = new_session(model, false);
    const uint32_t classes = drupelet_model_classes(model);
    for (long fail = 0, was_enough = 0; !was_enough; ++fail) {
        drupelet_follower *follower = NULL;
        drupelet_error error;
        drupelet_session *own = new_session(model, false);
        fail_at = fail;
        drupelet_status status = drupelet_follower_create(model, &follower, &error);
        CHECK((status == DRUPELET_OK) == (follower != NULL));
        CHECK(status == DRUPELET_OK || (status == DRUPELET_NO_MEMORY && strstr(error.message, "no memory for ")));
        for (size_t n = 0; follower && n < sizeof sizes / sizeof *sizes; ++n) {
            double found[MAX_CLASSES], expected[MAX_CLASSES];
            drupelet_answer answer = {.probabilities = found}, alone = {.probabilities = expected};
            long left = fail_at;
            fail_at = 0;
            char *copy = malloc(sizes[n] + 1);
            memcpy(copy, all, sizes[n]);
            const drupelet_text given = {copy, sizes[n]};
            fail_at = left;
            status = drupelet_follow(own, follower, given, &answer, &error);
            CHECK(status == DRUPELET_OK || (status == DRUPELET_NO_MEMORY && strstr(error.message, "no memory for ")));
            left = fail_at;
            fail_at = 0;
            CHECK(drupelet_predict(session, &given, 1, &alone, NULL) == DRUPELET_OK);
            if (status == DRUPELET_OK)
                CHECK(answer.n_tokens == alone.n_tokens && answer.label == alone.label &&
                      memcmp(found, expected, classes * sizeof *found) == 0);
            fail_at = left;
            free(copy);
        }
        was_enough = fail > 0 && fail_at > 0;
        fail_at = 0;
        drupelet_follower_destroy(follower);
        drupelet_session_destroy(own);
    }
    drupelet_follower_destroy(NULL);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
}

/* Ids that are left out and shared, after each allocation has failed. Prints what is known of the network. */
static void explaining(const char *path) {
    drupelet_model *model = read_model(path);
    const uint32_t units = drupelet_model_units(model);
    const int32_t *encoded;
    int32_t ids[MAX_IDS];
    size_t count;
    drupelet_session *session = new_session(model, false);
    CHECK(drupelet_encode(session, TEXTS[2], &encoded, &count, NULL, NULL) == DRUPELET_OK && count && count <= MAX_IDS);
    memcpy(ids, encoded, count * sizeof *ids);
    const result expected = expected_of(model);
    explained first, again;
    drupelet_error error;
    CHECK(explain(session, units, ids, count, &first, &error) == DRUPELET_OK);
    for (long n = 1;; ++n) {
        drupelet_session_destroy(session);
        session = new_session(model, false);
        fail_at = n + 3; /* behind what explain itself takes */
        drupelet_status status = explain(session, units, ids, count, &again, &error);
        bool was_enough = fail_at > 0;
        fail_at = 0;
        CHECK(status == (was_enough ? DRUPELET_OK : DRUPELET_NO_MEMORY));
        if (was_enough) {
            CHECK(memcmp(first.is_known, again.is_known, sizeof first.is_known) == 0);
            if (first.is_known[0]) CHECK(memcmp(first.without, again.without, count * units * sizeof(float)) == 0);
            if (first.is_known[1]) CHECK(memcmp(first.shares, again.shares, count * units * sizeof(double)) == 0);
        }
        free_explained(&again);
        check_answers(session, &expected);
        if (was_enough) break;
    }
    ids[0] = -1;
    CHECK(explain(session, units, ids, count, &again, NULL) == DRUPELET_BAD_TEXT);
    free_explained(&again);
    printf("%d %d\n", first.is_known[0], first.is_known[1]);
    free_explained(&first);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
}

/* Every error that there is, with nowhere to write its message. */
static void no_error_wanted(const char *path) {
    size_t size_bytes;
    uint8_t *bytes = bytes_of(path, &size_bytes);
    drupelet_model *model;
    const drupelet_model_options nowhere = {.tier = "abacus"};
    CHECK(drupelet_model_open(bytes, 10, NULL, &model, NULL) == DRUPELET_BAD_FORMAT && !model);
    CHECK(drupelet_model_open(bytes, size_bytes, &nowhere, &model, NULL) == DRUPELET_NO_TIER && !model);
    CHECK(drupelet_model_read("", NULL, &model, NULL) == DRUPELET_NO_FILE && !model);
    const uint8_t version = bytes[8];
    bytes[8] = 9;
    CHECK(drupelet_model_open(bytes, size_bytes, NULL, &model, NULL) == DRUPELET_BAD_VERSION && !model);
    bytes[8] = version;
    CHECK(drupelet_model_open(bytes, size_bytes, NULL, &model, NULL) == DRUPELET_OK);
    drupelet_session *session;
    CHECK(drupelet_session_create(model, NULL, &session, NULL) == DRUPELET_OK);
    CHECK(status_of(session, "\xFF", 1, NULL) == DRUPELET_BAD_TEXT);
    float logits[MAX_CLASSES];
    drupelet_error error;
    const int32_t below[] = {0, -1}, beyond[] = {INT32_MAX};
    CHECK(drupelet_run(session, below, 2, logits, &error) == DRUPELET_BAD_TEXT);
    CHECK(strncmp(error.message, "id -1 at place 1, expected 0 to ", 32) == 0);
    CHECK(drupelet_run(session, beyond, 1, logits, NULL) == DRUPELET_BAD_TEXT);
    int32_t own_ids[MAX_IDS];
    const int32_t *ids;
    size_t count;
    CHECK(drupelet_encode(session, TEXTS[1], &ids, &count, NULL, NULL) == DRUPELET_OK);
    if (count) memcpy(own_ids, ids, count * sizeof *ids); /* padding */
    CHECK(drupelet_run(session, count ? own_ids : NULL, count, logits, NULL) == DRUPELET_OK);
    CHECK(drupelet_predict(session, NULL, 0, NULL, NULL) == DRUPELET_OK);
    CHECK(drupelet_model_label(model, drupelet_model_classes(model)) == NULL);
    CHECK(drupelet_model_section(model, "TENS", &size_bytes) == NULL);
    CHECK(drupelet_tier_name(0) && strcmp(drupelet_tier_name(0), "scalar") == 0 && !drupelet_tier_lacks(0));
    CHECK(drupelet_tier_name(99) == NULL && strcmp(drupelet_tier_lacks(99), "there is no such tier") == 0);
    drupelet_session_destroy(session);
    drupelet_session_destroy(NULL);
    drupelet_model_close(model);
    drupelet_model_close(NULL);
    free(bytes);
}

/* Bytes of an opened file that change: any status, any answer, and nothing worse. */
static void changing_bytes(const char *path) {
    enum { TIMES = 20000, AFTER_A_WHILE = 40 };
    size_t size_bytes;
    uint8_t *bytes = bytes_of(path, &size_bytes), *sound = malloc(size_bytes);
    CHECK(sound);
    memcpy(sound, bytes, size_bytes);
    drupelet_model *model;
    CHECK(drupelet_model_open(bytes, size_bytes, NULL, &model, NULL) == DRUPELET_OK);
    const result expected = expected_of(model);
    drupelet_session *session = new_session(model, false);
    uint64_t random = 20240229; /* Knuth's MMIX generator */
    for (int n = 0; n < TIMES; ++n) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[(random >> 20) % size_bytes] ^= (uint8_t)(random >> 56);
        result r;
        drupelet_error error;
        drupelet_status status = predict(session, &r, &error);
        CHECK(status == DRUPELET_OK || status == DRUPELET_BAD_FORMAT);
        if (n % AFTER_A_WHILE == 0) { /* what a session remembers is forgotten, and damage does not add up to noise */
            drupelet_session_destroy(session);
            session = new_session(model, false);
            if (n % (10 * AFTER_A_WHILE) == 0) memcpy(bytes, sound, size_bytes);
        }
    }
    memcpy(bytes, sound, size_bytes);
    drupelet_session_destroy(session);
    session = new_session(model, false);
    check_answers(session, &expected);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    free(bytes);
    free(sound);
}

int main(int count, char **arguments) {
    CHECK(count >= 3);
    const char *name = arguments[1], *path = arguments[2];
    if (strcmp(name, "answers") == 0)
        answers(path, count - 3, arguments + 3);
    else if (strcmp(name, "malformed_texts") == 0)
        malformed_texts(path);
    else if (strcmp(name, "huge_text") == 0)
        huge_text(path);
    else if (strcmp(name, "no_memory") == 0)
        no_memory(path);
    else if (strcmp(name, "file_changes") == 0 && count == 4)
        file_changes(path, arguments[3]);
    else if (strcmp(name, "endless_file") == 0)
        endless_file();
    else if (strcmp(name, "threads") == 0)
        threads(path);
    else if (strcmp(name, "shared") == 0)
        shared(path);
    else if (strcmp(name, "no_error_wanted") == 0)
        no_error_wanted(path);
    else if (strcmp(name, "following") == 0)
        following(path);
    else if (strcmp(name, "explaining") == 0)
        explaining(path);
    else if (strcmp(name, "changing_bytes") == 0)
        changing_bytes(path);
    else
        return fprintf(stderr, "no case of that name: %s\n", name), 2;
    return 0;
}
