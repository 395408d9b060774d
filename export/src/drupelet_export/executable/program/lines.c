#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, beside POSIX */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_ROOM = 1 << 16 };

/* The next line feed in the bytes read so far, or NULL. Remembers how far it has searched. */
static char *line_feed(line_reader *r) {
    char *found = r->scanned < r->end ? memchr(r->buffer + r->scanned, '\n', r->end - r->scanned) : NULL;
    r->scanned = found ? (size_t)(found - r->buffer) : r->end;
    return found;
}

int lines_waiting(line_reader *r) { return line_feed(r) != NULL; }

/* Frees the buffer. A large one is mapped, so that it goes back to the system as a whole, wherever a C library puts the rest. */
static void drop_buffer(line_reader *r) {
    if (r->room > FIRST_ROOM)
        munmap(r->buffer, r->room);
    else
        free(r->buffer);
    r->buffer = NULL;
    r->room = 0;
}

/* Moves what is in the buffer to a larger one: FIRST_ROOM, then at once room for the longest line and the byte that shows that a
 * line is longer. A system gives memory when it is written to, and a buffer that grows step by step may be there twice. */
static int grow(line_reader *r) {
    size_t room = r->max_line_bytes + 1;
    if (!r->room && room > FIRST_ROOM) room = FIRST_ROOM;
    char *larger;
    if (room > FIRST_ROOM) {
        larger = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (larger == MAP_FAILED) return 0;
    } else if (!(larger = malloc(room))) {
        return 0;
    }
    if (r->end) memcpy(larger, r->buffer, r->end);
    drop_buffer(r);
    r->buffer = larger;
    r->room = room;
    return 1;
}

/* Makes room at the end of the buffer: drops the lines that were returned, then grows the buffer if it is still full. After a long
 * line it is small again. */
static int make_room(line_reader *r) {
    if (r->start > 0) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
        r->scanned -= r->start;
        r->end -= r->start;
        r->start = 0;
    }
    if (r->end == 0 && r->room > FIRST_ROOM) drop_buffer(r);
    return r->end < r->room || grow(r);
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

/* Returns 1 once the stream has something to read, or has ended; 0 when it has not for idle_seconds. */
static int wait_for_stream(const line_reader *r) {
    enum { MILLISECONDS = 1000 };
    struct pollfd stream = {.fd = r->descriptor, .events = POLLIN};
    if (!r->idle_seconds) return 1;
    for (;;) {
        int ready = poll(&stream, 1, (int)(r->idle_seconds * MILLISECONDS));
        if (ready == 0) return 0;
        if (ready > 0 || errno != EINTR) return 1; /* whatever is wrong, read says it */
    }
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
        if (next - r->start > r->max_line_bytes) return LINE_TOO_LONG;
        if (feed) return give(r, next, 1, bytes, size_bytes);
        if (r->at_end) return r->end > r->start ? give(r, next, 0, bytes, size_bytes) : LINES_ENDED;
        if (!make_room(r)) return LINES_NO_MEMORY;
        if (!wait_for_stream(r)) return LINES_IDLE;
        ssize_t got = read(r->descriptor, r->buffer + r->end, r->room - r->end);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return LINES_UNREADABLE;
        if (got == 0) r->at_end = 1;
        r->end += (size_t)got;
    }
}

void lines_end(line_reader *r) { drop_buffer(r); }
