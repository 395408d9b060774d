#include "byte_search.h"

#include <string.h>

#include "support.h"

/* Longest literal that is compared at every place of its first byte: at worst so many bytes are compared for each of a text. */
enum { SHORT_BYTES = 16 };

/* The start of the largest suffix of a literal, bytes ordered as they are or `reversed`, and the period of that suffix. */
static DRP_RARE size_t largest_suffix(const uint8_t *literal, size_t literal_bytes, bool reversed, size_t *period) {
    size_t start = 0, other = 1, same = 0;
    *period = 1;
    while (other + same < literal_bytes) {
        uint8_t a = literal[start + same], b = literal[other + same];
        if (a == b) {
            if (++same == *period) {
                other += same;
                same = 0;
            }
        } else if (reversed ? a < b : a > b) { /* the one at `start` stays the largest */
            other += same + 1;
            same = 0;
            *period = other - start;
        } else {
            start = other++;
            same = 0;
            *period = 1;
        }
    }
    return start;
}

/* Two-way search (Crochemore and Perrin 1991): the literal is cut where the right part is compared first; where it fails, the
 * literal moves behind the byte that failed, and where the left part fails, by its period. */
static DRP_RARE const uint8_t *find_long(const uint8_t *literal, size_t literal_bytes, const uint8_t *at, const uint8_t *end) {
    size_t period, other_period;
    size_t cut = largest_suffix(literal, literal_bytes, false, &period);
    size_t other_cut = largest_suffix(literal, literal_bytes, true, &other_period);
    if (other_cut > cut) {
        cut = other_cut;
        period = other_period;
    }
    bool is_periodic = period + cut <= literal_bytes && memcmp(literal, literal + period, cut) == 0;
    if (!is_periodic) period = (cut > literal_bytes - cut ? cut : literal_bytes - cut) + 1;
    size_t known = 0; /* bytes at the start of the literal that are known to be there */
    while ((size_t)(end - at) >= literal_bytes) {
        size_t k = cut > known ? cut : known;
        while (k < literal_bytes && literal[k] == at[k]) ++k;
        if (k < literal_bytes) {
            at += k - cut + 1;
            known = 0;
            continue;
        }
        k = cut;
        while (k > known && literal[k - 1] == at[k - 1]) --k;
        if (k <= known) return at;
        at += period;
        known = is_periodic ? literal_bytes - period : 0;
    }
    return NULL;
}

const uint8_t *drp_find_bytes(const uint8_t *literal, size_t literal_bytes, const uint8_t *at, const uint8_t *end) {
    for (;; ++at) {
        if ((size_t)(end - at) < literal_bytes) return NULL;
        at = memchr(at, literal[0], (size_t)(end - at) - literal_bytes + 1);
        if (!at) return NULL;
        if (literal_bytes > SHORT_BYTES) return find_long(literal, literal_bytes, at, end);
        if (memcmp(at, literal, literal_bytes) == 0) return at;
    }
}
