#include "verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedded_bytes.h"
#include "goldens.h"
#include "json.h"
#include "messages.h"

/* In texts. An allowed share of n texts is rounded to the nearest whole number of texts, a half downwards, as in drupelet
 * verify. */
#define ROUNDING 0.499

enum { MAX_FAILURES = 8, FAILURE_BYTES = 192 };

typedef struct {
    uint32_t n, decisions, flips, other_ids, other_bits, labelled, correct, keras_correct;
    double max_difference; /* infinite when only one of answer and Keras is NaN */
    char worst_bits[64];   /* the first golden whose bits differ */
} tally;

typedef struct {
    goldens all;
    tally tallies[MAX_SUITES];
    char failures[MAX_FAILURES][FAILURE_BYTES];
    int failure_count;
} verification;

__attribute__((format(printf, 2, 3))) static void fail(verification *v, const char *format, ...) {
    if (v->failure_count == MAX_FAILURES) return;
    va_list values;
    va_start(values, format);
    vsnprintf(v->failures[v->failure_count++], FAILURE_BYTES, format, values);
    va_end(values);
}

/* The index of the largest value, the lowest one of equal values; 0 when a value is NaN. */
static uint32_t most_probable(const double *values, uint32_t count) {
    uint32_t best = 0;
    for (uint32_t n = 0; n < count; ++n) {
        if (isnan(values[n])) return 0;
        if (values[n] > values[best]) best = n;
    }
    return best;
}

/* The largest absolute difference; infinite when a value is NaN on one side only. */
static double answer_difference(const double *expected, const double *got, uint32_t count) {
    double worst = 0;
    for (uint32_t n = 0; n < count; ++n) {
        if (isnan(expected[n]) != isnan(got[n])) return INFINITY;
        if (expected[n] != got[n] && !isnan(got[n]) && fabs(expected[n] - got[n]) > worst) worst = fabs(expected[n] - got[n]);
    }
    return worst;
}

/* Returns 1 when every value has the same bits. Two NaNs count as the same, because processors differ in the sign of a NaN. */
static int same_bits(const double *expected, const double *got, uint32_t count) {
    for (uint32_t n = 0; n < count; ++n)
        if (memcmp(&expected[n], &got[n], sizeof *got) != 0 && !(isnan(expected[n]) && isnan(got[n]))) return 0;
    return 1;
}

/* The number of labels that flip between two answers (drupelet/comparison.py): at most one, unless each label is decided alone. */
static uint32_t changed_labels(const drupelet_model *model, const drupelet_answer *expected, const drupelet_answer *got) {
    const bool rejects_one = expected->is_rejected != got->is_rejected;
    uint32_t changed = 0;
    for (uint32_t n = 0; n < drupelet_model_classes(model); ++n)
        changed += drupelet_answers_label(model, expected, n) != drupelet_answers_label(model, got, n);
    if (changed && !drupelet_model_is_multi_label(model)) return 1;
    return changed ? changed : rejects_one;
}

static drupelet_status check_golden(const drupelet_model *model, drupelet_session *session, const golden *one,
                                    double *probabilities, bool is_edge, tally *t, drupelet_error *error) {
    const uint32_t classes = drupelet_model_classes(model);
    const int32_t *ids;
    size_t id_count, n_tokens;
    drupelet_text text = {one->text, one->text_bytes};
    drupelet_answer answer = {.probabilities = probabilities};
    drupelet_status status = drupelet_encode(session, text, &ids, &id_count, &n_tokens, error);
    if (status != DRUPELET_OK) return status;
    t->other_ids += fnv1a(ids, id_count * sizeof *ids) != one->ids_sum;
    status = drupelet_predict(session, &text, 1, &answer, error);
    if (status != DRUPELET_OK) return status;
    uint32_t label = one->label < 0 ? 0 : (uint32_t)one->label;
    drupelet_answer keras = {.probabilities = one->keras, .label = most_probable(one->keras, classes)};
    answer.is_rejected = false; /* whether it is rejected is compared by probabilities, and not whether it is right */
    bool is_right = drupelet_answers_label(model, &answer, label), keras_is_right = drupelet_answers_label(model, &keras, label);
    answer.is_rejected = !is_edge && drupelet_rejects(model, probabilities, answer.label);
    keras.is_rejected = !is_edge && drupelet_rejects(model, one->keras, keras.label);
    double difference = answer_difference(one->keras, probabilities, classes);
    ++t->n;
    t->decisions += drupelet_model_is_multi_label(model) ? classes : 1;
    t->flips += changed_labels(model, &keras, &answer);
    if (difference > t->max_difference) t->max_difference = difference;
    if (one->label >= 0) {
        ++t->labelled;
        t->correct += is_right;
        t->keras_correct += keras_is_right;
    }
    if ((!same_bits(one->native, probabilities, classes) || answer.n_tokens != one->n_tokens) && t->other_bits++ == 0)
        snprintf(t->worst_bits, sizeof t->worst_bits, "%s", one->name);
    return DRUPELET_OK;
}

static void judge(verification *v, uint32_t suite) {
    const goldens *all = &v->all;
    const tally *t = &v->tallies[suite];
    const char *name = all->suites[suite].name;
    if (t->n == 0) fail(v, "%s: nothing was compared", name);
    if (t->other_ids)
        fail(v, "%s: %u texts got other ids than Keras's: text rules or vocabulary differ", name, t->other_ids);
    if (t->flips > all->max_flip_share * t->decisions + ROUNDING)
        fail(v, "%s: %u of %u labels flipped, allowed %.1f%%", name, t->flips, t->decisions, 100 * all->max_flip_share);
    if (!(t->max_difference <= all->max_difference))
        fail(v, "%s: a probability is off by %.3g, allowed %g", name, t->max_difference, all->max_difference);
    double change = fabs((double)t->correct - (double)t->keras_correct);
    if (t->n && t->labelled == t->n && change > all->max_accuracy_change * t->n + ROUNDING)
        fail(v, "%s: accuracy changed by %.2f%%, allowed %.1f%%", name, 100 * change / t->n, 100 * all->max_accuracy_change);
    if (t->other_bits)
        fail(v, "%s: %u of %u answers are not bit for bit those of the native engine, the first to '%s'", name, t->other_bits,
             t->n, t->worst_bits);
}

