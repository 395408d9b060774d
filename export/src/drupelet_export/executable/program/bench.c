#define _XOPEN_SOURCE 700
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "embedded_bytes.h"
#include "goldens.h"
#include "json.h"
#include "messages.h"

/* Rounds over all texts. Each round has a new session, so that no text finds its words in the cache of the round before. */
enum { ROUNDS = 10, WARM_UP_TEXTS = 5 };

typedef struct {
    drupelet_text *items;
    size_t count;
} text_list;

typedef struct {
    double *microseconds; /* (ROUNDS x texts), sorted at the end */
    size_t count, tokens;
} latencies;

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

/* Shell's sort (1959): a C library's qsort may take 15 KB of code. */
static void sort_ascending(double *values, size_t count) {
    for (size_t gap = count / 2; gap > 0; gap /= 2)
        for (size_t n = gap; n < count; ++n) {
            double value = values[n];
            size_t place = n;
            for (; place >= gap && values[place - gap] > value; place -= gap) values[place] = values[place - gap];
            values[place] = value;
        }
}

static void free_texts(text_list *texts) {
    for (size_t n = 0; n < texts->count; ++n) free((char *)texts->items[n].bytes);
    free(texts->items);
}

/* Collects the texts of every suite but the edge suite. Returns 0 when there is no memory or the goldens are damaged. */
static int collect(text_list *texts) {
    goldens all;
    golden one;
    golden_outcome outcome = goldens_open(&all, embedded_goldens, sizeof embedded_goldens);
    while (outcome == GOLDEN_FOUND && (outcome = next_golden(&all, &one)) == GOLDEN_FOUND) {
        if (strcmp(all.suites[one.suite].name, "edge") == 0) continue;
        drupelet_text *larger = realloc(texts->items, (texts->count + 1) * sizeof *larger);
        if (larger) texts->items = larger;
        char *copy = larger ? malloc(one.text_bytes + 1) : NULL;
        if (!copy) {
            outcome = GOLDENS_NO_MEMORY;
            break;
        }
        memcpy(copy, one.text, one.text_bytes);
        texts->items[texts->count++] = (drupelet_text){copy, one.text_bytes};
    }
    goldens_close(&all);
    return outcome == GOLDENS_ENDED;
}

static drupelet_status run_round(const drupelet_model *model, const text_list *texts, double *probabilities,
                                 latencies *measured, drupelet_error *error) {
    const drupelet_session_options accept = {.accept_surrogates = 1};
    drupelet_session *session;
    drupelet_status status = drupelet_session_create(model, &accept, &session, error);
    drupelet_answer answer = {.probabilities = probabilities};
    for (size_t n = 0; status == DRUPELET_OK && n < texts->count && n < WARM_UP_TEXTS; ++n)
        status = drupelet_predict(session, &texts->items[n], 1, &answer, error);
    for (size_t n = 0; status == DRUPELET_OK && n < texts->count; ++n) {
        double began = now_us();
        status = drupelet_predict(session, &texts->items[n], 1, &answer, error);
        measured->microseconds[measured->count++] = now_us() - began;
        measured->tokens += answer.n_tokens;
    }
    drupelet_session_destroy(session);
    return status;
}

static double peak_memory_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

static void report(const drupelet_model *model, const text_list *texts, latencies *measured, int json) {
    double total_us = 0;
    for (size_t n = 0; n < measured->count; ++n) total_us += measured->microseconds[n];
    sort_ascending(measured->microseconds, measured->count);
    double p50 = measured->microseconds[(measured->count - 1) / 2];
    double p95 = measured->microseconds[(95 * measured->count + 99) / 100 - 1];
    double per_s = total_us > 0 ? 1e6 * (double)measured->count / total_us : 0;
    double tokens_mean = (double)measured->tokens / (double)measured->count;
    if (!json) {
        printf("%s, %s, tier %s, one thread\n", EMBEDDED_NAME, drupelet_model_scheme(model), drupelet_model_tier(model));
        printf("p50 %.1f us, p95 %.1f us, %.0f texts/s, peak memory %.1f MB\n", p50, p95, per_s, peak_memory_mb());
        printf("%zu texts of %.0f tokens on average, %d rounds, each with new caches and %d texts to warm up\n", texts->count,
               tokens_mean, ROUNDS, WARM_UP_TEXTS);
        return;
    }
    fputs("{\"schema_version\": 1, \"name\": ", stdout);
    print_json_string(EMBEDDED_NAME, strlen(EMBEDDED_NAME));
    printf(", \"file\": \"" EMBEDDED_MODEL_FILE "\", \"scheme\": \"%s\", \"drupelet\": \"" EMBEDDED_VERSION
           "\", \"tier\": \"%s\", \"latency_us\": {\"p50\": ", drupelet_model_scheme(model), drupelet_model_tier(model));
    print_json_number(p50);
    fputs(", \"p95\": ", stdout);
    print_json_number(p95);
    printf(", \"n\": %zu, \"tokens_mean\": ", texts->count);
    print_json_number(tokens_mean);
    printf(", \"rounds\": %d}, \"texts_per_s\": ", ROUNDS);
    print_json_number(per_s);
    fputs(", \"peak_memory_mb\": ", stdout);
    print_json_number(peak_memory_mb());
    fputs("}\n", stdout);
}

int bench(const drupelet_model *model, const options *given) {
    text_list texts = {NULL, 0};
    latencies measured = {NULL, 0, 0};
    int status = EXIT_USAGE;
    double *probabilities = calloc(drupelet_model_classes(model), sizeof *probabilities);
    int collected = collect(&texts);
    if (texts.count) measured.microseconds = malloc(ROUNDS * texts.count * sizeof *measured.microseconds);
    if (!collected) {
        complain("the goldens inside are damaged, or there is no memory for them; run --verify");
    } else if (texts.count == 0) {
        complain("no texts to measure with, apart from the edge suite; build from a bundle that drupelet export wrote "
                 "without --private");
    } else if (!probabilities || !measured.microseconds) {
        complain("no memory to measure with; free some");
    } else {
        drupelet_error error;
        drupelet_status outcome = DRUPELET_OK;
        for (int n = 0; n < ROUNDS && outcome == DRUPELET_OK; ++n)
            outcome = run_round(model, &texts, probabilities, &measured, &error);
        if (outcome == DRUPELET_OK) {
            report(model, &texts, &measured, given->json);
            status = EXIT_OK;
        } else {
            complain("a text inside: %s", error.message);
        }
    }
    free_texts(&texts);
    free(measured.microseconds);
    free(probabilities);
    return status;
}
