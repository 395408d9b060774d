#include "text_steps.h"

#include <string.h>

#include "byte_search.h"
#include "lower_case.h"
#include "unicode.h"

enum { GROWTH_FACTOR = 64, GROWTH_BYTES = 65536, WORK_FACTOR = 1024, WORK_BYTES = 1 << 20 }; /* as drupelet/text/words.py */

static size_t growth_limit(size_t size_bytes) {
    const size_t most = SIZE_MAX / 4;
    return size_bytes > (most - GROWTH_BYTES) / GROWTH_FACTOR ? most : size_bytes * GROWTH_FACTOR + GROWTH_BYTES;
}

void drp_text_buffers_free(drp_text_buffers *b) {
    drp_buffer *const all[] = {&b->texts[0], &b->texts[1], &b->words[0], &b->words[1], &b->work};
    for (size_t n = 0; n < sizeof all / sizeof *all; ++n) {
        drp_free(all[n]->memory);
        *all[n] = (drp_buffer){0};
    }
}

/* ---- Steps of the text ---- */

static const uint8_t *find(drp_piece old, const uint8_t *at, const uint8_t *end) {
    return drp_find_bytes(old.bytes, old.size_bytes, at, end);
}

/* Makes room for a whole text. */
static bool make_room_for(drp_writer *out, size_t size_bytes) { return drp_make_room(out, size_bytes) != NULL; }

/* Replaces left to right, without overlap, from the first place on, which the caller has found. `out` may be the text. */
static bool replace(const drp_step *step, const uint8_t *text, const uint8_t *end, const uint8_t *found, drp_writer *out) {
    size_t most = (size_t)(end - text);
    if (step->replacement.size_bytes > step->old.size_bytes) {
        const size_t growth = step->replacement.size_bytes - step->old.size_bytes;
        for (const uint8_t *at = found; at; at = find(step->old, at + step->old.size_bytes, end)) {
            if (most > out->limit_bytes || out->limit_bytes - most < growth) return !(out->too_long = true);
            most += growth;
        }
    }
    if (!make_room_for(out, most)) return false;
    for (; found; found = find(step->old, text, end)) {
        if (!drp_write(out, text, (size_t)(found - text)) ||
            !drp_write(out, step->replacement.bytes, step->replacement.size_bytes))
            return false;
        text = found + step->old.size_bytes;
    }
    return drp_write(out, text, (size_t)(end - text));
}

/* Keeps or drops characters. `out` may be the text where a replacement has at most one byte. */
static bool filter(const drp_step *step, const uint8_t *text, const uint8_t *end, drp_writer *out) {
    const uint8_t *unwritten = text;
    if (!make_room_for(out, (size_t)(end - text))) return false;
    while (text < end) {
        size_t length = 1;
        bool replaced = *text < 128 ? step->replaced[*text] : drp_is_replaced(step, drp_decode(text, &length));
        if (replaced) {
            if (!drp_write(out, unwritten, (size_t)(text - unwritten)) ||
                !drp_write(out, step->replacement.bytes, step->replacement.size_bytes))
                return false;
            unwritten = text + length;
        }
        text += length;
    }
    return drp_write(out, unwritten, (size_t)(end - unwritten));
}

/* Whether a step may write over the text that it reads: it reads forward and never writes more than it has read. */
static bool works_in_place(const drp_step *step) {
    switch (step->kind) {
    case DRP_LOWER: return step->lower == DRP_LOWER_ASCII;
    case DRP_REPLACE: return step->replacement.size_bytes <= step->old.size_bytes;
    case DRP_KEEP:
    case DRP_DROP: return step->replacement.size_bytes <= 1;
    default: return false; /* a pattern looks back */
    }
}

