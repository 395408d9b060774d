/* Reads the LABL section of a .drupelet file (docs/format.md). */
#ifndef DRP_LABEL_SECTION_H
#define DRP_LABEL_SECTION_H

#include "model.h"
#include "model_file.h"

/* One printable, distinct label a class of the network, which must have been read. */
drupelet_status drp_read_labels(const drp_section *section, drupelet_model *model, drupelet_error *error);

#endif
