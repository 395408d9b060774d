/* libFuzzer target: any bytes as the goldens inside an executable. What is read is used as --verify and --bench use it.
 *
 * Input: goldens.bin without its last 8 bytes. The sum is put behind it, so that no mutation has to repair it.
 */
#include <stdlib.h>
#include <string.h>

#include "goldens.h"

static void check_name(const char *name, size_t room_bytes) {
    const char *end = memchr(name, 0, room_bytes);
    if (!end) abort();
    for (const char *p = name; p < end; ++p)
        if (*p < ' ' || *p > '~') abort();
}

static void check_golden(const goldens *all, const golden *one) {
    check_name(one->name, sizeof one->name);
    if (one->suite >= all->suite_count || one->label < -1 || one->label > MAX_CLASSES) abort();
    if (one->text_bytes > MAX_GOLDEN_TEXT_BYTES || all->texts_bytes > MAX_GOLDEN_TEXTS_BYTES) abort();
    fnv1a(one->text, one->text_bytes);
    fnv1a(one->keras, all->classes * sizeof *one->keras);
    fnv1a(one->native, all->classes * sizeof *one->native);
}

/* The end of the goldens. A text takes no bytes in the file, so what is long ends the run: GOLDENS_ENDED. */
static golden_outcome read_all(goldens *all, uint32_t *found) {
    enum { QUICK_BYTES = 1 << 20 };
    golden one;
    golden_outcome outcome;
    while ((outcome = next_golden(all, &one)) == GOLDEN_FOUND) {
        check_golden(all, &one);
        ++found[one.suite];
        if (all->texts_bytes > QUICK_BYTES) return GOLDENS_ENDED;
    }
    if (outcome == GOLDENS_ENDED)
        for (uint32_t n = 0; n < all->suite_count; ++n)
            if (found[n] != all->suites[n].count) abort();
    return outcome;
}

static void read_bytes(const unsigned char *bytes, size_t size_bytes) {
    goldens all;
    uint32_t found[MAX_SUITES] = {0};
    if (goldens_open(&all, bytes, size_bytes) == GOLDEN_FOUND) {
        if (all.suite_count > MAX_SUITES || all.classes < 1 || all.classes > MAX_CLASSES) abort();
        for (uint32_t n = 0; n < all.suite_count; ++n) {
            check_name(all.suites[n].name, sizeof all.suites[n].name);
            if (all.suites[n].count > all.suites[n].count_in_bundle) abort();
        }
        if (read_all(&all, found) == GOLDENS_NO_MEMORY) abort();
    }
    goldens_close(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    read_bytes(data, size_bytes);
    unsigned char *summed = malloc(size_bytes + sizeof(uint64_t)); /* exactly as long, so that a sanitizer sees the end */
    uint64_t sum = fnv1a(data, size_bytes);
    if (size_bytes) memcpy(summed, data, size_bytes);
    memcpy(summed + size_bytes, &sum, sizeof sum);
    read_bytes(summed, size_bytes + sizeof sum);
    free(summed);
    return 0;
}
