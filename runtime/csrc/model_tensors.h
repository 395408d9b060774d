/* Reads the tensors of a .drupelet file into a model whose network is known (docs/format.md). */
#ifndef DRP_MODEL_TENSORS_H
#define DRP_MODEL_TENSORS_H

#include "model.h"
#include "model_file.h"

/* TENS: takes every tensor that the network implies, and no other, and packs kernels and biases for the tier. */
drupelet_status drp_read_tensors(const drp_section_table *table, drupelet_model *model, drupelet_error *error);

#endif
