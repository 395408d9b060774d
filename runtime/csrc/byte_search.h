/* Searches bytes for a literal, in time linear in both whatever they are. */
#ifndef DRP_BYTE_SEARCH_H
#define DRP_BYTE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/* The first place of `literal`, of at least one byte, at `at` or behind it and wholly before `end`; NULL for none. */
const uint8_t *drp_find_bytes(const uint8_t *literal, size_t literal_bytes, const uint8_t *at, const uint8_t *end);

#endif
