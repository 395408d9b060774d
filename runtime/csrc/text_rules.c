#include "text_rules.h"

#include <string.h>

#include "cutter_choice.h"
#include "unicode.h"

enum {
    MAX_STEPS = 256, /* the limits are those of drupelet/text/rules.py */
    MAX_TEXT_BYTES = 1024,
    MAX_CHARACTERS_BYTES = 4096,
    MAX_WORDS = 4096,
    MAX_SIZE = 8,
    NAME_BYTES = 32,
    MAX_TOKENS = 0x7FFFFFFF,
    UNICODE_VERSION = 0x0F0100
};

/* ---- Reading ---- */

typedef struct {
    const uint8_t *at, *end;
    uint32_t step; /* for messages */
    drupelet_error *error;
} reader;

DRP_RARE static bool has(const reader *r, size_t size_bytes) { return (size_t)(r->end - r->at) >= size_bytes; }

DRP_RARE static uint32_t take_u32(reader *r) {
    uint32_t value = drp_u32(r->at);
    r->at += 4;
    return value;
}

DRP_RARE static drupelet_status ends_early(const reader *r) {
    return drp_fail(r->error, DRUPELET_BAD_FORMAT, "section text rules ends too early; export it again");
}

DRP_RARE static drupelet_status bad_step(const reader *r, const char *what) {
    return drp_fail(r->error, DRUPELET_BAD_FORMAT, "section text rules: step %u %s; export it again", r->step, what);
}

DRP_RARE static drupelet_status bad_code(const reader *r, const char *field, uint32_t code, uint32_t known) {
    return drp_fail(r->error, DRUPELET_BAD_FORMAT,
                    "section text rules: %s has code %u, this release knows %u; upgrade drupelet", field, code, known);
}

DRP_RARE static drupelet_status no_memory(const reader *r) {
    return drp_fail(r->error, DRUPELET_NO_MEMORY, "no memory for text rules; free some");
}

DRP_RARE static bool is_utf8(drp_piece piece) {
    for (size_t k = 0, length; k < piece.size_bytes; k += length)
        if ((length = drp_utf8_length(piece.bytes + k, piece.size_bytes - k, false)) == 0) return false;
    return true;
}

/* Takes a text of a step, which the caller has found to be within the limit. */
DRP_RARE static drupelet_status take_piece(reader *r, uint32_t size_bytes, bool may_be_empty, uint32_t limit,
                                           drp_piece *piece) {
    if (!has(r, size_bytes)) return ends_early(r);
    *piece = (drp_piece){r->at, size_bytes};
    r->at += size_bytes;
    if (size_bytes > limit) return bad_step(r, "has a text that is too long");
    if (size_bytes == 0 && !may_be_empty) return bad_step(r, "has an empty text");
    if (!is_utf8(*piece)) return bad_step(r, "has a text that is not UTF-8");
    return DRUPELET_OK;
}

/* Takes two texts behind their two sizes. */
DRP_RARE static drupelet_status take_pair(reader *r, bool first_may_be_empty, uint32_t first_limit, drp_piece *first,
                                 drp_piece *second) {
    if (!has(r, 4)) return ends_early(r);
    uint32_t first_bytes = drp_u16(r->at), second_bytes = drp_u16(r->at + 2);
    r->at += 4;
    drupelet_status status = take_piece(r, first_bytes, first_may_be_empty, first_limit, first);
    return status != DRUPELET_OK ? status : take_piece(r, second_bytes, true, MAX_TEXT_BYTES, second);
}

