#define _POSIX_C_SOURCE 200809L
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 1 << 16 };

/* The next line feed in the bytes read so far, or NULL. Remembers how far it has searched. */
static char *line_feed(line_reader *r) {
    char *found = r->scanned < r->end ? memchr(r->buffer + r->scanned, '\n', r->end - r->scanned) : NULL;
    r->scanned = found ? (size_t)(found - r->buffer) : r->end;
    return found;
}

int lines_waiting(line_reader *r) { return line_feed(r) != NULL; }

/* Makes room at the end of the buffer: drops the lines that were returned, then grows the buffer if it is still full. */
static int make_room(line_reader *r) {
    if (r->start > 0) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
        r->scanned -= r->start;
        r->end -= r->start;
        r->start = 0;
    }
    if (r->end < r->room) return 1;
    size_t larger_room = r->room ? 2 * r->room : FIRST_ROOM;
    char *larger = realloc(r->buffer, larger_room);
    if (!larger) return 0;
    r->buffer = larger;
    r->room = larger_room;
    return 1;
}

static int starts_with(const line_reader *r, size_t stop, const char *mark, size_t size_bytes) {
    return stop - r->start >= size_bytes && memcmp(r->buffer + r->start, mark, size_bytes) == 0;
}

size_t marks_bytes(const char *text, size_t size_bytes) {
    size_t found = 0;
    while (size_bytes - found >= 3 && memcmp(text + found, "\xef\xbb\xbf", 3) == 0) found += 3;
    return found;
}

/* Returns 0 when the stream starts with the mark of another encoding than UTF-8, and remembers its name. */
static int is_utf8(line_reader *r, size_t stop) {
    static const struct {
        const char *bytes;
        size_t size_bytes;
        const char *encoding;
    } others[] = {{"\xff\xfe\0\0", 4, "UTF-32"}, {"\0\0\xfe\xff", 4, "UTF-32"},
                  {"\xff\xfe", 2, "UTF-16"},     {"\xfe\xff", 2, "UTF-16"}};
    for (size_t n = 0; n < sizeof others / sizeof *others; ++n)
        if (starts_with(r, stop, others[n].bytes, others[n].size_bytes)) {
            r->encoding = others[n].encoding;
            return 0;
        }
    return 1;
}

/* Gives the line before `next`, whose end is `end_bytes` long or has a carriage return more. */
static line_outcome give(line_reader *r, size_t next, size_t end_bytes, const char **bytes, size_t *size_bytes) {
    if (r->number == 1 && !is_utf8(r, next)) return LINES_OF_OTHER_ENCODING;
    r->start += marks_bytes(r->buffer + r->start, next - r->start);
    size_t stop = next - end_bytes;
    if (end_bytes && stop > r->start && r->buffer[stop - 1] == '\r') --stop;
    *bytes = r->buffer + r->start;
    *size_bytes = stop - r->start;
    r->start = r->scanned = next;
    return LINE_FOUND;
}

line_outcome next_line(line_reader *r, const char **bytes, size_t *size_bytes) {
    ++r->number;
    for (;;) {
        const char *feed = line_feed(r);
        size_t next = feed ? (size_t)(feed - r->buffer) + 1 : r->end;
        if (next - r->start > MAX_LINE_BYTES) return LINE_TOO_LONG;
        if (feed) return give(r, next, 1, bytes, size_bytes);
        if (r->at_end) return r->end > r->start ? give(r, next, 0, bytes, size_bytes) : LINES_ENDED;
        if (!make_room(r)) return LINES_NO_MEMORY;
        ssize_t got = read(r->descriptor, r->buffer + r->end, r->room - r->end);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return LINES_UNREADABLE;
        if (got == 0) r->at_end = 1;
        r->end += (size_t)got;
    }
}

void lines_end(line_reader *r) { free(r->buffer); }
