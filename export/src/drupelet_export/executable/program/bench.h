/* The cost of an answer on this device. */
#ifndef BENCH_H
#define BENCH_H

#include "drupelet.h"
#include "options.h"

/* Measures with the texts inside, but for the edge suite, and prints latency, texts a second and memory. Returns the exit
 * status. */
int bench(const drupelet_model *model, const options *given);

#endif
