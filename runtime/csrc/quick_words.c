#include "quick_words.h"

#include <string.h>

#include "lower_case.h"
#include "unicode.h"

/* Most bytes that a text becomes. To count is not worth it for a short one. */
static size_t most_bytes(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes) {
    enum { SHORT_BYTES = 4096 };
    if (!rules->lowers_wide) return size_bytes;
    return size_bytes <= SHORT_BYTES ? size_bytes + size_bytes / 2 : drp_lower_bytes_most(text, size_bytes);
}

drupelet_status drp_begin_quick(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes, drp_buffer *own,
                                drp_word_lists *lists, drp_quick_walk *walk, drupelet_error *error) {
    drp_writer out = {.buffer = own, .limit_bytes = SIZE_MAX / 2};
    /* Of three blocks behind the text, one pads its last bytes, and two may be written beside it. */
    uint8_t *base = drp_make_room(&out, most_bytes(rules, text, size_bytes) + 3 * DRP_BLOCK_BYTES);
    if (!base) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", size_bytes);
    if (size_bytes == 0) text = base; /* it may have no address, of which even sums with 0 are undefined */
    *walk = (drp_quick_walk){.lists = lists, .text = text, .text_end = text + size_bytes};
    walk->cut = (drp_cut){.in = text, .base = base, .out = base, .starts = lists->starts, .ends = lists->ends,
                          .full = lists->starts + DRP_LISTED_WORDS};
    return DRUPELET_OK;
}

static void end_word(drp_cut *cut) {
    if (cut->inside) *cut->ends++ = (uint32_t)(cut->out - cut->base);
    cut->inside = false;
}

static void keep(drp_cut *cut, const uint8_t *bytes, size_t size_bytes) {
    if (!cut->inside) *cut->starts++ = (uint32_t)(cut->out - cut->base);
    cut->inside = true;
    memcpy(cut->out, bytes, size_bytes);
    cut->out += size_bytes;
}

/* Takes an ASCII character, in lower case where the rules want that. */
static void take_ascii(const drp_text_rules *rules, drp_cut *cut, uint8_t c) {
    const uint32_t class = rules->bytes.classes[c];
    if (class & DRP_BYTE_CUTS)
        end_word(cut);
    else if (!(class & DRP_BYTE_DROPPED))
        keep(cut, &c, 1);
}

/* Takes a character that is not ASCII. */
static void take_wide(const drp_text_rules *rules, drp_cut *cut, const uint8_t *at, size_t length) {
    const uint32_t code = drp_decode(at, &length);
    const bool is_replaced = rules->last && drp_is_replaced(rules->last, code);
    if (is_replaced ? rules->last->replacement.size_bytes > 0 : drp_splits_at(rules, code))
        end_word(cut);
    else if (!is_replaced)
        keep(cut, at, length);
}

/* Whether the replaced text begins here. */
static bool is_replaced_at(const drp_text_rules *rules, const uint8_t *at, const uint8_t *end) {
    const drp_piece old = rules->replaced->old;
    if ((size_t)(end - at) < old.size_bytes) return false;
    for (uint32_t k = 0; k < old.size_bytes; ++k) {
        const uint8_t lower = rules->bytes.lowers && (uint8_t)(at[k] - 'A') < 26 ? 32 : 0;
        if (at[k] + lower != old.bytes[k]) return false;
    }
    return true;
}

/* Takes the special character at cut->in, and those like it that follow. */
static void take_special(const drp_text_rules *rules, drp_quick_walk *walk) {
    drp_cut *cut = &walk->cut;
    const uint8_t *end = walk->text_end;
    if (*cut->in < 128) {
        if (is_replaced_at(rules, cut->in, end)) {
            end_word(cut);
            cut->in += rules->replaced->old.size_bytes;
        } else {
            take_ascii(rules, cut, *cut->in++);
        }
        return;
    }
    while (cut->in < end && *cut->in >= 128 && cut->starts < cut->full) {
        uint8_t lower[4];
        const uint8_t *at = cut->in;
        size_t length, lower_bytes;
        if (rules->lowers_wide) {
            lower_bytes = drp_lower_wide(walk->text, end, at, &length, lower);
            at = lower;
        } else {
            drp_decode(at, &length);
            lower_bytes = length;
        }
        cut->in += length;
        if (*at < 128) { /* of U+0130 and the Kelvin sign */
            take_ascii(rules, cut, *at++);
            --lower_bytes;
        }
        if (lower_bytes) take_wide(rules, cut, at, lower_bytes);
    }
}

/* Cuts the last bytes of a text, fewer than a block. */
static void cut_tail(const drp_text_rules *rules, drp_cut *cut, const uint8_t *end) {
    uint8_t block[DRP_BLOCK_BYTES];
    const uint8_t *in = cut->in;
    const size_t left = (size_t)(end - in);
    memset(block, rules->filler, sizeof block);
    memcpy(block, in, left);
    cut->in = block;
    cut->end = block + sizeof block;
    rules->cutter(&rules->bytes, cut);
    const size_t done = (size_t)(cut->in - block);
    cut->stopped = done < left;
    cut->in = done < left ? in + done : end;
}

bool drp_list_words(const drp_text_rules *rules, drp_quick_walk *walk) {
    drp_word_lists *lists = walk->lists;
    drp_cut *cut = &walk->cut;
    const uint8_t *end = walk->text_end;
    if (cut->inside) lists->starts[0] = cut->starts[-1];
    cut->starts = lists->starts + (cut->inside ? 1 : 0);
    cut->ends = lists->ends;
    while (cut->in < end && cut->starts < cut->full) {
        cut->end = end;
        if (end - cut->in < DRP_BLOCK_BYTES)
            cut_tail(rules, cut, end);
        else
            rules->cutter(&rules->bytes, cut);
        if (cut->stopped) take_special(rules, walk);
    }
    if (cut->in == end) end_word(cut);
    walk->next = 0;
    walk->count = (uint32_t)(cut->ends - lists->ends);
    return walk->count > 0;
}
