/* Reads the tensors of a .drupelet file into a model whose graph is known (docs/format.md). */
#ifndef DRP_MODEL_TENSORS_H
#define DRP_MODEL_TENSORS_H

#include "model.h"
#include "model_file.h"

/* Has every operation of the graph take its tensors, no other being in the file, and lay them out for the tier. */
drupelet_status drp_read_tensors(const drp_section_table *table, size_t file_bytes, drupelet_model *model,
                                 drupelet_error *error);

#endif
