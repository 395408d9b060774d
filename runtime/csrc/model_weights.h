/* Has the operations of a graph read their tensors from a .drupelet file. */
#ifndef DRP_MODEL_WEIGHTS_H
#define DRP_MODEL_WEIGHTS_H

#include "model.h"
#include "model_file.h"

/* Has every operation of the graph, which must have been read, prepare its weights. */
drupelet_status drp_read_tensors(const drp_section_table *table, drupelet_model *model, drupelet_error *error);

#endif
