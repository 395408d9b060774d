/* Any processor: the reference of the cutters. */
#define B_CUT drp_cut_scalar
#include "word_cutter.h"

#include <string.h>

#include "lower_case.h"

static inline uint32_t *list_bits(uint32_t *list, uint64_t bits, uint32_t place) {
    for (; bits; bits &= bits - 1) *list++ = place + (uint32_t)__builtin_ctzll(bits);
    return list;
}

static inline void block_masks(const drp_byte_classes *classes, const uint8_t *in, uint8_t *out, uint64_t *dropped,
                               uint64_t *cuts, uint64_t *special) {
    const uint64_t lowered = classes->lowers ? 0x8080808080808080u : 0;
    *dropped = *cuts = *special = 0;
    for (int at = 0; at < DRP_BLOCK_BYTES; at += 8) {
        uint64_t eight;
        memcpy(&eight, in + at, sizeof eight);
        uint32_t found = 0; /* eight bits of each class */
        for (int k = 7; k >= 0; --k) found = 2 * found + classes->classes[in[at + k]];
        *dropped |= (uint64_t)(found & 255) << at;
        *cuts |= (uint64_t)(found >> 8 & 255) << at;
        *special |= (uint64_t)(found >> 16) << at;
        eight = drp_lower_eight(eight, lowered);
        memcpy(out + at, &eight, sizeof eight);
    }
}

#include "cut_blocks.h"