static bool is_member(const drp_step *step, uint32_t code) {
    uint32_t low = 0, high = step->character_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (step->characters[middle] == code) return true;
        if (step->characters[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    if ((step->classes & DRP_CLASS_SPACE) && drp_unicode_is_space(code)) return true;
    if (!(step->classes & (DRP_CLASS_LETTERS | DRP_CLASS_ALPHANUMERIC | DRP_CLASS_MARKS))) return false;
    uint32_t classes = drp_unicode_classes(code);
    return ((step->classes & DRP_CLASS_LETTERS) && (classes & DRP_LETTERS)) ||
           ((step->classes & DRP_CLASS_ALPHANUMERIC) && (classes & DRP_ALPHANUMERIC)) ||
           ((step->classes & DRP_CLASS_MARKS) && (classes & DRP_MARKS));
}

bool drp_is_replaced(const drp_step *step, uint32_t code) { return is_member(step, code) == (step->kind == DRP_DROP); }

bool drp_splits_at(const drp_text_rules *rules, uint32_t code) {
    if (rules->split == DRP_SPLIT_SEPARATOR) return code == rules->separator;
    if (rules->split == DRP_SPLIT_UNICODE) return drp_unicode_is_space(code);
    return rules->split == DRP_SPLIT_ASCII && ((code >= 9 && code <= 13) || code == ' ');
}

DRP_RARE static drupelet_status read_characters(reader *r, drp_step *step) {
    if (!has(r, 4)) return ends_early(r);
    step->classes = take_u32(r);
    if (step->classes > 15) return bad_step(r, "has classes of characters that this release does not know");
    drp_piece characters;
    drupelet_status status = take_pair(r, true, MAX_CHARACTERS_BYTES, &characters, &step->replacement);
    if (status != DRUPELET_OK) return status;
    step->characters = drp_allocate(characters.size_bytes + 1, sizeof *step->characters);
    if (!step->characters) return no_memory(r);
    for (size_t k = 0, length; k < characters.size_bytes; k += length) {
        uint32_t code = drp_decode(characters.bytes + k, &length);
        if (step->character_count && code <= step->characters[step->character_count - 1])
            return bad_step(r, "has characters that are not distinct and ascending");
        step->characters[step->character_count++] = code;
    }
    for (uint32_t code = 0; code < 128; ++code) step->replaced[code] = drp_is_replaced(step, code);
    return DRUPELET_OK;
}

DRP_RARE static drupelet_status read_split(reader *r, drp_text_rules *rules) {
    if (!has(r, 8)) return ends_early(r);
    uint32_t by = take_u32(r), separator = take_u32(r);
    if (by > DRP_SPLIT_CHARACTERS) return bad_code(r, "split", by, 4);
    bool is_character = separator <= 0x10FFFF && !(separator >= 0xD800 && separator <= 0xDFFF);
    if (by == DRP_SPLIT_SEPARATOR ? !is_character : separator != DRP_NO_VALUE)
        return bad_step(r, "has a separator that does not fit its split");
    rules->split = (drp_split)by;
    rules->separator = separator;
    return DRUPELET_OK;
}

DRP_RARE static int compare(drp_piece a, drp_piece b) {
    int order = memcmp(a.bytes, b.bytes, a.size_bytes < b.size_bytes ? a.size_bytes : b.size_bytes);
    return order ? order : a.size_bytes < b.size_bytes ? -1 : a.size_bytes > b.size_bytes;
}

DRP_RARE static drupelet_status read_words(reader *r, drp_step *step) {
    if (!has(r, 4)) return ends_early(r);
    uint32_t count = take_u32(r);
    if (count < 1 || count > MAX_WORDS) return bad_step(r, "has no words, or too many");
    step->words = drp_allocate(count, sizeof *step->words);
    if (!step->words) return no_memory(r);
    for (; step->word_count < count; ++step->word_count) {
        drp_piece *word = &step->words[step->word_count];
        if (!has(r, 2)) return ends_early(r);
        uint32_t size_bytes = drp_u16(r->at);
        r->at += 2;
        drupelet_status status = take_piece(r, size_bytes, false, MAX_TEXT_BYTES, word);
        if (status != DRUPELET_OK) return status;
        if (step->word_count && compare(word[-1], *word) >= 0)
            return bad_step(r, "has words that are not distinct and ascending");
    }
    return DRUPELET_OK;
}

DRP_RARE static drupelet_status read_sizes(reader *r, drp_step *step) {
    if (!has(r, 4)) return ends_early(r);
    uint32_t count = take_u32(r), seen = 0;
    if (count < 1 || count > DRP_MAX_SIZES) return bad_step(r, "has no sizes, or too many");
    if (!has(r, (size_t)4 * count)) return ends_early(r);
    for (; step->size_count < count; ++step->size_count) {
        uint32_t size = take_u32(r);
        if (size < 1 || size > MAX_SIZE || (seen >> size & 1)) return bad_step(r, "has sizes that are not distinct, or not 1 to 8");
        seen |= (uint32_t)1 << size;
        step->sizes[step->size_count] = size;
    }
    return DRUPELET_OK;
}

DRP_RARE static drupelet_status read_substitute(reader *r, drp_step *step) {
    drupelet_status status = take_pair(r, false, MAX_TEXT_BYTES, &step->old, &step->replacement);
    if (status != DRUPELET_OK) return status;
    if (step->replacement.size_bytes && memchr(step->replacement.bytes, '\\', step->replacement.size_bytes))
        return bad_step(r, "has a backslash in its replacement");
    return drp_pattern_parse(step->old.bytes, step->old.size_bytes, &step->pattern, r->error);
}

DRP_RARE static drupelet_status read_payload(reader *r, drp_text_rules *rules, drp_step *step) {
    switch (step->kind) {
    case DRP_LOWER: {
        if (!has(r, 4)) return ends_early(r);
        uint32_t letters = take_u32(r);
        if (letters > DRP_LOWER_ASCII) return bad_code(r, "lower", letters, 2);
        step->lower = (drp_lower)letters;
        return DRUPELET_OK;
    }
    case DRP_REPLACE: return take_pair(r, false, MAX_TEXT_BYTES, &step->old, &step->replacement);
    case DRP_SUBSTITUTE: return read_substitute(r, step);
    case DRP_SPLIT: return read_split(r, rules);
    case DRP_DROP_WORDS: return read_words(r, step);
    case DRP_NGRAMS: return read_sizes(r, step);
    default: return read_characters(r, step);
    }
}

/* Reads a step. `kinds` has a bit for each kind that was read before. */
DRP_RARE static drupelet_status read_step(reader *r, drp_text_rules *rules, uint32_t *kinds) {
    if (!has(r, 8)) return ends_early(r);
    uint32_t kind = take_u32(r), size_bytes = take_u32(r);
    if (kind > DRP_NGRAMS) return bad_code(r, "kind of a step", kind, DRP_NGRAMS + 1);
    bool has_split = *kinds >> DRP_SPLIT & 1;
    if (kind == DRP_SPLIT ? has_split : has_split != (kind > DRP_SPLIT))
        return bad_step(r, "is out of order: expected steps of the text, one split, steps of words");
    if (kind == DRP_NGRAMS && (*kinds >> DRP_NGRAMS & 1))
        return bad_step(r, "is a second step of n-grams: expected one");
    if (!has(r, size_bytes)) return ends_early(r);
    drp_step *step = &rules->steps[rules->step_count++];
    step->kind = (drp_step_kind)kind;
    *kinds |= (uint32_t)1 << kind;
    if (kind == DRP_SPLIT) rules->split_place = rules->step_count - 1;
    rules->rewrites_words = rules->rewrites_words || kind > DRP_SPLIT;
    reader payload = {r->at, r->at + size_bytes, r->step, r->error};
    drupelet_status status = read_payload(&payload, rules, step);
    if (status == DRUPELET_OK && payload.at != payload.end) status = bad_step(r, "has bytes too many");
    r->at += size_bytes;
    return status;
}

/* Fills in the tables of the pass that finds words, and what step it does as well. */
DRP_RARE static void prepare_squeeze(drp_text_rules *rules) {
    const drp_step *before = rules->split_place ? &rules->steps[rules->split_place - 1] : NULL;
    bool fits = before && (before->kind == DRP_KEEP || before->kind == DRP_DROP) &&
                (before->replacement.size_bytes == 0 ||
                 (before->replacement.size_bytes == 1 && before->replacement.bytes[0] < 128));
    rules->last = fits && rules->split != DRP_SPLIT_CHARACTERS ? before : NULL;
    const drp_step *last = rules->last;
    bool drops_wide = last && (last->kind == DRP_KEEP || last->classes ||
                               (last->character_count && last->characters[last->character_count - 1] >= 128));
    bool splits_wide = rules->split == DRP_SPLIT_UNICODE || (rules->split == DRP_SPLIT_SEPARATOR && rules->separator >= 128);
    rules->wide_stays = !drops_wide && !splits_wide;
    for (uint32_t code = 0; code < 128; ++code) {
        bool replaced = rules->last && rules->last->replaced[code];
        uint32_t becomes = replaced && rules->last->replacement.size_bytes ? rules->last->replacement.bytes[0] : code;
        rules->squeezed_to[code] = !replaced || rules->last->replacement.size_bytes;
        rules->squeezed[code] = drp_splits_at(rules, becomes) ? DRP_DELIMITER : (uint8_t)becomes;
    }
}

DRP_RARE drupelet_status drp_text_rules_read(const uint8_t *bytes, size_t size_bytes, drp_text_rules *rules,
                                    drupelet_error *error) {
    reader r = {bytes, bytes + size_bytes, 0, error};
    memset(rules, 0, sizeof *rules);
    if (!has(&r, NAME_BYTES + 28)) return ends_early(&r);
    size_t name_bytes = 0;
    while (name_bytes < NAME_BYTES && r.at[name_bytes] && r.at[name_bytes] < 128) ++name_bytes;
    for (size_t k = name_bytes; k < NAME_BYTES; ++k)
        if (name_bytes == 0 || r.at[k])
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section text rules: its name is not ASCII padded with zeros; export it again");
    r.at += NAME_BYTES;
    uint32_t version = take_u32(&r);
    if (version != UNICODE_VERSION)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "section text rules: rules of Unicode %#08x, this release has %#08x; upgrade drupelet", version,
                        UNICODE_VERSION);
    rules->start_id = take_u32(&r);
    rules->end_id = take_u32(&r);
    rules->unknown_id = take_u32(&r);
    rules->max_tokens = take_u32(&r);
    uint32_t keep = take_u32(&r), count = take_u32(&r);
    if (keep > DRP_KEEP_ENDS) return bad_code(&r, "keep", keep, 3);
    if (rules->max_tokens < 1 || (rules->max_tokens > MAX_TOKENS && rules->max_tokens != DRP_NO_VALUE))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "text rules: max_tokens is %u, expected 1 to %d, or none at all; export it again",
                        rules->max_tokens, MAX_TOKENS);
    if (count > MAX_STEPS)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section text rules: %u steps, expected at most %d; export it again",
                        count, MAX_STEPS);
    rules->keep = (drp_keep)keep;
    rules->steps = drp_allocate(count + 1, sizeof *rules->steps);
    if (!rules->steps) return no_memory(&r);
    uint32_t kinds = 0;
    for (; r.step < count; ++r.step) {
        drupelet_status status = read_step(&r, rules, &kinds);
        if (status != DRUPELET_OK) return status;
    }
    if (!(kinds >> DRP_SPLIT & 1))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section text rules: no step splits; export it again");
    if (r.at != r.end)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section text rules has %zu bytes too many; export it again",
                        (size_t)(r.end - r.at));
    prepare_squeeze(rules);
    return DRUPELET_OK;
}