/* Carries out a step. False where the writer fails. Sets *changed to false where it left the text alone, unwritten. */
static bool rewrite(const drp_step *step, const uint8_t *text, size_t size_bytes, drp_writer *out, drp_buffer *work,
                    bool *changed) {
    const uint8_t *end = text + size_bytes;
    *changed = true;
    if (step->kind == DRP_LOWER) {
        size_t limit_bytes = out->limit_bytes; /* room is not yet length */
        out->limit_bytes = SIZE_MAX / 2;
        uint8_t *lower = drp_make_room(
            out, step->lower == DRP_LOWER_ASCII ? size_bytes : drp_lower_bytes_most(text, size_bytes));
        if (!lower) return false;
        if (step->lower == DRP_LOWER_ASCII) {
            drp_lower_ascii(text, size_bytes, lower);
            out->size_bytes = size_bytes;
        } else {
            out->size_bytes = drp_lower_unicode(text, size_bytes, lower);
        }
        out->too_long = out->size_bytes > limit_bytes;
        return !out->too_long;
    }
    if (step->kind == DRP_REPLACE) {
        const uint8_t *found = find(step->old, text, end);
        *changed = found != NULL;
        return !found || replace(step, text, end, found, out);
    }
    if (step->kind == DRP_SUBSTITUTE)
        return drp_pattern_substitute(step->pattern, text, size_bytes, step->replacement.bytes,
                                      step->replacement.size_bytes, out, work);
    return filter(step, text, end, out);
}

static drupelet_status why(const drp_writer *writer, const char *what, size_t size_bytes, drupelet_error *error) {
    if (writer->too_long)
        return drp_fail(error, DRUPELET_BAD_TEXT,
                        "the text rules make %s of more than %zu bytes, allowed for a text of %zu; shorten it", what,
                        writer->limit_bytes, size_bytes);
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", size_bytes);
}

/* Takes the bytes of a text that a step reads from those that are left; false where they are too many. */
static bool spend(size_t *left, size_t size_bytes) {
    if (size_bytes > *left) return false;
    *left -= size_bytes;
    return true;
}

static drupelet_status too_much_work(size_t work, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_TEXT,
                    "the steps of the text rules read more than %zu bytes, allowed for this text; make it grow less, or use "
                    "fewer steps", work);
}

/* ---- From text to words ---- */

/* Squeezes ASCII up to `stop` or the first other byte. Returns the end of what it wrote. No branch depends on the class
 * of a byte: a processor could not predict it. */
static uint8_t *squeeze_ascii(const drp_text_rules *rules, const uint8_t **in, const uint8_t *stop, uint8_t *out) {
    const uint8_t *restrict squeezed = rules->squeezed, *restrict squeezed_to = rules->squeezed_to;
    const uint8_t *at = *in;
    for (; stop - at >= 8; at += 8) {
        uint8_t eight[8];
        uint64_t highs;
        memcpy(eight, at, sizeof eight);
        memcpy(&highs, at, sizeof highs);
        if (highs & 0x8080808080808080u) break;
        for (int k = 0; k < 8; ++k) {
            *out = squeezed[eight[k]];
            out += squeezed_to[eight[k]];
        }
    }
    for (; at < stop && *at < 128; ++at) {
        uint8_t c = *at;
        *out = squeezed[c];
        out += squeezed_to[c];
    }
    *in = at;
    return out;
}

/* Squeezes the character at `in`, which is not ASCII. Returns the end of what it wrote. */
static uint8_t *squeeze_wide(const drp_text_rules *rules, const uint8_t *in, size_t *length, uint8_t *out) {
    uint32_t code = drp_decode(in, length);
    if (rules->last && drp_is_replaced(rules->last, code)) {
        if (rules->last->replacement.size_bytes == 0) return out;
        uint8_t becomes = rules->last->replacement.bytes[0];
        *out++ = drp_splits_at(rules, becomes) ? DRP_DELIMITER : becomes;
    } else if (drp_splits_at(rules, code)) {
        *out++ = DRP_DELIMITER;
    } else {
        for (size_t k = 0; k < *length; ++k) *out++ = in[k];
    }
    return out;
}

/* Squeezes the next piece of unread text, up to the end of a word or of the text. */
static void squeeze(const drp_text_rules *rules, drp_word_walk *walk) {
    enum { SQUEEZED_BYTES = 256 };
    const uint8_t *in = walk->unread, *end = walk->end;
    const uint8_t *enough = end - in > SQUEEZED_BYTES ? in + SQUEEZED_BYTES : end;
    uint8_t *out = walk->next_word = walk->squeezed_end;
    bool between_words = false;
    while (in < enough || (in < end && !between_words)) {
        const uint8_t *stop = in < enough ? enough : in + 1;
        out = squeeze_ascii(rules, &in, stop, out);
        if (in < stop) {
            if (rules->wide_stays) {
                do *out++ = *in++;
                while (in < end && *in >= 128);
            } else {
                size_t length;
                out = squeeze_wide(rules, in, &length, out);
                in += length;
            }
        }
        between_words = out > walk->next_word && out[-1] == DRP_DELIMITER;
    }
    if (in == end) *out++ = DRP_DELIMITER; /* there is room behind the text */
    walk->squeezed_end = out;
    walk->unread = (uint8_t *)in;
}

