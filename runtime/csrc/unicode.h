/* Characters of Unicode 15.1.0: code points of UTF-8, their classes and their lower case. */
#ifndef DRP_UNICODE_H
#define DRP_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of a character's classes: str.isalpha, str.isalnum, str.isdecimal, general categories M*, and two that a final
 * sigma depends on: cased (without what is case-ignorable), and case-ignorable. */
enum {
    DRP_LETTERS = 1,
    DRP_ALPHANUMERIC = 2,
    DRP_DECIMAL = 4,
    DRP_MARKS = 8,
    DRP_CASED = 16,
    DRP_CASE_IGNORABLE = 32
};

uint32_t drp_unicode_classes(uint32_t code);
bool drp_unicode_is_space(uint32_t code); /* str.isspace */

/* The lower case of a character alone; U+0130, whose lower case is two characters, stays itself. */
uint32_t drp_unicode_lower(uint32_t code);

/* The code point at p, of well-formed UTF-8 that may hold lone surrogates, and the length of its sequence. */
static inline uint32_t drp_decode(const uint8_t *p, size_t *length) {
    if (p[0] < 0x80) {
        *length = 1;
        return p[0];
    }
    if (p[0] < 0xE0) {
        *length = 2;
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    }
    if (p[0] < 0xF0) {
        *length = 3;
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    }
    *length = 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

/* The start of the sequence that ends before p. */
static inline const uint8_t *drp_sequence_before(const uint8_t *p) {
    do --p;
    while ((*p & 0xC0) == 0x80);
    return p;
}

/* Writes the sequence of a code point (at most 4 bytes); returns its length. */
size_t drp_utf8_write(uint32_t code, uint8_t *out);

#endif
