/* The model file and the goldens, which embedded.S puts into the program. drupelet compile writes their names and sizes into
 * embedded.h. */
#ifndef EMBEDDED_BYTES_H
#define EMBEDDED_BYTES_H

#include "embedded.h"

extern const unsigned char embedded_model[EMBEDDED_MODEL_BYTES];
extern const unsigned char embedded_goldens[EMBEDDED_GOLDENS_BYTES];

#endif