/* The number of bytes from p to the first delimiter. */
static size_t bytes_to_delimiter(const uint8_t *p) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (size_t passed = 0;; passed += 8) {
        uint64_t eight;
        memcpy(&eight, p + passed, sizeof eight);
        eight = ~eight;
        uint64_t zeros = (eight - ones) & ~eight & highs; /* the lowest bit set belongs to the first zero byte */
        if (zeros) return passed + (size_t)(__builtin_ctzll(zeros) / 8);
    }
}

/* The next word of a list, or the next character; false at the end. */
static bool next_unsqueezed(drp_word_walk *walk, uint8_t **word, size_t *size_bytes) {
    if (walk->unread == walk->end) return false;
    if (walk->is_list) {
        *size_bytes = drp_u32(walk->unread);
        walk->unread += 4;
    } else {
        drp_decode(walk->unread, size_bytes);
    }
    *word = walk->unread;
    walk->unread += *size_bytes;
    return true;
}

/* The first byte of the next squeezed word, or the end of what is squeezed. */
static inline uint8_t *next_squeezed(const drp_word_walk *walk) {
    uint8_t *at = walk->next_word;
    while (at < walk->squeezed_end && *at == DRP_DELIMITER) ++at;
    return at;
}

/* drp_next_word where no squeezed word is left. Inlined, it would make that function save registers for each word. */
__attribute__((noinline)) static bool next_piece(const drp_text_rules *rules, drp_word_walk *walk, uint8_t **word,
                                                 size_t *size_bytes) {
    if (walk->is_list || rules->split == DRP_SPLIT_CHARACTERS) return next_unsqueezed(walk, word, size_bytes);
    do {
        if (walk->unread == walk->end) return false;
        squeeze(rules, walk);
    } while (next_squeezed(walk) == walk->squeezed_end);
    return drp_next_unlisted(rules, walk, word, size_bytes);
}

bool drp_next_unlisted(const drp_text_rules *rules, drp_word_walk *walk, uint8_t **word, size_t *size_bytes) {
    if (walk->quick.lists) return drp_list_words(rules, &walk->quick) && drp_next_word(rules, walk, word, size_bytes);
    uint8_t *at = next_squeezed(walk);
    if (at == walk->squeezed_end) return next_piece(rules, walk, word, size_bytes);
    *word = at;
    *size_bytes = bytes_to_delimiter(at);
    walk->next_word = at + *size_bytes + 1;
    return true;
}

/* ---- Steps of the words ---- */

static drp_word_walk list_walk(uint8_t *list, size_t size_bytes) {
    return (drp_word_walk){.unread = list, .end = list + size_bytes, .is_list = true};
}

static bool write_size(drp_writer *out, size_t size_bytes) {
    const uint8_t size[4] = {(uint8_t)size_bytes, (uint8_t)(size_bytes >> 8), (uint8_t)(size_bytes >> 16),
                             (uint8_t)(size_bytes >> 24)};
    if (size_bytes > UINT32_MAX) {
        out->too_long = true;
        return false;
    }
    return drp_write(out, size, sizeof size);
}

