/* Error messages, memory, little-endian numbers and UTF-8: what files of every layer above this one share. */
#ifndef DRP_SUPPORT_H
#define DRP_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drupelet.h"

/* Stands in a uint32 field for "none": no limit of tokens, no id for unknown words. */
#define DRP_NO_VALUE 0xFFFFFFFFu

/* A hint that the cache line of `place` is read soon; nothing where the compiler has none. */
#if defined(__GNUC__)
#define DRP_PREFETCH(place) __builtin_prefetch(place)
#else
#define DRP_PREFETCH(place) ((void)(place))
#endif

/* Marks a function whose own instructions are few, beside those of what it calls, or that runs only when a file is opened:
 * small code is worth more there than fast code. */
#if defined(__clang__)
#define DRP_RARE __attribute__((cold, minsize))
#elif defined(__GNUC__)
#define DRP_RARE __attribute__((cold))
#else
#define DRP_RARE
#endif

/* Writes the message, unless `error` is NULL, and returns the status. */
drupelet_status drp_fail(drupelet_error *error, drupelet_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* count * size bytes, aligned to DRP_ALIGNMENT of kernel.h and zeroed; NULL when there is no such memory. Freed by
 * drp_free. Pages of a large area that are never written take no memory. */
void *drp_allocate(size_t count, size_t size);
void drp_free(void *memory); /* NULL is allowed */

/* A buffer that grows. drp_session_trim frees a large one. */
typedef struct {
    void *memory;
    size_t size_bytes;
} drp_buffer;

/* The buffer's memory with room for that many bytes, aligned; old contents are lost. NULL when there is no such memory. */
void *drp_reserve(drp_buffer *buffer, size_t size_bytes);

/* Writes bytes into a buffer, behind one another, up to a limit. */
typedef struct {
    drp_buffer *buffer;
    size_t size_bytes, limit_bytes;
    bool no_memory, too_long;
} drp_writer;

/* Makes room for that many bytes behind what is written, and DRP_WORD_READ more. Returns where they go; NULL, with the
 * reason in the writer, where there is no memory or the limit does not allow them. The caller adds to size_bytes.
 * A large room is exactly as large as the first call asks: who asks for all of a large text at once needs no more memory. */
uint8_t *drp_make_room(drp_writer *writer, size_t size_bytes);

/* Writes bytes, which may lie in the buffer, behind what is written; false where drp_make_room gives no room. */
bool drp_write(drp_writer *writer, const uint8_t *bytes, size_t size_bytes);

/* This many bytes are read from the start of a word, however short it is: a buffer needs that much room behind a text. */
enum { DRP_WORD_READ = 24 };

/* A little-endian number at any address. */
static inline uint32_t drp_u16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t drp_u32(const uint8_t *p) { return drp_u16(p) | drp_u16(p + 2) << 16; }
static inline uint64_t drp_u64(const uint8_t *p) { return drp_u32(p) | (uint64_t)drp_u32(p + 4) << 32; }
float drp_f32(const uint8_t *p);
float drp_f16(const uint8_t *p);

/* The length of the well-formed UTF-8 sequence at p, where `left` > 0 bytes may be read; 0 when it is malformed. A lone
 * surrogate is well-formed only when `surrogates` is true. */
size_t drp_utf8_length(const uint8_t *p, size_t left, bool surrogates);

#endif
