/* libFuzzer target: any tokenizer and any bytes as a text, compared with a tokenizer that takes one step after the other.
 *
 * Input: a byte of rules, a byte with the number of replacements, the bitmap of characters (16), the replacements (a byte
 * with the length of what is replaced and of what replaces it in its nibbles, then both), and the text.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drupelet.h"

enum { MAX_REPLACEMENTS = 3, BITMAP_BYTES = 16 };
typedef enum { UNICODE, ASCII, NONE } lowercase_rule;

typedef struct {
    const uint8_t *at, *end;
} input;

static uint8_t take(input *in) { return in->at < in->end ? *in->at++ : 0; }

typedef struct {
    uint8_t from[15], to[15];
    size_t from_bytes, to_bytes;
} replacement;

typedef struct {
    lowercase_rule lowercase;
    bool all_but, ascii_split;
    uint8_t bitmap[BITMAP_BYTES];
    replacement replacements[MAX_REPLACEMENTS];
    int replacement_count;
} rules;

static rules take_rules(input *in) {
    rules r = {.lowercase = UNICODE};
    uint8_t bits = take(in);
    r.lowercase = (lowercase_rule)(bits % 3);
    r.all_but = r.lowercase != UNICODE && (bits & 4);
    r.ascii_split = bits & 8;
    r.replacement_count = take(in) % (MAX_REPLACEMENTS + 1);
    for (int k = 0; k < BITMAP_BYTES; ++k) r.bitmap[k] = take(in);
    for (int n = 0; n < r.replacement_count; ++n) {
        uint8_t lengths = take(in);
        r.replacements[n].from_bytes = lengths & 15;
        r.replacements[n].to_bytes = lengths >> 4;
        for (size_t k = 0; k < r.replacements[n].from_bytes; ++k) r.replacements[n].from[k] = take(in);
        for (size_t k = 0; k < r.replacements[n].to_bytes; ++k) r.replacements[n].to[k] = take(in);
    }
    return r;
}

/* ---- A .drupelet file of one unit, written from docs/format.md; this build of the loader reads no checksums ---- */

enum { SECTIONS = 10, ENTRY_BYTES = 96, HEADER_BYTES = 64, FILE_ROOM = 4096 };

typedef struct {
    uint8_t bytes[FILE_ROOM];
    size_t size_bytes;
    int sections;
} file;

static void put_u32(uint8_t *p, uint32_t value) {
    for (int k = 0; k < 4; ++k) p[k] = (uint8_t)(value >> 8 * k);
}

static void add_section(file *f, const char *name, const char *kind, uint32_t dtype, uint32_t rows, uint32_t columns,
                        const uint8_t *payload, size_t size_bytes) {
    uint8_t *entry = f->bytes + HEADER_BYTES + ENTRY_BYTES * f->sections++;
    f->size_bytes = (f->size_bytes + 63) / 64 * 64;
    memcpy(entry, name, strlen(name));
    memcpy(entry + 48, kind, 4);
    put_u32(entry + 52, dtype);
    put_u32(entry + 56, (rows > 0) + (columns > 0));
    put_u32(entry + 64, rows);
    put_u32(entry + 68, columns);
    put_u32(entry + 80, (uint32_t)f->size_bytes);
    put_u32(entry + 88, (uint32_t)size_bytes);
    memcpy(f->bytes + f->size_bytes, payload, size_bytes);
    f->size_bytes += size_bytes;
}

static size_t tokenizer_section(const rules *r, uint8_t *out) {
    enum { NO_VALUE = -1 };
    const uint32_t numbers[] = {(uint32_t)r->lowercase, r->all_but, r->ascii_split, 0, (uint32_t)NO_VALUE, (uint32_t)NO_VALUE};
    uint8_t *start = out;
    memcpy(out, "fuzz\0\0\0\0\0\0\0\0\0\0\0", 16);
    out += 16;
    for (int n = 0; n < 6; ++n, out += 4) put_u32(out, numbers[n]);
    memcpy(out, r->bitmap, BITMAP_BYTES);
    out += BITMAP_BYTES;
    put_u32(out, (uint32_t)r->replacement_count);
    out += 4;
    for (int n = 0; n < r->replacement_count; ++n) {
        const replacement *pair = &r->replacements[n];
        const uint8_t sizes[] = {(uint8_t)pair->from_bytes, 0, (uint8_t)pair->to_bytes, 0};
        memcpy(out, sizes, sizeof sizes);
        memcpy(out + 4, pair->from, pair->from_bytes);
        memcpy(out + 4 + pair->from_bytes, pair->to, pair->to_bytes);
        out += 4 + pair->from_bytes + pair->to_bytes;
    }
    return (size_t)(out - start);
}

