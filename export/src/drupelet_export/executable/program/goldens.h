/* The goldens: texts with the answers of Keras, and those of the native engine on the machine that built this program.
 * embedded_goldens.py writes them; docs/executables.md describes the layout of their bytes. */
#ifndef GOLDENS_H
#define GOLDENS_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_SUITES = 5, SUITE_NAME_BYTES = 16, MAX_CLASSES = 4096 /* as in a model file */ };

/* Maximum bytes of a golden's text: 16 Mi characters of four bytes, the limit in a bundle. */
#define MAX_GOLDEN_TEXT_BYTES ((size_t)1 << 26)

/* Maximum bytes of all texts: 128 Mi characters, the limit in a bundle. */
#define MAX_GOLDEN_TEXTS_BYTES ((size_t)1 << 29)

typedef struct {
    char name[SUITE_NAME_BYTES + 1];
    uint32_t count;           /* goldens in this program */
    uint32_t count_in_bundle; /* goldens in the bundle, from which these were chosen */
} golden_suite;

typedef struct {
    const unsigned char *at, *end; /* the bytes that were not read yet */
    uint64_t model_sum;            /* fnv1a of the model file */
    double max_flip_share, max_difference, max_accuracy_change; /* the gate of the model's scheme */
    uint32_t classes, suite_count;
    golden_suite suites[MAX_SUITES];
    uint32_t suite, in_suite; /* the place of the next golden */
    size_t texts_bytes;       /* of the texts that were read */
    char *text;
    double *probabilities;
} goldens;

typedef struct {
    uint32_t suite; /* index into suites */
    char name[64];
    int32_t label;     /* the true class number; -1: not known */
    uint32_t n_tokens; /* of the native engine */
    uint64_t ids_sum;  /* fnv1a of Keras's ids, int32, little-endian */
    double *keras, *native; /* (classes) probabilities */
    const char *text;
    size_t text_bytes;
} golden;

typedef enum { GOLDEN_FOUND, GOLDENS_ENDED, GOLDENS_DAMAGED, GOLDENS_NO_MEMORY } golden_outcome;

/* The 64-bit hash of Fowler, Noll and Vo, variant 1a. It detects damage, not malice. */
uint64_t fnv1a(const void *bytes, size_t size_bytes);

/* Opens the bytes of goldens.bin, which stay where they are until goldens_close. Returns GOLDEN_FOUND when they are intact, even
 * when there are none (suite_count 0). */
golden_outcome goldens_open(goldens *all, const unsigned char *bytes, size_t size_bytes);

/* Reads the next golden, suite after suite. It is valid until the next call. */
golden_outcome next_golden(goldens *all, golden *found);

void goldens_close(goldens *all);

#endif
