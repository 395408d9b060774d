/* Reads the DECI section of a .drupelet file (docs/format.md). */
#ifndef DRP_DECISION_SECTION_H
#define DRP_DECISION_SECTION_H

#include "model.h"
#include "model_file.h"

/* Thresholds of labels and of rejection. Network and labels must have been read. */
drupelet_status drp_read_decision(const drp_section *section, drupelet_model *model, drupelet_error *error);

#endif
