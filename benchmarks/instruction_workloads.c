/* Runs fixed workloads on a tier, and prints the name of each: instruction_workloads TIER, in the folder that
 * instruction_workloads.py wrote. What runs from a call of count_begin to the next one of count_end is the workload. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drupelet.h"

enum { ALIGNMENT = 64, MOST_BYTES = 1 << 21, MOST_TEXTS = 256, MOST_STEPS = 32, STEP_COUNTS = 2 };
static const size_t step_counts[STEP_COUNTS] = {16, MOST_STEPS};

/* Both stay functions that are called: the counters look for their names. */
__attribute__((noinline)) void count_begin(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) void count_end(void) { __asm__ volatile("" ::: "memory"); }

/* Memory of zeros that costs nothing, as a system's fresh pages do: what the C library's calloc clears is not counted. */
static _Alignas(ALIGNMENT) char memory[1 << 26];
static size_t memory_taken;

void *malloc(size_t size_bytes) {
    if (size_bytes > sizeof memory - ALIGNMENT - memory_taken) return NULL;
    void *taken = memory + memory_taken;
    memory_taken += (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return taken;
}

void *calloc(size_t count, size_t size_bytes) {
    return size_bytes && count > SIZE_MAX / size_bytes ? NULL : malloc(count * size_bytes);
}

void free(void *unused) { (void)unused; }

static void end(const char *what, const char *why) {
    fprintf(stderr, "instruction_workloads: %s: %s\n", what, why);
    exit(2);
}

typedef struct {
    char *bytes;
    size_t size_bytes;
} content;

static content contents_of(const char *name) {
    FILE *file = fopen(name, "rb");
    content found = {malloc(MOST_BYTES), 0};
    if (!file || !found.bytes) end(name, "cannot be read");
    found.size_bytes = fread(found.bytes, 1, MOST_BYTES, file);
    if (found.size_bytes == MOST_BYTES) end(name, "is larger than expected");
    fclose(file);
    return found;
}

static drupelet_text texts[MOST_TEXTS];
static size_t text_count;

static void split(content lines) {
    for (char *at = lines.bytes, *stop; (stop = memchr(at, '\n', (size_t)(lines.bytes + lines.size_bytes - at))); at = stop + 1) {
        if (text_count == MOST_TEXTS) end("texts", "are more than expected");
        texts[text_count++] = (drupelet_text){at, (size_t)(stop - at)};
    }
}

typedef struct {
    drupelet_model *model;
    drupelet_session *session;
} opened;

static opened open_file(content file, const char *tier) {
    const drupelet_model_options options = {.tier = tier};
    drupelet_error error;
    opened found;
    if (drupelet_model_open(file.bytes, file.size_bytes, &options, &found.model, &error) != DRUPELET_OK ||
        drupelet_session_create(found.model, NULL, &found.session, &error) != DRUPELET_OK)
        end("a model", error.message);
    return found;
}

static void run(opened network, size_t steps) {
    drupelet_error error;
    int32_t ids[MOST_STEPS];
    float logit;
    for (size_t k = 0; k < steps; ++k) ids[k] = (int32_t)(1 + k);
    if (drupelet_run(network.session, ids, steps, &logit, &error) != DRUPELET_OK) end("steps", error.message);
}

/* Runs a network over few and over many steps. All ids were read before, so that the difference is that of steps alone. */
static void count_steps(const char *name, const char *tier) {
    char file[64];
    snprintf(file, sizeof file, "%s.drupelet", name);
    opened network = open_file(contents_of(file), tier);
    run(network, MOST_STEPS);
    for (int k = 0; k < STEP_COUNTS; ++k) {
        count_begin();
        run(network, step_counts[k]);
        count_end();
        printf("%s %zu\n", name, step_counts[k]);
    }
}

int main(int argc, char **argv) {
    drupelet_error error;
    if (argc != 2) end("usage", "instruction_workloads TIER");
    const char *tier = argv[1];
    content imdb = contents_of("imdb.drupelet"), nano = contents_of("imdb-nano.drupelet");
    split(contents_of("texts.txt"));

    count_begin();
    opened large = open_file(imdb, tier);
    count_end();
    puts("open");

    count_begin();
    for (size_t n = 0; n < text_count; ++n) {
        const int32_t *ids;
        size_t count, n_tokens;
        if (drupelet_encode(large.session, texts[n], &ids, &count, &n_tokens, &error) != DRUPELET_OK) end("texts", error.message);
    }
    count_end();
    puts("text");

    opened small = open_file(nano, tier);
    double probabilities[2];
    drupelet_answer answer = {.probabilities = probabilities};
    count_begin();
    for (size_t n = 0; n < text_count; ++n)
        if (drupelet_predict(small.session, &texts[n], 1, &answer, &error) != DRUPELET_OK) end("texts", error.message);
    count_end();
    puts("predict");

    count_steps("lstm_wi8", tier);
    count_steps("gru_wi8", tier);
    count_steps("lstm_f32", tier);
    return 0;
}
