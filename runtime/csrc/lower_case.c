#include "lower_case.h"

#include <string.h>

#include "unicode.h"

bool drp_lower_ascii(const uint8_t *text, size_t size_bytes, uint8_t *out) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t all = 0;
    size_t k = 0;
    for (; size_bytes - k >= 8; k += 8) {
        uint64_t eight;
        memcpy(&eight, text + k, sizeof eight);
        all |= eight;
        eight = drp_lower_eight(eight, 0x80 * ones);
        memcpy(out + k, &eight, sizeof eight);
    }
    for (; k < size_bytes; ++k) {
        all |= text[k];
        out[k] = (uint8_t)(text[k] + ((uint8_t)(text[k] - 'A') < 26 ? 32 : 0));
    }
    return (all & 0x80 * ones) == 0;
}

/* The lower case of the capital sigma of two bytes at `at`: a final one stands behind a cased character and before none,
 * case-ignorable ones not counted (Unicode 15.1, table 3-17). */
static uint32_t lower_sigma(const uint8_t *text, const uint8_t *end, const uint8_t *at) {
    enum { SIGMA = 0x3C3, FINAL_SIGMA = 0x3C2 };
    size_t length;
    uint32_t classes = DRP_CASE_IGNORABLE;
    for (const uint8_t *before = at; before > text && (classes & DRP_CASE_IGNORABLE);) {
        before = drp_sequence_before(before);
        classes = drp_unicode_classes(drp_decode(before, &length));
    }
    if (!(classes & DRP_CASED)) return SIGMA;
    classes = DRP_CASE_IGNORABLE;
    for (const uint8_t *behind = at + 2; behind < end && (classes & DRP_CASE_IGNORABLE); behind += length)
        classes = drp_unicode_classes(drp_decode(behind, &length));
    return classes & DRP_CASED ? SIGMA : FINAL_SIGMA;
}

/* Only U+0130, U+023A and U+023E have a longer lower case, of three bytes, not two. */
size_t drp_lower_bytes_most(const uint8_t *text, size_t size_bytes) {
    size_t most = size_bytes;
    for (size_t k = 0; k < size_bytes; ++k) {
        uint64_t eight = 0;
        for (; size_bytes - k >= 8; k += 8) { /* ASCII */
            memcpy(&eight, text + k, sizeof eight);
            if (eight & 0x8080808080808080u) break;
        }
        if (k == size_bytes) break;
        most += (text[k] == 0xC4) + (text[k] == 0xC8);
    }
    return most;
}

size_t drp_lower_wide(const uint8_t *text, const uint8_t *end, const uint8_t *at, size_t *length, uint8_t *out) {
    enum { CAPITAL_SIGMA = 0x3A3, DOTTED_CAPITAL_I = 0x130 };
    uint32_t code = drp_decode(at, length);
    if (code == DOTTED_CAPITAL_I) {
        memcpy(out, "i\xCC\x87", 3);
        return 3;
    }
    return drp_utf8_write(code == CAPITAL_SIGMA ? lower_sigma(text, end, at) : drp_unicode_lower(code), out);
}

size_t drp_lower_unicode(const uint8_t *text, size_t size_bytes, uint8_t *out) {
    enum { CHUNK = 64 };
    const uint8_t *at = text, *end = text + size_bytes;
    size_t written = 0;
    while (at < end) {
        size_t chunk = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
        if (drp_lower_ascii(at, chunk, out + written)) {
            written += chunk;
            at += chunk;
            continue;
        }
        for (const uint8_t *stop = at + chunk; at < stop;) {
            size_t length = 1;
            if (*at < 128)
                out[written++] = (uint8_t)(*at + ((uint8_t)(*at - 'A') < 26 ? 32 : 0));
            else
                written += drp_lower_wide(text, end, at, &length, out + written);
            at += length;
        }
    }
    return written;
}
