/* Reads the sections of a .drupelet file that are no tensors and no text rules into a model, each checked in itself (docs/format.md). */
#ifndef DRP_MODEL_SECTIONS_H
#define DRP_MODEL_SECTIONS_H

#include "model.h"
#include "model_file.h"

/* ARCH: fills in the network's shape and codes, and what of it multiplies integers. */
drupelet_status drp_read_architecture(const drp_section *section, drupelet_model *model, drupelet_error *error);

/* LABL: one printable, distinct label a class of the network, which must have been read. */
drupelet_status drp_read_labels(const drp_section *section, drupelet_model *model, drupelet_error *error);

#endif
