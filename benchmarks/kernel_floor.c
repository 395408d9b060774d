/* Measures a step of the workload's LSTM (64 units, int8), and the shortest possible time on this machine: `make floor`.
 *
 * Peaks are measured, not looked up: multiply-accumulate instructions with weights from the first-level cache, and int16
 * multiplications, all without dependencies. The floor of a tier is the time of its 16,384 int8 products plus the time of the
 * cell's multiplications, which run on the same units of the processor. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "drupelet.h"
#include "kernel.h"

enum { UNITS = 64, GATES = 4, PRODUCTS = UNITS * UNITS * GATES, REPEATS = 300, CALLS = 1000 };
/* Multiplications of vectors in int16_cell.h, per vector of units: 4 factors, 5 sigmoids and tanhs of 5, 3 for c, 1 for h, 1 for
 * int8. */
enum { CELL_MULTIPLICATIONS = 4 + 25 + 3 + 1 + 1 };

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

#define BEST_NS(BODY)                                       \
    ({                                                      \
        double best = 1e18;                                 \
        for (int repeat = 0; repeat < REPEATS; ++repeat) {  \
            double start = now_ns();                        \
            for (int call = 0; call < CALLS; ++call) {      \
                BODY;                                       \
            }                                               \
            double ns = (now_ns() - start) / CALLS;         \
            if (ns < best) best = ns;                       \
        }                                                   \
        best;                                               \
    })

static void *zeros(size_t size_bytes) {
    void *memory = aligned_alloc(DRP_ALIGNMENT, (size_bytes + 63) / 64 * 64);
    if (!memory) exit(2);
    return memset(memory, 0, size_bytes);
}

static double step_ns(const drp_tier *tier) {
    drp_cell_i16 cell = {.products = {UNITS, UNITS / DRP_DOT, GATES, UNITS / DRP_LANES, zeros(PRODUCTS),
                                      zeros(UNITS * GATES * sizeof(int32_t)), NULL},
                         .shifts = zeros(UNITS * GATES * sizeof(int32_t)),
                         .factors = zeros(UNITS * GATES * sizeof(int16_t)),
                         .ranges = zeros(UNITS / DRP_LANES * sizeof(drp_range)),
                         .doublings = 2};
    int16_t *x = zeros(UNITS * GATES * sizeof *x), *c = zeros(UNITS * sizeof *c), *h = zeros(UNITS * sizeof *h);
    uint8_t *h_i8[2] = {zeros(UNITS), zeros(UNITS)};
    uint32_t random = 1;
    for (int k = 0; k < PRODUCTS; ++k) cell.products.values[k] = (int8_t)((random = random * 1664525u + 1013904223u) >> 24) / 2;
    for (int k = 0; k < UNITS * GATES; ++k) {
        cell.shifts[k] = 5;
        cell.factors[k] = 20000;
        x[k] = (int16_t)((random = random * 1664525u + 1013904223u) >> 20);
    }
    for (int panel = 0; panel < UNITS / DRP_LANES; ++panel)
        cell.ranges[panel] = (drp_range){0, UNITS / DRP_DOT, (size_t)panel * PRODUCTS / (UNITS / DRP_LANES)};
    int now = 0;
    return BEST_NS(tier->lstm_step_i16(&cell, x, h_i8[now], c, h_i8[!now], h); now = !now);
}

#if defined(__x86_64__)
#define EIGHT(OP, SOURCE, REGISTER)                                                                              \
    OP " " SOURCE(0) ", %%" REGISTER "8, %%" REGISTER "0\n" OP " " SOURCE(1) ", %%" REGISTER "8, %%" REGISTER "1\n" \
    OP " " SOURCE(2) ", %%" REGISTER "8, %%" REGISTER "2\n" OP " " SOURCE(3) ", %%" REGISTER "8, %%" REGISTER "3\n" \
    OP " " SOURCE(4) ", %%" REGISTER "8, %%" REGISTER "4\n" OP " " SOURCE(5) ", %%" REGISTER "8, %%" REGISTER "5\n" \
    OP " " SOURCE(6) ", %%" REGISTER "8, %%" REGISTER "6\n" OP " " SOURCE(7) ", %%" REGISTER "8, %%" REGISTER "7\n"
#define WEIGHTS(N) #N "*64(%0)"
#define NINTH_ZMM(N) "%%zmm9"
#define NINTH_YMM(N) "%%ymm9"

static double peak_dot512_ns(void) { /* one vpdpbusd, with its 64 weights from a matrix of 16 KiB */
    uint8_t *weights = zeros(PRODUCTS);
    return BEST_NS(for (const uint8_t *at = weights; at < weights + PRODUCTS; at += 512)
                       __asm__ volatile(EIGHT("vpdpbusd", WEIGHTS, "zmm")::"r"(at) : "memory")) /
           (PRODUCTS / 64);
}

static double peak_multiply512_ns(void) {
    return BEST_NS(__asm__ volatile(EIGHT("vpmulhrsw", NINTH_ZMM, "zmm") EIGHT("vpmulhrsw", NINTH_ZMM, "zmm")::)) / 16;
}

static double peak_maddubs256_ns(void) { /* one vpmaddubsw with 32 weights, the first of the four instructions they need */
    return BEST_NS(__asm__ volatile(EIGHT("vpmaddubsw", NINTH_YMM, "ymm") EIGHT("vpmaddubsw", NINTH_YMM, "ymm")::)) / 16;
}

static double peak_multiply256_ns(void) {
    return BEST_NS(__asm__ volatile(EIGHT("vpmulhrsw", NINTH_YMM, "ymm") EIGHT("vpmulhrsw", NINTH_YMM, "ymm")::)) / 16;
}

static void floor_of(const char *tier) {
    double dot_ns, cell_ns;
    if (strcmp(tier, "avx512vnni") == 0) {
        dot_ns = peak_dot512_ns() * PRODUCTS / 64;
        cell_ns = peak_multiply512_ns() * CELL_MULTIPLICATIONS * UNITS / 32;
    } else if (strcmp(tier, "avx2") == 0) { /* sign, maddubs, madd: three of them run on the units that multiply */
        dot_ns = peak_maddubs256_ns() * 3 * PRODUCTS / 32;
        cell_ns = peak_multiply256_ns() * CELL_MULTIPLICATIONS * UNITS / 16;
    } else {
        printf(" (no floor measured)\n");
        return;
    }
    printf(", floor %.0f ns: %.0f of int8 products, %.0f of the cell's multiplications\n", dot_ns + cell_ns, dot_ns, cell_ns);
}
#else
static void floor_of(const char *tier) {
    (void)tier;
    printf(" (no floor measured on this processor)\n");
}
#endif

int main(void) {
    printf("a step of 64 units: %d int8 products over 16 KiB of weights, 320 sigmoids and tanhs\n", PRODUCTS);
    for (size_t n = 0; drupelet_tier_name(n); ++n) {
        const char *lacks, *name = drupelet_tier_name(n);
        const drp_tier *tier = drp_tier_named(name, &lacks);
        if (!tier) {
            printf("%-10s not run: %s\n", name, lacks);
            continue;
        }
        printf("%-10s %6.0f ns", name, step_ns(tier));
        floor_of(name);
    }
    return 0;
}
