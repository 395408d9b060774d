#include "tokenizer.h"

#include <string.h>

/* Stands for the combining dot that U+0130 leaves when it becomes "i": a byte that UTF-8 never holds, always dropped. */
enum { DROPPED_MARK = 0xFF };

/* White space of Unicode below 128 (str.isspace): tab to carriage return, the four separators, space. */
static bool is_space(uint8_t c, drp_split split) {
    return (c >= 9 && c <= 13) || c == ' ' || (split == DRP_SPLIT_UNICODE && c >= 0x1c && c <= 0x1f);
}

void drp_tokenizer_prepare(drp_tokenizer *tokenizer, const uint8_t *bitmap) {
    for (int c = 0; c < 128; ++c) {
        bool listed = bitmap[c >> 3] >> (c & 7) & 1;
        bool kept = tokenizer->kept == DRP_KEPT_ONLY ? listed || is_space((uint8_t)c, DRP_SPLIT_UNICODE) : !listed;
        bool splits = is_space((uint8_t)c, tokenizer->split);
        tokenizer->squeezed[c] = splits ? ' ' : (uint8_t)c;
        tokenizer->squeezed_to[c] = kept;
    }
}

/* True when the sequence of `length` bytes at p is white space of Unicode: U+0085, U+00A0, U+1680, U+2000-U+200A,
 * U+2028, U+2029, U+202F, U+205F, U+3000. */
static bool is_wide_space(const uint8_t *p, size_t length) {
    if (length == 2) return p[0] == 0xC2 && (p[1] == 0x85 || p[1] == 0xA0);
    if (length != 3) return false;
    if (p[0] == 0xE1) return p[1] == 0x9A && p[2] == 0x80;
    if (p[0] == 0xE3) return p[1] == 0x80 && p[2] == 0x80;
    if (p[0] != 0xE2) return false;
    if (p[1] == 0x81) return p[2] == 0x9F;
    return p[1] == 0x80 && (p[2] <= 0x8A || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF);
}

