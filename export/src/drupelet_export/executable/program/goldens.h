/* The goldens: texts with Keras's answers and those of the native engine where this program was compiled. The layout of their
 * bytes is described in docs/executables.md and written by embedded_goldens.py. */
#ifndef GOLDENS_H
#define GOLDENS_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_SUITES = 4, SUITE_NAME_BYTES = 16, MAX_CLASSES = 4096 /* as in a model file */ };

/* 16 Mi characters of four bytes: what a bundle's goldens may hold at most. */
#define MAX_GOLDEN_TEXT_BYTES ((size_t)1 << 26)

typedef struct {
    char name[SUITE_NAME_BYTES + 1];
    uint32_t count;           /* of goldens here */
    uint32_t count_in_bundle; /* of goldens in the bundle, from which these were chosen */
} golden_suite;

typedef struct {
    const unsigned char *at, *end; /* of what was not read yet */
    uint64_t model_sum;            /* fnv1a of the model file */
    double max_flip_share, max_difference, max_accuracy_change; /* the gate of the model's scheme */
    uint32_t classes, suite_count;
    golden_suite suites[MAX_SUITES];
    uint32_t suite, in_suite; /* those that come next */
    char *text;
    double *probabilities;
} goldens;

typedef struct {
    uint32_t suite; /* its place in suites */
    char name[64];
    int32_t label;     /* the true class number; -1: not known */
    uint32_t n_tokens; /* of the native engine */
    uint64_t ids_sum;  /* fnv1a of Keras's ids, int32, little-endian */
    const double *keras, *native; /* (classes) probabilities */
    const char *text;
    size_t text_bytes;
} golden;

typedef enum { GOLDEN_FOUND, GOLDENS_ENDED, GOLDENS_DAMAGED, GOLDENS_NO_MEMORY } golden_outcome;

/* The sum of Fowler, Noll and Vo, 64 bits, variant 1a: tells damage, not malice. */
uint64_t fnv1a(const void *bytes, size_t size_bytes);

/* Opens the embedded goldens, which may be none (suite_count 0). GOLDEN_FOUND when they are well. */
golden_outcome goldens_open(goldens *all);

/* The next golden, suite after suite; valid until the next call. */
golden_outcome next_golden(goldens *all, golden *found);

void goldens_close(goldens *all);

#endif
