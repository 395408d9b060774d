/* What embedded.S puts into the program: the model file and the goldens, and what they are called (embedded.h, written when
 * the model was compiled). */
#ifndef EMBEDDED_BYTES_H
#define EMBEDDED_BYTES_H

#include "embedded.h"

extern const unsigned char embedded_model[EMBEDDED_MODEL_BYTES];
extern const unsigned char embedded_goldens[EMBEDDED_GOLDENS_BYTES];

#endif
