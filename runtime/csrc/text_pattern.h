/* Patterns of text rules: a subset of Python's re, matched in linear time, as drupelet/text/pattern.py does. */
#ifndef DRP_TEXT_PATTERN_H
#define DRP_TEXT_PATTERN_H

#include "drupelet.h"
#include "support.h"

typedef struct drp_pattern drp_pattern;

/* Parses well-formed UTF-8 of at most 1,024 bytes. Returns DRUPELET_BAD_FORMAT for what is no pattern or outside the subset. */
drupelet_status drp_pattern_parse(const uint8_t *text, size_t size_bytes, drp_pattern **pattern, drupelet_error *error);

void drp_pattern_free(drp_pattern *pattern); /* NULL is allowed */

/* Writes the text with every match replaced, as re.sub does with a literal replacement. `work` is memory for a set of
 * positions a character. Returns false where the writer fails, or, with no_memory set in it, where `work` cannot grow. */
bool drp_pattern_substitute(const drp_pattern *pattern, const uint8_t *text, size_t size_bytes,
                            const uint8_t *replacement, size_t replacement_bytes, drp_writer *out, drp_buffer *work);

#endif
