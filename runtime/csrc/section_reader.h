/* Reads a section of a .drupelet file number by number. */
#ifndef DRP_SECTION_READER_H
#define DRP_SECTION_READER_H

#include "support.h"

typedef struct {
    const uint8_t *at, *end;
    const char *what;
} drp_reader;

static inline bool drp_has(const drp_reader *r, size_t size_bytes) { return (size_t)(r->end - r->at) >= size_bytes; }

static inline uint32_t drp_take_u32(drp_reader *r) {
    uint32_t value = drp_u32(r->at);
    r->at += 4;
    return value;
}

static inline drupelet_status drp_ends_early(const drp_reader *r, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "section %s ends too early; export it again", r->what);
}

static inline drupelet_status drp_finish(const drp_reader *r, drupelet_error *error) {
    if (r->at == r->end) return DRUPELET_OK;
    return drp_fail(error, DRUPELET_BAD_FORMAT, "section %s has %zu bytes too many; export it again", r->what,
                    (size_t)(r->end - r->at));
}

#endif
