/* Lower case of texts that are well-formed UTF-8, which may hold lone surrogates. */
#ifndef DRP_LOWER_CASE_H
#define DRP_LOWER_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lower-cases A-Z of eight bytes; of `where`, the highest bit of each byte that may change. */
static inline uint64_t drp_lower_eight(uint64_t eight, uint64_t where) {
    const uint64_t ones = 0x0101010101010101u, low = eight & 0x7F * ones; /* sums stay in their bytes */
    const uint64_t upper = (low + (0x80 - 'A') * ones) & ~(low + (0x7F - 'Z') * ones) & ~eight & where;
    return eight + (upper >> 2);
}

/* Lower-cases A-Z. Returns true when all bytes are ASCII. */
bool drp_lower_ascii(const uint8_t *text, size_t size_bytes, uint8_t *out);

/* Most bytes of a text in lower case. */
size_t drp_lower_bytes_most(const uint8_t *text, size_t size_bytes);

/* Lower-cases as str.lower does, and returns the number of bytes. `out` has room for drp_lower_bytes_most. */
size_t drp_lower_unicode(const uint8_t *text, size_t size_bytes, uint8_t *out);

/* Lower-cases the character at `at`, which is not ASCII, as it stands in a text. Writes up to 4 bytes, and returns how many;
 * `length` becomes the number of bytes of the character. */
size_t drp_lower_wide(const uint8_t *text, const uint8_t *end, const uint8_t *at, size_t *length, uint8_t *out);

#endif
