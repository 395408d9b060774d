#include "unicode.h"

#include "unicode_tables.h"

uint32_t drp_unicode_classes(uint32_t code) {
    size_t low = 0, high = DRP_CLASS_BLOCKS; /* the run lies in the block at low or behind it, and before high */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (drp_class_blocks[middle].start <= code)
            low = middle;
        else
            high = middle;
    }
    const uint8_t *at = drp_class_runs + drp_class_blocks[low].place;
    for (uint32_t end = drp_class_blocks[low].start;; ++at) {
        uint32_t length = *at & 127;
        for (int shift = 7; *at++ > 127; shift += 7) length |= (uint32_t)(*at & 127) << shift;
        end += length;
        if (code < end) return *at;
    }
}

bool drp_unicode_is_space(uint32_t code) {
    if (code < 0x80) return (code >= 9 && code <= 13) || (code >= 0x1C && code <= 0x20);
    for (size_t n = 0; n < sizeof drp_space_ranges / sizeof *drp_space_ranges; ++n)
        if (code >= drp_space_ranges[n].first && code <= drp_space_ranges[n].last) return true;
    return false;
}

uint32_t drp_unicode_lower(uint32_t code) {
    size_t low = 0, high = DRP_LOWER_RUNS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const drp_lower_run *run = &drp_lower_runs[middle];
        if (code < run->start)
            high = middle;
        else if (code > run->start + (uint32_t)(run->count - 1) * run->stride)
            low = middle + 1;
        else
            return (code - run->start) % run->stride ? code : (uint32_t)((int32_t)code + run->delta);
    }
    return code;
}

size_t drp_utf8_write(uint32_t code, uint8_t *out) {
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}
