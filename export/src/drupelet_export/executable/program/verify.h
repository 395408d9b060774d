/* Checks that this program answers like Keras, and bit for bit like the native engine on the machine that built it. */
#ifndef VERIFY_H
#define VERIFY_H

#include "drupelet.h"
#include "options.h"

/* Answers the goldens inside and prints the verdict. Returns EXIT_OK when every check passed. Nothing compared is a failure. */
int verify(const drupelet_model *model, const options *given);

#endif
