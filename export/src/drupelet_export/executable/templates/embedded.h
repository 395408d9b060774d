/* Names and sizes of the files in embedded.S. Written by drupelet compile. */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#define EMBEDDED_NAME "$name"
#define EMBEDDED_MODEL_FILE "$file"
#define EMBEDDED_VERSION "$version"
#define EMBEDDED_PROOF "$proof"
#define EMBEDDED_CLAIM "$claim"
#define EMBEDDED_MODEL_BYTES $model_bytes
#define EMBEDDED_GOLDENS_BYTES $goldens_bytes

#endif