/* Lower-cases A-Z. Returns true when all bytes are ASCII. */
static bool lower_ascii(const uint8_t *text, size_t size_bytes, uint8_t *out) {
    uint8_t all = 0;
    for (size_t k = 0; k < size_bytes; ++k) {
        uint8_t c = text[k];
        all |= c;
        out[k] = (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
    }
    return all < 128;
}

/* Lower-cases A-Z, U+0130 and U+212A (the Kelvin sign): kept="only" drops all other characters that str.lower changes. */
static size_t lower_unicode(const uint8_t *text, size_t size_bytes, uint8_t *out) {
    enum { CHUNK = 64 };
    size_t written = 0;
    for (size_t k = 0; k < size_bytes;) {
        size_t chunk_end = size_bytes - k < CHUNK ? size_bytes : k + CHUNK;
        if (lower_ascii(text + k, chunk_end - k, out + written)) {
            written += chunk_end - k;
            k = chunk_end;
            continue;
        }
        while (k < chunk_end) {
            size_t left = size_bytes - k;
            if (left >= 2 && text[k] == 0xC4 && text[k + 1] == 0xB0) {
                out[written++] = 'i';
                out[written++] = DROPPED_MARK;
                k += 2;
            } else if (left >= 3 && text[k] == 0xE2 && text[k + 1] == 0x84 && text[k + 2] == 0xAA) {
                out[written++] = 'k';
                k += 3;
            } else {
                lower_ascii(text + k++, 1, out + written++);
            }
        }
    }
    return written;
}

/* Replaces in place, left to right, without overlap. */
static size_t replace(const drp_replacement *r, uint8_t *text, size_t size_bytes) {
    const uint8_t *at = text, *end = text + size_bytes;
    uint8_t *out = text;
    while (at < end) {
        const uint8_t *found = at;
        for (;; ++found) {
            found = (size_t)(end - found) < r->from_bytes ? NULL : memchr(found, r->from[0], (size_t)(end - found));
            if (!found || (size_t)(end - found) < r->from_bytes) {
                found = NULL;
                break;
            }
            if (memcmp(found, r->from, r->from_bytes) == 0) break;
        }
        const uint8_t *stop = found ? found : end;
        size_t kept = (size_t)(stop - at);
        if (out != at) memmove(out, at, kept);
        out += kept;
        at = stop;
        if (found) {
            memcpy(out, r->to, r->to_bytes);
            out += r->to_bytes;
            at += r->from_bytes;
        }
    }
    return (size_t)(out - text);
}

size_t drp_tokenizer_normalize(const drp_tokenizer *tokenizer, const uint8_t *text, size_t size_bytes, uint8_t *out) {
    if (tokenizer->lowercase == DRP_LOWERCASE_UNICODE)
        size_bytes = lower_unicode(text, size_bytes, out);
    else if (tokenizer->lowercase == DRP_LOWERCASE_ASCII)
        lower_ascii(text, size_bytes, out);
    else if (size_bytes) /* an empty text may have no address */
        memcpy(out, text, size_bytes);
    for (uint32_t r = 0; r < tokenizer->replacement_count; ++r)
        size_bytes = replace(&tokenizer->replacements[r], out, size_bytes);
    memset(out + size_bytes, 0, DRP_WORD_READ);
    return size_bytes;
}

typedef enum { DRP_DROP, DRP_LETTER, DRP_SPACE } drp_class;

/* The class and the length of the sequence at p, whose first byte is not ASCII. Normalized text is well-formed, so the
 * first byte tells the length. */
static drp_class wide_class(const drp_tokenizer *tokenizer, const uint8_t *p, size_t left, size_t *length) {
    *length = p[0] == DROPPED_MARK ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (p[0] == DROPPED_MARK) return DRP_DROP;
    if (*length > left) *length = left;
    bool space = is_wide_space(p, *length);
    if (space && tokenizer->split == DRP_SPLIT_UNICODE) return DRP_SPACE;
    return space || tokenizer->kept == DRP_KEPT_ALL_BUT ? DRP_LETTER : DRP_DROP;
}

/* Squeezes ASCII up to `stop` or the first other byte. Returns the end of what it wrote. No branch depends on the class
 * of a byte: a processor could not predict it. */
static uint8_t *squeeze_ascii(const drp_tokenizer *tokenizer, const uint8_t **in, const uint8_t *stop, uint8_t *out) {
    const uint8_t *restrict squeezed = tokenizer->squeezed, *restrict squeezed_to = tokenizer->squeezed_to;
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

/* Squeezes the next piece of unread text, up to the end of a word or of the text. */
static void squeeze(const drp_tokenizer *tokenizer, drp_word_walk *walk) {
    enum { SQUEEZED_BYTES = 256 };
    const uint8_t *in = walk->unread, *end = walk->end;
    const uint8_t *enough = end - in > SQUEEZED_BYTES ? in + SQUEEZED_BYTES : end;
    uint8_t *out = walk->next_word = walk->squeezed_end;
    bool between_words = false;
    while (in < enough || (in < end && !between_words)) {
        const uint8_t *stop = in < enough ? enough : in + 1;
        out = squeeze_ascii(tokenizer, &in, stop, out);
        if (in < stop) {
            size_t length;
            drp_class kind = wide_class(tokenizer, in, (size_t)(end - in), &length);
            for (size_t k = 0; k < length && kind == DRP_LETTER; ++k) *out++ = in[k];
            if (kind == DRP_SPACE) *out++ = ' ';
            in += length;
        }
        between_words = out > walk->next_word && out[-1] == ' ';
    }
    if (in == end) *out++ = ' '; /* there is room behind the text */
    walk->squeezed_end = out;
    walk->unread = (uint8_t *)in;
}

/* The number of bytes from p to the first space. */
static size_t bytes_to_space(const uint8_t *p) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (size_t passed = 0;; passed += 8) {
        uint64_t eight;
        memcpy(&eight, p + passed, sizeof eight);
        eight ^= ' ' * ones;
        uint64_t zeros = (eight - ones) & ~eight & highs; /* the lowest bit set belongs to the first zero byte */
        if (zeros) return passed + (size_t)(__builtin_ctzll(zeros) / 8);
    }
}

bool drp_next_word(const drp_tokenizer *tokenizer, drp_word_walk *walk, uint8_t **word, size_t *size_bytes) {
    for (;;) {
        while (walk->next_word < walk->squeezed_end && *walk->next_word == ' ') ++walk->next_word;
        if (walk->next_word < walk->squeezed_end) break;
        if (walk->unread == walk->end) return false;
        squeeze(tokenizer, walk);
    }
    *word = walk->next_word;
    *size_bytes = bytes_to_space(walk->next_word);
    walk->next_word += *size_bytes + 1;
    return true;
}
