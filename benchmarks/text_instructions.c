/* Encodes each line of a file as ids with a .drupelet file: text_instructions MODEL TEXTS TIER PASSES. For text_instructions.py.
 * Prints the ids of a pass, and the nanoseconds of its texts, some at a time: the least of all passes each. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drupelet.h"

enum { MOST_TEXTS = 1 << 16, MOST_BYTES = 1 << 26, TOGETHER = 20 }; /* so many texts, or reading the clock would count */

static int failed(const char *message) {
    fprintf(stderr, "text_instructions: %s\n", message);
    return 2;
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/* Finds the lines of a file that was read. */
static size_t find_lines(const char *at, size_t size_bytes, drupelet_text *texts) {
    const char *end = at + size_bytes;
    size_t count = 0;
    while (at < end && count < MOST_TEXTS) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) line_end = end;
        texts[count++] = (drupelet_text){at, (size_t)(line_end - at)};
        at = line_end + 1;
    }
    return count;
}

int main(int argc, char **argv) {
    static drupelet_text texts[MOST_TEXTS];
    static double least_ns[MOST_TEXTS];
    drupelet_error error;
    drupelet_model *model;
    drupelet_session *session;
    FILE *file = argc == 5 ? fopen(argv[2], "rb") : NULL;
    char *bytes = file ? malloc(MOST_BYTES) : NULL;
    if (!bytes) return failed("expected a .drupelet file, a file of texts, one a line, a tier and a number of passes");
    const size_t count = find_lines(bytes, fread(bytes, 1, MOST_BYTES, file), texts);
    fclose(file);
    const drupelet_model_options options = {.tier = argv[3]};
    if (drupelet_model_read(argv[1], &options, &model, &error) != DRUPELET_OK) return failed(error.message);
    if (drupelet_session_create(model, NULL, &session, &error) != DRUPELET_OK) return failed(error.message);
    size_t ids_of_a_pass = 0;
    for (int pass = 0; pass < atoi(argv[4]); ++pass) {
        double began = now_ns();
        for (size_t k = 0; k < count; ++k) {
            const int32_t *ids;
            size_t id_count, n_tokens;
            if (drupelet_encode(session, texts[k], &ids, &id_count, &n_tokens, &error) != DRUPELET_OK)
                return failed(error.message);
            if (pass == 0) ids_of_a_pass += id_count;
            if (k % TOGETHER != TOGETHER - 1 && k != count - 1) continue;
            const double ended = now_ns();
            least_ns[k] = pass == 0 ? ended - began : fmin(least_ns[k], ended - began);
            began = ended;
        }
    }
    double sum_ns = 0;
    for (size_t k = 0; k < count; ++k) sum_ns += least_ns[k];
    printf("%zu %.0f\n", ids_of_a_pass, sum_ns);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    free(bytes);
    return 0;
}
