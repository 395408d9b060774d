#include "checksum.h"

#include <string.h>

const drp_checksum_unit *drp_checksum_unit_named(const drp_checksum_unit *units, const char *name) {
    const drp_checksum_unit *best = NULL;
    for (; units->name; ++units)
        if ((!name || strcmp(name, units->name) == 0) && !units->lacks()) best = units;
    return best;
}
