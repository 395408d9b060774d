#define _POSIX_C_SOURCE 200809L
#include "classify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embedded_bytes.h"
#include "json.h"
#include "lines.h"
#include "messages.h"
#include "output.h"

typedef struct {
    const drupelet_model *model;
    drupelet_session *session;
    double *probabilities; /* (classes) */
    int json;
    size_t printed;
} printer;

static void print_json_head(void) {
    fputs("{\"engine\": \"native\", \"file\": \"" EMBEDDED_MODEL_FILE "\", \"predictions\": [", stdout);
}

static void print_json_label(const printer *p, uint32_t number) {
    const char *label = drupelet_model_label(p->model, number);
    print_json_string(label, strlen(label));
}

static void print_json(const printer *p, const drupelet_answer *answer) {
    if (!p->printed) print_json_head();
    fputs(p->printed ? ",\n{\"label\": " : "\n{\"label\": ", stdout);
    if (answer->is_rejected)
        fputs("null", stdout);
    else
        print_json_label(p, answer->label);
    fputs(", \"probability\": ", stdout);
    print_json_number(answer->probabilities[answer->label]);
    fputs(", \"probabilities\": [", stdout);
    for (uint32_t n = 0; n < drupelet_model_classes(p->model); ++n) {
        if (n) fputs(", ", stdout);
        print_json_number(answer->probabilities[n]);
    }
    printf("], \"n_tokens\": %zu", answer->n_tokens);
    if (drupelet_model_is_multi_label(p->model)) {
        fputs(", \"labels\": [", stdout);
        for (uint32_t n = 0, printed = 0; n < drupelet_model_classes(p->model); ++n)
            if (drupelet_answers_label(p->model, answer, n)) {
                if (printed++) fputs(", ", stdout);
                print_json_label(p, n);
            }
        putchar(']');
    }
    fputs(answer->is_rejected ? ", \"rejected\": true}" : "}", stdout);
}

static void print_pair(const char *label, double probability) {
    if (probability != probability) /* processors differ in the sign of a NaN */
        printf("%s\tnan", label);
    else
        printf("%s\t%.6f", label, probability);
}

/* A line of the labels that are answered, each with its probability; empty where none of several holds. */
static void print_line(const printer *p, const drupelet_answer *answer) {
    if (answer->is_rejected) print_pair("(rejected)", answer->probabilities[answer->label]);
    for (uint32_t n = 0, printed = 0; n < drupelet_model_classes(p->model); ++n)
        if (drupelet_answers_label(p->model, answer, n)) {
            if (printed++) putchar('\t');
            print_pair(drupelet_model_label(p->model, n), answer->probabilities[n]);
        }
    putchar('\n');
}

/* Ends the document. Where a text after the first is bad, its last member says why; where the first is bad, there is none. */
static void print_json_end(const printer *p, int status) {
    if (!p->printed) {
        if (status != EXIT_OK) return;
        print_json_head();
    }
    fputs("\n]", stdout);
    if (status != EXIT_OK) {
        fputs(", \"error\": ", stdout);
        print_json_string(last_complaint(), strlen(last_complaint()));
    }
    fputs("}\n", stdout);
}

/* Answers one text. `what` and `number` name the text in an error, for example when it is not UTF-8. */
static int print_answer(printer *p, drupelet_text text, const char *what, size_t number) {
    drupelet_error error;
    drupelet_answer answer = {.probabilities = p->probabilities};
    if (drupelet_predict(p->session, &text, 1, &answer, &error) != DRUPELET_OK) {
        complain("%s %zu: %s", what, number, error.message);
        return EXIT_USAGE;
    }
    output_begin();
    if (p->json)
        print_json(p, &answer);
    else
        print_line(p, &answer);
    output_pause();
    ++p->printed;
    return EXIT_OK;
}

static int answer_arguments(printer *p, const options *given) {
    int status = EXIT_OK;
    for (int n = 0; n < given->text_count && status == EXIT_OK && output_is_well(); ++n) {
        const char *text = given->texts[n];
        size_t size_bytes = strlen(text), marks = marks_bytes(text, size_bytes);
        status = print_answer(p, (drupelet_text){text + marks, size_bytes - marks}, "text", (size_t)n + 1);
    }
    return status;
}

/* The writer of stdin may wait for an answer before it sends the next text, so answers are flushed before each wait. */
static int answer_lines(printer *p, const options *given) {
    line_reader reader = {
        .descriptor = 0, .max_line_bytes = given->max_line_bytes, .idle_seconds = given->idle_seconds};
    int status = EXIT_OK;
    if (isatty(0)) fprintf(stderr, "%s: type one text per line, end with Ctrl-D; see --help\n", program_name);
    while (status == EXIT_OK && output_is_well()) {
        const char *bytes;
        size_t size_bytes;
        if (!lines_waiting(&reader) && !output_flush()) break;
        line_outcome outcome = next_line(&reader, &bytes, &size_bytes);
        if (outcome == LINES_ENDED) break;
        if (outcome == LINE_FOUND) {
            status = print_answer(p, (drupelet_text){bytes, size_bytes}, "stdin: line", reader.number);
            continue;
        }
        if (outcome == LINE_TOO_LONG)
            complain("stdin: line %zu is longer than %zu bytes; expected one text per line", reader.number,
                     reader.max_line_bytes);
        else if (outcome == LINES_OF_OTHER_ENCODING)
            complain("stdin: starts with the byte order mark of %s, expected UTF-8; convert it with iconv -f %s -t UTF-8",
                     reader.encoding, reader.encoding);
        else if (outcome == LINES_IDLE)
            complain("stdin: cannot be read (nothing came for %u s)", reader.idle_seconds);
        else if (outcome == LINES_NO_MEMORY)
            complain("stdin: no memory for line %zu; cut it", reader.number);
        else
            complain("stdin: cannot be read (%s)", strerror(errno));
        status = EXIT_USAGE;
    }
    lines_end(&reader);
    return status;
}

int classify(const drupelet_model *model, const options *given) {
    drupelet_error error;
    printer p = {.model = model, .json = given->json};
    p.probabilities = calloc(drupelet_model_classes(model), sizeof *p.probabilities);
    if (!p.probabilities || drupelet_session_create(model, NULL, &p.session, &error) != DRUPELET_OK) {
        complain("no memory to answer with; free some");
        free(p.probabilities);
        return EXIT_USAGE;
    }
    output_limit(given->idle_seconds);
    int status = given->text_count ? answer_arguments(&p, given) : answer_lines(&p, given);
    output_begin();
    if (given->json) print_json_end(&p, status);
    output_pause();
    drupelet_session_destroy(p.session);
    free(p.probabilities);
    return status;
}
