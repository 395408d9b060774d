#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h" /* DRP_ALIGNMENT */

drupelet_status drp_fail(drupelet_error *error, drupelet_status status, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

void *drp_allocate(size_t count, size_t size) {
    if (size && count > (SIZE_MAX - 2 * DRP_ALIGNMENT) / size) return NULL;
    /* A vector may reach beyond the last value. */
    size_t rounded = (count * size + DRP_ALIGNMENT) / DRP_ALIGNMENT * DRP_ALIGNMENT;
    uint8_t *memory = calloc(rounded + DRP_ALIGNMENT, 1); /* pages that nobody touches take no memory */
    if (!memory) return NULL;
    size_t shift = DRP_ALIGNMENT - (uintptr_t)memory % DRP_ALIGNMENT;
    memory[shift - 1] = (uint8_t)shift; /* 1 to DRP_ALIGNMENT, for drp_free */
    return memory + shift;
}

void drp_free(void *memory) {
    uint8_t *start = memory;
    if (start) free(start - start[-1]);
}

float drp_f32(const uint8_t *p) {
    uint32_t bits = drp_u32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float drp_f16(const uint8_t *p) {
    uint32_t half = drp_u16(p), sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    if (exponent == 0) { /* zero or subnormal: mantissa * 2^-24, exact */
        float value = (float)mantissa * 5.9604644775390625e-8f;
        return sign ? -value : value;
    }
    uint32_t bits = sign | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23) | mantissa << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

size_t drp_utf8_length(const uint8_t *p, size_t left, bool surrogates) {
    if (p[0] < 0x80) return 1;
    size_t length = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > left) return 0;
    for (size_t k = 1; k < length; ++k)
        if ((p[k] & 0xC0) != 0x80) return 0;
    if (p[0] == 0xE0 && p[1] < 0xA0) return 0; /* overlong */
    if (p[0] == 0xED && p[1] >= 0xA0 && !surrogates) return 0;
    if (p[0] == 0xF0 && p[1] < 0x90) return 0; /* overlong */
    if (p[0] == 0xF4 && p[1] >= 0x90) return 0; /* beyond U+10FFFF */
    return length;
}

void *drp_reserve(drp_buffer *buffer, size_t size_bytes) {
    if (size_bytes <= buffer->size_bytes && buffer->memory) return buffer->memory;
    drp_free(buffer->memory);
    buffer->memory = drp_allocate(size_bytes, 1);
    buffer->size_bytes = buffer->memory ? size_bytes : 0;
    return buffer->memory;
}

uint8_t *drp_make_room(drp_writer *w, size_t size_bytes) {
    if (size_bytes > w->limit_bytes - w->size_bytes) {
        w->too_long = true;
        return NULL;
    }
    size_t needed = w->size_bytes + size_bytes + DRP_WORD_READ;
    if (needed > w->buffer->size_bytes || !w->buffer->memory) {
        enum { LARGE_BYTES = 1 << 16 };
        bool is_first = w->size_bytes == 0;
        if (is_first) { /* what lies there is of another text: gone before there are two */
            drp_free(w->buffer->memory);
            *w->buffer = (drp_buffer){0};
        }
        size_t room = is_first && needed > LARGE_BYTES ? needed : needed + needed / 2;
        uint8_t *larger = room < needed ? NULL : drp_allocate(room, 1);
        if (!larger) {
            w->no_memory = true;
            return NULL;
        }
        if (w->size_bytes) memcpy(larger, w->buffer->memory, w->size_bytes);
        drp_free(w->buffer->memory);
        *w->buffer = (drp_buffer){larger, room};
    }
    return (uint8_t *)w->buffer->memory + w->size_bytes;
}

bool drp_write(drp_writer *w, const uint8_t *bytes, size_t size_bytes) {
    if (size_bytes == 0) return true;
    uint8_t *out = drp_make_room(w, size_bytes);
    if (!out) return false;
    memmove(out, bytes, size_bytes);
    w->size_bytes += size_bytes;
    return true;
}
