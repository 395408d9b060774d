/* The choice of a cutter for a tier. */
#ifndef DRP_CUTTER_CHOICE_H
#define DRP_CUTTER_CHOICE_H

#include "kernel.h"
#include "word_cutter.h"

/* The quickest one for a tier that this processor runs. */
drp_cutter *drp_cutter_for(const drp_tier *tier);

#endif