/* Whether a replaced text is one that a cutter finds by its first byte, and ends words. */
DRP_RARE static bool is_cut(const drp_text_rules *rules, const drp_step *step) {
    const drp_piece old = step->old;
    const uint8_t first = old.bytes[0] | 0x20;
    if (step->replacement.size_bytes != 1 || step->replacement.bytes[0] >= 128 || (first >= 'a' && first <= 'z')) return false;
    for (uint32_t k = 0; k < old.size_bytes; ++k) /* the last two: lower case of other characters */
        if (old.bytes[k] >= 128 || old.bytes[k] == 'i' || old.bytes[k] == 'k') return false;
    return rules->squeezed_to[step->replacement.bytes[0]] && rules->squeezed[step->replacement.bytes[0]] == DRP_DELIMITER;
}

/* Takes the steps before the split as those of a cutter. False where they are others. */
DRP_RARE static bool take_steps(drp_text_rules *rules) {
    const drp_step *step = rules->steps, *end = rules->steps + rules->split_place - (rules->last ? 1 : 0);
    const drp_piece *becomes = rules->last ? &rules->last->replacement : NULL;
    if (rules->split == DRP_SPLIT_CHARACTERS || rules->rewrites_words) return false;
    if (becomes && becomes->size_bytes && !drp_splits_at(rules, becomes->bytes[0])) return false;
    if (step < end && step->kind == DRP_LOWER) {
        rules->bytes.lowers = true;
        rules->lowers_wide = step->lower == DRP_LOWER_UNICODE;
        ++step;
    }
    if (step < end && step->kind == DRP_REPLACE && is_cut(rules, step)) rules->replaced = step++;
    return step == end;
}