static void write_file(file *f, const rules *r) {
    uint8_t network[84], tokenizer[256], vocabulary[40] = "DRPVOCAB";
    const uint32_t numbers[] = {3, 1, 1, 0, 1, 1, ~0u, 0, ~0u, 0, /* LSTM */ 0, 0, 0, 1, 1, 0, 1, 0, /* dense */ 1, 1, 0};
    const uint32_t words[] = {1, 32, 2, 1, 4, 0, 0};
    static const uint8_t labels[] = "\2\0\0\0\2\0\0\0no\3\0\0\0yes", zeros[32];
    for (int n = 0; n < 21; ++n) put_u32(network + 4 * n, numbers[n]);
    for (int n = 0; n < 7; ++n) put_u32(vocabulary + 8 + 4 * n, words[n]);
    memcpy(vocabulary + 36, "\1a\1b", 4);
    memset(f, 0, sizeof *f);
    memcpy(f->bytes, "\x89" "DRPLT\r\n\1\0\0\0\4\3\2\1", 16);
    f->size_bytes = HEADER_BYTES + SECTIONS * ENTRY_BYTES;
    add_section(f, "architecture", "ARCH", 0, 0, 0, network, sizeof network);
    add_section(f, "tokenizer", "TOKN", 0, 0, 0, tokenizer, tokenizer_section(r, tokenizer));
    add_section(f, "labels", "LABL", 0, 0, 0, labels, sizeof labels - 1);
    add_section(f, "vocabulary", "VOCB", 0, 0, 0, vocabulary, sizeof vocabulary);
    add_section(f, "embedding", "TENS", 1, 3, 1, zeros, 12);
    add_section(f, "recurrent.0.forward.kernel", "TENS", 1, 1, 4, zeros, 16);
    add_section(f, "recurrent.0.forward.recurrent_kernel", "TENS", 1, 1, 4, zeros, 16);
    add_section(f, "recurrent.0.forward.bias", "TENS", 1, 4, 0, zeros, 16);
    add_section(f, "dense.0.kernel", "TENS", 1, 1, 1, zeros, 4);
    add_section(f, "dense.0.bias", "TENS", 1, 1, 0, zeros, 4);
    put_u32(f->bytes + 16, (uint32_t)f->size_bytes);
    put_u32(f->bytes + 24, SECTIONS);
}

/* ---- The plain tokenizer: code points, and a new buffer for every step ---- */

/* Decodes the sequence at p. Returns its length, or 0 when it is malformed (Unicode 15, table 3-7, and lone surrogates). */
static size_t decode(const uint8_t *p, size_t left, uint32_t *code) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    if (length == 0 || length > left) return 0;
    *code = length == 1 ? p[0] : p[0] & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
        if (p[k] >> 6 != 2) return 0;
        *code = *code << 6 | (p[k] & 63);
    }
    return *code < smallest[length] || *code > 0x10FFFF ? 0 : length;
}

static bool is_text(const uint8_t *text, size_t size_bytes, bool surrogates) {
    uint32_t code;
    for (size_t k = 0, length; k < size_bytes; k += length) {
        length = decode(text + k, size_bytes - k, &code);
        if (length == 0 || (!surrogates && code >= 0xD800 && code < 0xE000)) return false;
    }
    return true;
}

static bool is_ascii_space(uint32_t c) { return (c >= 9 && c <= 13) || c == 32; }