static bool is_dropped(const drp_step *step, const uint8_t *word, size_t size_bytes) {
    uint32_t low = 0, high = step->word_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        drp_piece other = step->words[middle];
        int order = memcmp(other.bytes, word, other.size_bytes < size_bytes ? other.size_bytes : size_bytes);
        if (order == 0 && other.size_bytes == size_bytes) return true;
        if (order < 0 || (order == 0 && other.size_bytes < size_bytes))
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Writes the words that a stop list does not hold; all of them where `step` is NULL. */
static bool drop_words(const drp_text_rules *rules, const drp_step *step, drp_word_walk walk, drp_writer *out) {
    uint8_t *word;
    size_t size_bytes;
    while (drp_next_word(rules, &walk, &word, &size_bytes)) {
        if (step && is_dropped(step, word, size_bytes)) continue;
        if (!write_size(out, size_bytes) || !drp_write(out, word, size_bytes)) return false;
    }
    return true;
}

/* Writes the n-grams of a list of words, of one size. */
static bool write_ngrams(const drp_text_rules *rules, uint32_t n, drp_word_walk walk, drp_writer *out) {
    enum { MOST = 8 };
    drp_piece last[MOST] = {{0}};
    uint8_t *word;
    size_t size_bytes, seen = 0, sum = 0;
    while (drp_next_word(rules, &walk, &word, &size_bytes)) {
        drp_piece *slot = &last[seen++ % n];
        sum += size_bytes - slot->size_bytes; /* of the last n words */
        *slot = (drp_piece){word, (uint32_t)size_bytes};
        if (seen < n) continue;
        if (!write_size(out, sum + n - 1)) return false;
        for (uint32_t k = 0; k < n; ++k) {
            drp_piece piece = last[(seen + k) % n];
            if ((k && !drp_write(out, (const uint8_t *)" ", 1)) || !drp_write(out, piece.bytes, piece.size_bytes))
                return false;
        }
    }
    return true;
}

/* Carries out the steps behind the split. */
static drupelet_status reword(const drp_text_rules *rules, size_t size_bytes, drp_text_buffers *buffers,
                              drp_word_walk *walk, drupelet_error *error) {
    int to = 0;
    for (uint32_t n = rules->split_place; n < rules->step_count; ++n) {
        const drp_step *step = &rules->steps[n];
        drp_writer out = {.buffer = &buffers->words[to], .limit_bytes = growth_limit(size_bytes)};
        bool done = true;
        if (step->kind == DRP_NGRAMS)
            for (uint32_t k = 0; done && k < step->size_count; ++k)
                done = write_ngrams(rules, step->sizes[k], *walk, &out);
        else
            done = drop_words(rules, step->kind == DRP_DROP_WORDS ? step : NULL, *walk, &out);
        if (!done || !drp_make_room(&out, 0)) return why(&out, "words", size_bytes, error);
        *walk = list_walk(out.buffer->memory, out.size_bytes);
        memset(walk->end, 0, DRP_WORD_READ);
        to = !to;
    }
    return DRUPELET_OK;
}

drupelet_status drp_begin_words(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes,
                                drp_text_buffers *buffers, drp_word_walk *walk, drupelet_error *error) {
    if (rules->cutter && size_bytes <= DRP_MAX_QUICK_BYTES)
        return drp_begin_quick(rules, text, size_bytes, &buffers->texts[0], &buffers->lists, &walk->quick, error);
    const size_t whole_bytes = size_bytes, limit_bytes = growth_limit(size_bytes);
    int to = 0;
    bool is_own = false; /* the text lies in a buffer */
    uint32_t place = rules->split_place - (rules->last ? 1 : 0);
    if (size_bytes > SIZE_MAX / 4)
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a text of %zu bytes; cut it", size_bytes);
    const size_t work = size_bytes > (SIZE_MAX - WORK_BYTES) / WORK_FACTOR ? SIZE_MAX : size_bytes * WORK_FACTOR + WORK_BYTES;
    size_t left = work;
    for (uint32_t n = 0; n < place && size_bytes; ++n) {
        bool in_place = is_own && works_in_place(&rules->steps[n]), changed;
        drp_writer out = {.buffer = &buffers->texts[in_place ? !to : to], .limit_bytes = limit_bytes};
        if (!spend(&left, size_bytes)) return too_much_work(work, error);
        if (!rewrite(&rules->steps[n], text, size_bytes, &out, &buffers->work, &changed))
            return why(&(drp_writer){.too_long = out.too_long, .limit_bytes = limit_bytes}, "a text", whole_bytes, error);
        if (!changed) continue;
        if (in_place) {
            size_bytes = out.size_bytes;
            continue;
        }
        is_own = out.buffer->memory != NULL;
        text = out.buffer->memory;
        size_bytes = out.size_bytes;
        to = !to;
    }
    if (rules->last && !spend(&left, size_bytes)) return too_much_work(work, error);
    uint8_t *own = is_own ? buffers->texts[!to].memory : NULL;
    if (!own) {
        drp_writer out = {.buffer = &buffers->texts[0], .limit_bytes = SIZE_MAX / 2};
        if (!(own = drp_make_room(&out, size_bytes))) return why(&out, "a text", whole_bytes, error);
        if (size_bytes) memcpy(own, text, size_bytes);
    }
    memset(own + size_bytes, 0, DRP_WORD_READ);
    *walk = (drp_word_walk){.next_word = own, .squeezed_end = own, .unread = own, .end = own + size_bytes};
    return rules->rewrites_words ? reword(rules, size_bytes, buffers, walk, error) : DRUPELET_OK;
}
