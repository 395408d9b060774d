/* Classifies texts with nothing but the C kernel. The argument is a model file; stdin has one text per line.
 *
 *     cc -std=c11 -O3 -pthread -Iruntime/csrc examples/classify.c $(ls runtime/csrc/*.c | grep -v python) -o classify
 *     echo "a quiet, wonderful film" | ./classify artifacts/imdb/model.wi8.drupelet
 *
 * Prints a line for each text: the label, a tab, its probability. The first error ends the program with status 1 and a message
 * on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drupelet.h"

/* Reads the next line, without its end, into a buffer that grows. Returns 1, 0 at the end of input, or -1 without memory. */
static int read_line(FILE *input, char **line, size_t *room, size_t *size_bytes) {
    int c;
    *size_bytes = 0;
    while ((c = getc(input)) != EOF && c != '\n') {
        if (*size_bytes == *room) {
            size_t larger_room = *room ? 2 * *room : 1024;
            char *larger = realloc(*line, larger_room);
            if (!larger) return -1;
            *line = larger;
            *room = larger_room;
        }
        (*line)[(*size_bytes)++] = (char)c;
    }
    if (c == '\n' && *size_bytes && (*line)[*size_bytes - 1] == '\r') --*size_bytes;
    return c != EOF || *size_bytes > 0;
}

/* The text of a line as `drupelet predict` takes it: without byte order marks at its start: files that are joined have
 * them at the start of lines. */
static drupelet_text text_of(const char *line, size_t size_bytes) {
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t mark_bytes = sizeof mark - 1;
    while (size_bytes >= mark_bytes && memcmp(line, mark, mark_bytes) == 0) {
        line += mark_bytes;
        size_bytes -= mark_bytes;
    }
    return (drupelet_text){line, size_bytes};
}

static int classify(const drupelet_model *model, drupelet_session *session, FILE *input, drupelet_error *error) {
    double *probabilities = malloc(drupelet_model_classes(model) * sizeof *probabilities);
    char *line = NULL;
    size_t room = 0, size_bytes;
    int more = probabilities ? 0 : -1;
    drupelet_status status = DRUPELET_OK;
    while (more >= 0 && status == DRUPELET_OK && (more = read_line(input, &line, &room, &size_bytes)) > 0) {
        const drupelet_text text = text_of(line, size_bytes);
        drupelet_answer answer = {.probabilities = probabilities};
        status = drupelet_predict(session, &text, 1, &answer, error);
        if (status == DRUPELET_OK)
            printf("%s\t%.4f\n", drupelet_model_label(model, answer.label), probabilities[answer.label]);
    }
    if (more < 0) snprintf(error->message, sizeof error->message, "no memory for a line; cut it");
    free(line);
    free(probabilities);
    return more < 0 || status != DRUPELET_OK;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s MODEL.drupelet < texts\n", arguments[0]);
        return 2;
    }
    drupelet_model *model;
    drupelet_session *session = NULL;
    drupelet_error error;
    int failed = drupelet_model_read(arguments[1], NULL, &model, &error) != DRUPELET_OK ||
                 drupelet_session_create(model, NULL, &session, &error) != DRUPELET_OK ||
                 classify(model, session, stdin, &error) != 0;
    if (failed) fprintf(stderr, "%s: %s\n", arguments[1], error.message);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    return failed;
}