DRP_RARE void drp_text_rules_choose(drp_text_rules *rules, const drp_tier *tier) {
    drp_byte_classes *bytes = &rules->bytes;
    bool has_filler = false;
    if (!take_steps(rules)) return;
    bytes->wide_is_special = rules->lowers_wide || !rules->wide_stays;
    bytes->special = rules->replaced ? rules->replaced->old.bytes[0] : 0xFF;
    for (uint32_t code = 0; code < 256; ++code) {
        const uint32_t lower = bytes->lowers && code >= 'A' && code <= 'Z' ? code + 32 : code, bit = 1u << code / 16;
        bytes->classes[code] = code == bytes->special || (code >= 128 && bytes->wide_is_special) ? DRP_BYTE_SPECIAL : 0;
        if (code >= 128) continue;
        if (!rules->squeezed_to[lower]) {
            bytes->classes[code] |= DRP_BYTE_DROPPED;
            bytes->dropped[code % 16] |= (uint8_t)bit;
        } else if (rules->squeezed[lower] == DRP_DELIMITER) { /* itself, or what takes its place */
            bytes->classes[code] |= DRP_BYTE_CUTS;
            bytes->cuts[code % 16] |= (uint8_t)bit;
            rules->filler = (uint8_t)code;
            has_filler = true;
        }
    }
    if (has_filler) rules->cutter = drp_cutter_for(tier);
}

void drp_text_rules_close(drp_text_rules *rules) {
    for (uint32_t n = 0; n < rules->step_count; ++n) {
        drp_pattern_free(rules->steps[n].pattern);
        drp_free(rules->steps[n].characters);
        drp_free(rules->steps[n].words);
    }
    drp_free(rules->steps);
    memset(rules, 0, sizeof *rules);
}
