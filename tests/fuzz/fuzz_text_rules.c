/* libFuzzer target: any section TEXT and any text. What is read is carried out, and every word must be UTF-8 of at least one
 * byte. Where rules have a cutter, that of every tier must find the words that are found without it. The Python tests compare the
 * words themselves.
 *
 * Input: u16 little-endian size of the section, the section, the text.
 */
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "support.h"
#include "text_steps.h"

/* `quick`: the same rules with a cutter, or NULL. */
static void check_words(const drp_text_rules *rules, const drp_text_rules *quick, const uint8_t *text, size_t size_bytes) {
    static drp_text_buffers buffers, quick_buffers;
    drupelet_error error;
    drp_word_walk walk, quick_walk;
    if (drp_begin_words(rules, text, size_bytes, &buffers, &walk, &error) != DRUPELET_OK) {
        if (!error.message[0]) abort();
        return;
    }
    if (quick && drp_begin_words(quick, text, size_bytes, &quick_buffers, &quick_walk, &error) != DRUPELET_OK) abort();
    uint8_t *word, *other;
    size_t word_bytes, other_bytes;
    while (drp_next_word(rules, &walk, &word, &word_bytes)) {
        uint8_t read[DRP_WORD_READ];
        memcpy(read, word, sizeof read); /* may be read, however short the word is */
        if (word_bytes == 0) abort();
        for (size_t k = 0, length; k < word_bytes; k += length)
            if ((length = drp_utf8_length(word + k, word_bytes - k, true)) == 0) abort();
        if (!quick) continue;
        if (!drp_next_word(quick, &quick_walk, &other, &other_bytes)) abort();
        memcpy(read, other, sizeof read);
        if (other_bytes != word_bytes || memcmp(other, word, word_bytes) != 0) abort();
    }
    if (quick && drp_next_word(quick, &quick_walk, &other, &other_bytes)) abort();
}

static void check_cutters(const drp_text_rules *rules, const uint8_t *text, size_t size_bytes) {
    const char *name, *lacks;
    for (size_t number = 0; (name = drupelet_tier_name(number)); ++number) {
        const drp_tier *tier = drp_tier_named(name, &lacks);
        drp_text_rules quick = *rules;
        if (tier) drp_text_rules_choose(&quick, tier);
        check_words(rules, quick.cutter ? &quick : NULL, text, size_bytes);
        if (!quick.cutter) return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    enum { MOST_TEXT_BYTES = 2048 };
    if (size_bytes < 2) return 0;
    size_t section_bytes = drp_u16(data);
    data += 2;
    size_bytes -= 2;
    if (section_bytes > size_bytes) section_bytes = size_bytes;
    drp_text_rules rules;
    drupelet_error error = {{0}};
    drupelet_status status = drp_text_rules_read(data, section_bytes, &rules, &error);
    if ((status == DRUPELET_OK) != !error.message[0]) abort();
    const uint8_t *text = data + section_bytes;
    size_t text_bytes = 0, left = size_bytes - section_bytes;
    while (text_bytes < left && text_bytes < MOST_TEXT_BYTES) { /* as much of it as is well-formed */
        size_t length = drp_utf8_length(text + text_bytes, left - text_bytes, true);
        if (length == 0) break;
        text_bytes += length;
    }
    if (status == DRUPELET_OK) check_cutters(&rules, text, text_bytes);
    drp_text_rules_close(&rules);
    return 0;
}
