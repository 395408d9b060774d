/* Reads the GRPH section of a .drupelet file: nodes, their types, and where their values lie (docs/format.md). */
#ifndef DRP_GRAPH_SECTION_H
#define DRP_GRAPH_SECTION_H

#include "model.h"
#include "model_file.h"

drupelet_status drp_read_graph(const drp_section *section, drupelet_model *model, drupelet_error *error);

#endif
