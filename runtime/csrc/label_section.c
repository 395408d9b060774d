/* The labels of a .drupelet file (drupelet/label_section.py). */
#include "label_section.h"

#include <string.h>

#include "section_reader.h"
#include "support.h"

enum { MAX_LABELS = 4096, MAX_LABEL_BYTES = 1024 };

static bool is_utf8(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0, length; k < size_bytes; k += length)
        if ((length = drp_utf8_length(bytes + k, size_bytes - k, false)) == 0) return false;
    return true;
}

/* False for control characters, line and paragraph separators: a label is printed on one line. */
static bool is_printable(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0; k < size_bytes; ++k) {
        if (bytes[k] < 0x20 || bytes[k] == 0x7F) return false;
        if (k + 1 < size_bytes && bytes[k] == 0xC2 && bytes[k + 1] < 0xA0) return false;
        if (k + 2 < size_bytes && bytes[k] == 0xE2 && bytes[k + 1] == 0x80 && (bytes[k + 2] == 0xA8 || bytes[k + 2] == 0xA9))
            return false;
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
        if (!is_utf8(r.at, size_bytes) || !is_printable(r.at, size_bytes))
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
