/* From logits to an answer: probabilities and a label. */
#ifndef DRP_ANSWER_H
#define DRP_ANSWER_H

#include "drupelet.h"

/* Fills an answer from logits (units of the last layer). Its number of tokens is there already. */
void drp_finish_answer(const drupelet_model *model, const float *logits, drupelet_answer *answer);

#endif