static void compare_all(verification *v, const drupelet_model *model, drupelet_session *session, double *probabilities) {
    golden one;
    golden_outcome outcome;
    drupelet_error error;
    while ((outcome = next_golden(&v->all, &one)) == GOLDEN_FOUND)
        if (check_golden(model, session, &one, probabilities, strcmp(v->all.suites[one.suite].name, "edge") == 0,
                         &v->tallies[one.suite], &error) != DRUPELET_OK)
            fail(v, "%s: '%s': %s", v->all.suites[one.suite].name, one.name, error.message);
    if (outcome == GOLDENS_DAMAGED) fail(v, "the goldens inside are damaged; copy or build the program again");
    if (outcome == GOLDENS_NO_MEMORY) fail(v, "no memory for a golden; free some");
    for (uint32_t n = 0; n < v->all.suite_count; ++n) judge(v, n);
}

static void run(verification *v, const drupelet_model *model) {
    drupelet_session *session = NULL;
    drupelet_error error;
    golden_outcome outcome = goldens_open(&v->all, embedded_goldens, sizeof embedded_goldens);
    if (outcome != GOLDEN_FOUND) {
        fail(v, outcome == GOLDENS_NO_MEMORY ? "no memory for the goldens; free some"
                                             : "the goldens inside are damaged; copy or build the program again");
        v->all.suite_count = 0;
        return;
    }
    if (v->all.model_sum != fnv1a(embedded_model, sizeof embedded_model))
        fail(v, "the model inside is not the one that the goldens belong to; copy or build the program again");
    if (v->all.suite_count == 0) {
        fail(v, "nothing was compared: the bundle that this was built from has no goldens; build from one that drupelet export "
                "wrote");
        return;
    }
    if (v->all.classes != drupelet_model_classes(model)) {
        fail(v, "the goldens have %u classes, the model has %u; build the program again", v->all.classes,
             drupelet_model_classes(model));
        v->all.suite_count = 0;
        return;
    }
    const drupelet_session_options accept = {.accept_surrogates = 1}; /* Python's texts may hold them */
    double *probabilities = calloc(v->all.classes, sizeof *probabilities);
    if (!probabilities || drupelet_session_create(model, &accept, &session, &error) != DRUPELET_OK)
        fail(v, "no memory to answer with; free some");
    else
        compare_all(v, model, session, probabilities);
    drupelet_session_destroy(session);
    free(probabilities);
}

static void print_table(const verification *v) {
    if (v->all.suite_count) printf("%-10s %6s %10s %6s %9s %11s\n", "suite", "texts", "of bundle", "flips", "max dp", "other bits");
    for (uint32_t n = 0; n < v->all.suite_count; ++n) {
        const tally *t = &v->tallies[n];
        printf("%-10s %6u %10u %6u %9.2e %11u\n", v->all.suites[n].name, t->n, v->all.suites[n].count_in_bundle, t->flips,
               t->max_difference, t->other_bits);
    }
    for (int n = 0; n < v->failure_count; ++n) printf("failed: %s\n", v->failures[n]);
}

static void print_document(const verification *v, const drupelet_model *model) {
    printf("{\"schema_version\": 1, \"passed\": %s, \"name\": ", v->failure_count ? "false" : "true");
    print_json_string(EMBEDDED_NAME, strlen(EMBEDDED_NAME));
    printf(", \"file\": \"" EMBEDDED_MODEL_FILE "\", \"scheme\": \"%s\", \"drupelet\": \"" EMBEDDED_VERSION
           "\", \"tier\": \"%s\", \"failures\": [", drupelet_model_scheme(model), drupelet_model_tier(model));
    for (int n = 0; n < v->failure_count; ++n) {
        if (n) fputs(", ", stdout);
        print_json_string(v->failures[n], strlen(v->failures[n]));
    }
    fputs("], \"suites\": {", stdout);
    for (uint32_t n = 0; n < v->all.suite_count; ++n) {
        const tally *t = &v->tallies[n];
        if (n) fputs(", ", stdout);
        print_json_string(v->all.suites[n].name, strlen(v->all.suites[n].name));
        printf(": {\"n\": %u, \"n_in_bundle\": %u, \"flips\": %u, \"max_difference\": ", t->n, v->all.suites[n].count_in_bundle,
               t->flips);
        print_json_number(t->max_difference);
        printf(", \"id_mismatches\": %u, \"bit_mismatches\": %u}", t->other_ids, t->other_bits);
    }
    fputs("}}\n", stdout);
}

int verify(const drupelet_model *model, const options *given) {
    verification *v = calloc(1, sizeof *v);
    if (!v) {
        complain("no memory to verify with; free some");
        return EXIT_CHECK_FAILED;
    }
    run(v, model);
    int status = v->failure_count ? EXIT_CHECK_FAILED : EXIT_OK;
    if (given->json) {
        print_document(v, model);
    } else {
        print_table(v);
        printf("%s, %s, tier %s: %s\n", EMBEDDED_NAME, drupelet_model_scheme(model), drupelet_model_tier(model),
               status == EXIT_OK ? "verified: " EMBEDDED_CLAIM "; bit for bit like the native engine" : "NOT VERIFIED");
    }
    goldens_close(&v->all);
    free(v);
    return status;
}
