/* The loop of drp_cutter, for the file of a set of instructions. That defines B_CUT, the name of its function, and
 *   block_masks: what 64 bytes are; writes them in lower case
 *   list_bits: appends the places of the bits of a number to a list
 * and may define BLOCK_DROP, its own way to drop bytes. */
#include "word_cutter.h"

#include <string.h>

#ifndef BLOCK_DROP
/* Moves the bytes of a block at `out` together, so that those of `dropped` vanish, and the bits of *cuts with them. */
static inline size_t drop_bytes(uint8_t *out, uint64_t dropped, size_t count, uint64_t *cuts) {
    uint8_t block[2 * DRP_BLOCK_BYTES];
    memcpy(block, out, DRP_BLOCK_BYTES);
    memset(block + DRP_BLOCK_BYTES, 0, DRP_BLOCK_BYTES);
    size_t gone = 0;
    for (; dropped; dropped &= dropped - 1, ++gone) {
        const size_t from = (size_t)__builtin_ctzll(dropped), to = from - gone;
        const uint64_t below = ((uint64_t)1 << to) - 1;
        memcpy(out + to, block + from + 1, DRP_BLOCK_BYTES);
        *cuts = (*cuts & below) | (*cuts >> 1 & ~below);
    }
    return count - gone;
}
#endif

void B_CUT(const drp_byte_classes *classes, drp_cut *cut) {
    const uint8_t *in = cut->in, *const end = cut->end;
    uint8_t *out = cut->out, *const base = cut->base;
    uint32_t *starts = cut->starts, *ends = cut->ends;
    uint64_t inside = cut->inside, special = 0;
    while (end - in >= DRP_BLOCK_BYTES && starts < cut->full && !special) {
        uint64_t dropped, cuts;
        block_masks(classes, in, out, &dropped, &cuts, &special);
        size_t count = DRP_BLOCK_BYTES;
        if (special) {
            count = (size_t)__builtin_ctzll(special);
            dropped &= ((uint64_t)1 << count) - 1;
        }
        in += count;
        if (dropped) count = drop_bytes(out, dropped, count, &cuts);
        if (count == 0) continue;
        const uint64_t all = ~(uint64_t)0 >> (DRP_BLOCK_BYTES - count), kept = ~cuts & all;
        const uint64_t before = kept << 1 | inside;
        const uint32_t place = (uint32_t)(out - base);
        starts = list_bits(starts, kept & ~before, place);
        ends = list_bits(ends, cuts & before & all, place);
        inside = kept >> (count - 1);
        out += count;
    }
    cut->in = in;
    cut->out = out;
    cut->starts = starts;
    cut->ends = ends;
    cut->inside = inside;
    cut->stopped = special != 0;
}