static bool is_space(uint32_t c) {
    return is_ascii_space(c) || (c >= 0x1C && c <= 0x1F) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static size_t lower(const rules *r, const uint8_t *text, size_t size_bytes, uint8_t *out) {
    size_t written = 0;
    uint32_t code;
    for (size_t k = 0, length; k < size_bytes; k += length) {
        length = decode(text + k, size_bytes - k, &code);
        if (r->lowercase != NONE && code >= 'A' && code <= 'Z') {
            out[written++] = (uint8_t)(code + 32);
        } else if (r->lowercase == UNICODE && code == 0x212A) {
            out[written++] = 'k';
        } else if (r->lowercase == UNICODE && code == 0x130) {
            memcpy(out + written, "i\xCC\x87", 3);
            written += 3;
        } else {
            memcpy(out + written, text + k, length);
            written += length;
        }
    }
    return written;
}

static size_t replaced(const replacement *pair, const uint8_t *text, size_t size_bytes, uint8_t *out) {
    size_t written = 0;
    for (size_t k = 0; k < size_bytes;) {
        if (size_bytes - k >= pair->from_bytes && memcmp(text + k, pair->from, pair->from_bytes) == 0) {
            memcpy(out + written, pair->to, pair->to_bytes);
            written += pair->to_bytes;
            k += pair->from_bytes;
        } else {
            out[written++] = text[k++];
        }
    }
    return written;
}

static size_t split(const rules *r, const uint8_t *text, size_t size_bytes, uint8_t *out) {
    size_t written = 0;
    uint32_t code;
    for (size_t k = 0, length; k < size_bytes; k += length) {
        length = decode(text + k, size_bytes - k, &code);
        bool listed = code < 128 && r->bitmap[code >> 3] >> (code & 7) & 1;
        if (r->all_but ? listed : !listed && !is_space(code)) continue;
        if (r->ascii_split ? is_ascii_space(code) : is_space(code)) {
            if (written && out[written - 1] != ' ') out[written++] = ' ';
        } else {
            memcpy(out + written, text + k, length);
            written += length;
        }
    }
    if (written && out[written - 1] != ' ') out[written++] = ' ';
    return written;
}

/* The words, each followed by a space. */
static size_t plain_words(const rules *r, const uint8_t *text, size_t size_bytes, uint8_t **words) {
    size_t room = 2 * size_bytes + 16;
    uint8_t *now = malloc(room), *next = malloc(room);
    size_t bytes = lower(r, text, size_bytes, now);
    for (int n = 0; n < r->replacement_count; ++n) {
        bytes = replaced(&r->replacements[n], now, bytes, next);
        uint8_t *swap = now;
        now = next;
        next = swap;
    }
    bytes = split(r, now, bytes, next);
    free(now);
    *words = next;
    return bytes;
}

static void compare_words(const rules *r, const uint8_t *text, size_t size_bytes, const char *words, size_t words_bytes) {
    uint8_t *expected;
    size_t expected_bytes = plain_words(r, text, size_bytes, &expected);
    if (expected_bytes != words_bytes) abort();
    for (size_t k = 0; k < words_bytes; ++k)
        if (expected[k] == ' ' ? words[k] != 0 : (uint8_t)words[k] != expected[k]) abort();
    free(expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    static file f;
    input in = {data, data + size_bytes};
    bool surrogates = take(&in) & 1;
    rules r = take_rules(&in);
    write_file(&f, &r);
    drupelet_model *model;
    drupelet_session *session;
    drupelet_error error;
    if (drupelet_model_open(f.bytes, f.size_bytes, NULL, &model, &error) != DRUPELET_OK) return 0; /* impossible rules */
    const drupelet_session_options options = {.projection_cache_bytes = 1, .accept_surrogates = surrogates};
    if (drupelet_session_create(model, &options, &session, &error) != DRUPELET_OK) abort();
    /* A separate copy, so that a sanitizer sees a read beyond the text. */
    size_t text_bytes = (size_t)(in.end - in.at);
    char *copy = malloc(text_bytes ? text_bytes : 1);
    memcpy(copy, in.at, text_bytes);
    const drupelet_text text = {copy, text_bytes};
    const char *words;
    size_t words_bytes, count, n_tokens;
    drupelet_status status = drupelet_words(session, text, &words, &words_bytes, &error);
    bool well_formed = is_text((const uint8_t *)copy, text_bytes, surrogates);
    if (status != (well_formed ? DRUPELET_OK : DRUPELET_BAD_TEXT)) abort();
    if (well_formed) compare_words(&r, (const uint8_t *)copy, text_bytes, words, words_bytes);
    const int32_t *ids;
    if (drupelet_encode(session, text, &ids, &count, &n_tokens, &error) != status) abort();
    for (size_t k = 0; well_formed && k < count; ++k)
        if (ids[k] != 1 && ids[k] != 2) abort();
    free(copy);
    drupelet_session_destroy(session);
    drupelet_model_close(model);
    return 0;
}
