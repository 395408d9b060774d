/* The labels of a .drupelet file (drupelet/label_section.py). */
#include "label_section.h"

#include <string.h>

#include "section_reader.h"
#include "support.h"

enum { MAX_LABELS = 4096, MAX_LABEL_BYTES = 1024 };

/* Ranges of characters that move a cursor, hide, or turn the direction of a line (drupelet/control_characters.py). */
static const uint32_t control_characters[][2] = {
    {0x0, 0x1F},         {0x7F, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
    {0x70F, 0x70F},      {0x890, 0x891},     {0x8E2, 0x8E2},     {0x180E, 0x180E},   {0x200B, 0x200B},   {0x200E, 0x200F},
    {0x2028, 0x202E},    {0x2060, 0x2064},   {0x2066, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD},  {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
};

/* The character of UTF-8 that was checked: `length` bytes. */
static uint32_t character(const uint8_t *p, size_t length) {
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) code = code << 6 | (p[k] & 0x3Fu);
    return code;
}

/* True for UTF-8 that can be printed on one line and shows all that it holds. */
static bool stands_in_a_line(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0, length; k < size_bytes; k += length) {
        if ((length = drp_utf8_length(bytes + k, size_bytes - k, false)) == 0) return false;
        uint32_t code = character(bytes + k, length);
        for (size_t n = 0; n < sizeof control_characters / sizeof *control_characters; ++n)
            if (code >= control_characters[n][0] && code <= control_characters[n][1]) return false;
    }
    return size_bytes > 0;
}

drupelet_status drp_read_labels(const drp_section *section, drupelet_model *m, drupelet_error *error) {
    drp_reader r = {section->bytes, section->bytes + section->size_bytes, "labels"};
    if (!drp_has(&r, 4)) return drp_ends_early(&r, error);
    uint32_t count = drp_take_u32(&r), classes = drupelet_model_classes(m);
    if (count > MAX_LABELS || count != classes)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u labels for %u classes, expected one each, at most %d; export it again",
                        count, classes, MAX_LABELS);
    m->labels = drp_allocate(count, sizeof *m->labels);
    if (!m->labels) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u labels; free some", count);
    for (; m->label_count < count; ++m->label_count) {
        if (!drp_has(&r, 4)) return drp_ends_early(&r, error);
        uint32_t size_bytes = drp_take_u32(&r);
        if (size_bytes > MAX_LABEL_BYTES)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "section labels: a label of %u bytes, expected at most %d",
                            size_bytes, MAX_LABEL_BYTES);
        if (!drp_has(&r, size_bytes)) return drp_ends_early(&r, error);
        if (!stands_in_a_line(r.at, size_bytes))
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section labels: label %u is empty, not UTF-8, or cannot stand in a line; export it again",
                            m->label_count);
        char *label = drp_allocate(size_bytes + 1, 1);
        if (!label) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u labels; free some", count);
        memcpy(label, r.at, size_bytes);
        m->labels[m->label_count] = label;
        r.at += size_bytes;
        for (uint32_t n = 0; n < m->label_count; ++n)
            if (strcmp(m->labels[n], label) == 0) {
                ++m->label_count; /* so that it is freed */
                return drp_fail(error, DRUPELET_BAD_FORMAT, "section labels: '%s' stands twice; export it again", label);
            }
    }
    return drp_finish(&r, error);
}
