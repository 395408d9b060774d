/* Answers to texts from the command line or from stdin. */
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "drupelet.h"
#include "options.h"

/* Prints an answer for each text, in order. Returns the exit status. */
int classify(const drupelet_model *model, const options *given);

#endif
