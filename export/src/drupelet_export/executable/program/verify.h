/* Does this program answer like Keras, and with the bits of the machine that it was compiled on? */
#ifndef VERIFY_H
#define VERIFY_H

#include "drupelet.h"
#include "options.h"

/* Answers the goldens inside and prints the verdict. Returns EXIT_OK when every check held; nothing compared is a failure. */
int verify(const drupelet_model *model, const options *given);

#endif
