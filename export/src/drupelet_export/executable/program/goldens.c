#include "goldens.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = "DRPGOLD1";

uint64_t fnv1a(const void *bytes, size_t size_bytes) {
    const unsigned char *p = bytes;
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t n = 0; n < size_bytes; ++n) sum = (sum ^ p[n]) * 0x100000001b3u;
    return sum;
}

/* Copies the next bytes. Returns 0 when there are fewer. All numbers are little-endian, as on every target. */
static int take(goldens *g, void *to, size_t size_bytes) {
    if ((size_t)(g->end - g->at) < size_bytes) return 0;
    memcpy(to, g->at, size_bytes);
    g->at += size_bytes;
    return 1;
}

/* Returns 1 for characters that a terminal shows as they are. */
static int is_printable(const char *name, size_t size_bytes) {
    for (size_t n = 0; n < size_bytes; ++n)
        if (name[n] < ' ' || name[n] > '~') return 0;
    return 1;
}

/* Returns 0 for a name that is no word filled up with zeros, or that an earlier suite has. */
static int is_new_name(const goldens *g, uint32_t place) {
    const char *name = g->suites[place].name;
    size_t name_bytes = strlen(name);
    if (name_bytes == 0 || !is_printable(name, name_bytes)) return 0;
    for (size_t n = name_bytes; n < SUITE_NAME_BYTES; ++n)
        if (name[n]) return 0;
    for (uint32_t n = 0; n < place; ++n)
        if (strcmp(g->suites[n].name, name) == 0) return 0;
    return 1;
}

static int take_suites(goldens *g) {
    for (uint32_t n = 0; n < g->suite_count; ++n) {
        golden_suite *suite = &g->suites[n];
        if (!take(g, suite->name, SUITE_NAME_BYTES) || !take(g, &suite->count, 4) || !take(g, &suite->count_in_bundle, 4))
            return 0;
        if (!is_new_name(g, n) || suite->count > suite->count_in_bundle) return 0;
    }
    return 1;
}

/* No answer is beyond a gate that is NaN. */
static int is_share(double value) { return value >= 0 && value <= 1; }

golden_outcome goldens_open(goldens *g, const unsigned char *bytes, size_t size_bytes) {
    char found[sizeof magic];
    uint64_t sum;
    *g = (goldens){.at = bytes};
    if (size_bytes < sizeof sum) return GOLDENS_DAMAGED;
    g->end = bytes + size_bytes - sizeof sum;
    memcpy(&sum, g->end, sizeof sum);
    if (sum != fnv1a(bytes, size_bytes - sizeof sum)) return GOLDENS_DAMAGED;
    if (!take(g, found, sizeof found) || memcmp(found, magic, sizeof magic) != 0 || !take(g, &g->model_sum, 8) ||
        !take(g, &g->max_flip_share, 8) || !take(g, &g->max_difference, 8) || !take(g, &g->max_accuracy_change, 8) ||
        !take(g, &g->classes, 4) || !take(g, &g->suite_count, 4) || g->suite_count > MAX_SUITES || !take_suites(g))
        return GOLDENS_DAMAGED;
    if (!is_share(g->max_flip_share) || !is_share(g->max_difference) || !is_share(g->max_accuracy_change) || g->classes < 1 ||
        g->classes > MAX_CLASSES)
        return GOLDENS_DAMAGED;
    g->probabilities = calloc(2 * (size_t)g->classes, sizeof *g->probabilities);
    return g->probabilities ? GOLDEN_FOUND : GOLDENS_NO_MEMORY;
}

/* A text is a sequence of runs. A run is some bytes, repeated `times` times. A run of nothing takes time and adds nothing. */
static golden_outcome take_text(goldens *g, uint32_t run_count, golden *found) {
    const unsigned char *start = g->at;
    size_t size_bytes = 0;
    for (int writing = 0; writing < 2; ++writing) {
        g->at = start;
        char *to = g->text;
        for (uint32_t n = 0; n < run_count; ++n) {
            uint32_t run_bytes, times;
            if (!take(g, &run_bytes, 4) || !take(g, &times, 4) || run_bytes > (size_t)(g->end - g->at)) return GOLDENS_DAMAGED;
            if (!writing) {
                if (!run_bytes || !times || run_bytes > (MAX_GOLDEN_TEXT_BYTES - size_bytes) / times) return GOLDENS_DAMAGED;
                size_bytes += (size_t)run_bytes * times;
            }
            for (uint32_t k = 0; writing && k < times; ++k, to += run_bytes) memcpy(to, g->at, run_bytes);
            g->at += run_bytes;
        }
        if (writing) break;
        if (size_bytes > MAX_GOLDEN_TEXTS_BYTES - g->texts_bytes) return GOLDENS_DAMAGED;
        g->texts_bytes += size_bytes;
        char *larger = realloc(g->text, size_bytes + 1);
        if (!larger) return GOLDENS_NO_MEMORY;
        g->text = larger;
    }
    found->text = g->text;
    found->text_bytes = size_bytes;
    return GOLDEN_FOUND;
}

golden_outcome next_golden(goldens *g, golden *found) {
    while (g->suite < g->suite_count && g->in_suite == g->suites[g->suite].count) {
        ++g->suite;
        g->in_suite = 0;
    }
    if (g->suite == g->suite_count) return g->at == g->end ? GOLDENS_ENDED : GOLDENS_DAMAGED;
    const size_t values_bytes = g->classes * sizeof *g->probabilities;
    const int32_t labels = g->classes > 1 ? (int32_t)g->classes : 2; /* one probability decides between two */
    uint32_t name_bytes, run_count;
    found->suite = g->suite;
    if (!take(g, &name_bytes, 4) || !take(g, &run_count, 4) || !take(g, &found->label, 4) || !take(g, &found->n_tokens, 4) ||
        !take(g, &found->ids_sum, 8) || !take(g, g->probabilities, values_bytes) ||
        !take(g, g->probabilities + g->classes, values_bytes) || name_bytes >= sizeof found->name ||
        !take(g, found->name, name_bytes) || !is_printable(found->name, name_bytes) || found->label < -1 ||
        found->label >= labels)
        return GOLDENS_DAMAGED;
    found->name[name_bytes] = 0;
    found->keras = g->probabilities;
    found->native = g->probabilities + g->classes;
    ++g->in_suite;
    return take_text(g, run_count, found);
}

void goldens_close(goldens *g) {
    free(g->text);
    free(g->probabilities);
}
