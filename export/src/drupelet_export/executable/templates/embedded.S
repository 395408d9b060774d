/* Includes model and goldens as they are, so that no compiler has to parse a megabyte of numbers.
 * The hashes change this file with the model, for caches of objects that look at nothing else:
 * model.drupelet $model_sha256
 * goldens.bin    $goldens_sha256
 */
#include "embedded.h"

    .section .rodata.embedded, "a", %progbits
    .balign 64
    .global embedded_model
    .type embedded_model, %object
embedded_model:
    .incbin "model.drupelet"
    .if . - embedded_model - EMBEDDED_MODEL_BYTES
    .error "model.drupelet is not the file that embedded.h describes; run drupelet compile again"
    .endif
    .size embedded_model, EMBEDDED_MODEL_BYTES
    .balign 64
    .global embedded_goldens
    .type embedded_goldens, %object
embedded_goldens:
    .incbin "goldens.bin"
    .if . - embedded_goldens - EMBEDDED_GOLDENS_BYTES
    .error "goldens.bin is not the file that embedded.h describes; run drupelet compile again"
    .endif
    .size embedded_goldens, EMBEDDED_GOLDENS_BYTES
    .section .note.GNU-stack, "", %progbits
