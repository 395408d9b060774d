/* Cuts text into words, 64 bytes at a time: bits of a number say of each byte whether it is dropped, and whether it lies between
 * words. One function for each set of instructions; all of them give the same words. */
#ifndef DRP_WORD_CUTTER_H
#define DRP_WORD_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h" /* DRP_X86_64, DRP_AARCH64 */

enum { DRP_BLOCK_BYTES = 64 };

/* What a byte of text is; the rest are kept as they are, or in lower case. */
enum { DRP_BYTE_DROPPED = 1, DRP_BYTE_CUTS = 1 << 8, DRP_BYTE_SPECIAL = 1 << 16 };

/* What bytes are. Bit c / 16 of byte c % 16 says whether the ASCII character c is in a set. */
typedef struct {
    uint8_t dropped[16], cuts[16];
    uint32_t classes[256]; /* the same byte by byte, and which are special */
    uint8_t special;       /* an ASCII character that stops the cutter; 0xFF, which no text holds: none */
    bool wide_is_special;  /* all others stop it, too; otherwise they are kept */
    bool lowers;           /* A-Z */
} drp_byte_classes;

typedef struct {
    const uint8_t *in, *end;
    uint8_t *base, *out; /* where the text goes, and where its next byte: there is room for two blocks behind it */
    uint32_t *starts, *ends, *full; /* of words, counted from base: the next of each, and the start that is not written any more */
    bool inside;  /* a word has begun and not ended */
    bool stopped; /* at a special byte, which lies at `in` */
} drp_cut;

/* Words that begin or end in a block, and those that a function writes too many. */
enum { DRP_BLOCK_WORDS = DRP_BLOCK_BYTES / 2 + 1, DRP_LIST_PADDING = DRP_BLOCK_BYTES };

/* Cuts whole blocks until fewer than 64 bytes are left, the list of starts is full, or a special byte comes. DRP_BLOCK_WORDS
 * + DRP_LIST_PADDING entries may be written from `full` on. */
typedef void drp_cutter(const drp_byte_classes *classes, drp_cut *cut);

void drp_cut_scalar(const drp_byte_classes *classes, drp_cut *cut);
#if defined(DRP_X86_64)
void drp_cut_avx2(const drp_byte_classes *classes, drp_cut *cut);
void drp_cut_avx512(const drp_byte_classes *classes, drp_cut *cut);
#elif defined(DRP_AARCH64)
void drp_cut_neon(const drp_byte_classes *classes, drp_cut *cut);
#endif

#endif
