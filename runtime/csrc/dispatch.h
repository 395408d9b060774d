/* The choice of a tier: which instructions this processor has, and which tier runs on them. */
#ifndef DRP_DISPATCH_H
#define DRP_DISPATCH_H

#include "kernel.h"

/* The tier of that name; the best one that this processor runs when the name is NULL. Returns NULL when there is none,
 * and sets *lacks to the reason. */
const drp_tier *drp_tier_named(const char *name, const char **lacks);

#endif
