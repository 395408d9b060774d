/* Text rules: the steps from a text to words, and the rules for ids, as the section TEXT holds them (docs/format.md). */
#ifndef DRP_TEXT_RULES_H
#define DRP_TEXT_RULES_H

#include "drupelet.h"
#include "kernel.h"
#include "support.h"
#include "text_pattern.h"
#include "word_cutter.h"

/* Codes of a file: indices into the tuples of drupelet/text/rules.py. */
typedef enum {
    DRP_LOWER,
    DRP_REPLACE,
    DRP_SUBSTITUTE,
    DRP_KEEP,
    DRP_DROP,
    DRP_SPLIT,
    DRP_DROP_WORDS,
    DRP_NGRAMS
} drp_step_kind;
typedef enum { DRP_LOWER_UNICODE, DRP_LOWER_ASCII } drp_lower;
typedef enum { DRP_SPLIT_UNICODE, DRP_SPLIT_ASCII, DRP_SPLIT_SEPARATOR, DRP_SPLIT_CHARACTERS } drp_split;
typedef enum { DRP_KEEP_HEAD, DRP_KEEP_TAIL, DRP_KEEP_ENDS } drp_keep;

enum { DRP_CLASS_SPACE = 1, DRP_CLASS_LETTERS = 2, DRP_CLASS_ALPHANUMERIC = 4, DRP_CLASS_MARKS = 8 };
enum { DRP_MAX_SIZES = 4 };

/* Bytes in the file. */
typedef struct {
    const uint8_t *bytes;
    uint32_t size_bytes;
} drp_piece;

/* A step; fields that its kind does not have are zero. */
typedef struct {
    drp_step_kind kind;
    drp_lower lower;
    drp_piece old, replacement;                /* old: of replace. replacement: of replace, substitute, keep and drop */
    drp_pattern *pattern;                      /* of substitute */
    uint32_t classes, *characters, character_count; /* of keep and drop; code points that ascend */
    uint8_t replaced[128];                     /* of keep and drop: 1 for an ASCII character that is replaced */
    drp_piece *words;                          /* of drop_words: they ascend */
    uint32_t word_count;
    uint32_t sizes[DRP_MAX_SIZES], size_count; /* of ngrams */
} drp_step;

typedef struct {
    uint32_t start_id, end_id, unknown_id, max_tokens; /* DRP_NO_VALUE where absent */
    drp_keep keep;
    drp_split split;
    uint32_t separator; /* a code point, or DRP_NO_VALUE */
    uint32_t step_count, split_place;
    drp_step *steps; /* those before split_place rewrite the text, those behind it the words */
    const drp_step *last; /* keep or drop directly before the split, when one pass can do both; or NULL */
    uint8_t squeezed[128];    /* what that pass makes of an ASCII byte; DRP_DELIMITER between words */
    uint8_t squeezed_to[128]; /* how many bytes that takes: 1, or 0 where it is dropped */
    bool wide_stays;          /* that pass leaves all other characters as they are */
    bool rewrites_words;
    /* For rules whose steps one pass can do: at most a lower case, then at most one replaced text, then `last` and the split. */
    drp_cutter *cutter;       /* or NULL */
    drp_byte_classes bytes;
    const drp_step *replaced; /* what becomes the end of a word; or NULL */
    bool lowers_wide;         /* characters that are not ASCII, too */
    uint8_t filler;           /* an ASCII character between words */
} drp_text_rules;

/* Stands between words of a squeezed text: a byte that UTF-8 never holds. */
enum { DRP_DELIMITER = 0xFF };

/* Reads and checks a section TEXT. Its texts stay in the file. Returns DRUPELET_BAD_FORMAT or _NO_MEMORY. Whatever it
 * returns, drp_text_rules_close frees what there is. */
drupelet_status drp_text_rules_read(const uint8_t *bytes, size_t size_bytes, drp_text_rules *rules, drupelet_error *error);

/* Lets a tier's cutter find words, where it can. */
void drp_text_rules_choose(drp_text_rules *rules, const drp_tier *tier);

void drp_text_rules_close(drp_text_rules *rules);

/* Whether a keep or drop step replaces a character that is not ASCII. */
bool drp_is_replaced(const drp_step *step, uint32_t code);

/* Whether the split cuts at a character. */
bool drp_splits_at(const drp_text_rules *rules, uint32_t code);

#endif
