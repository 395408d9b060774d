/* The lines of a stream, as they come. The rules are those of drupelet/text_source.py: a line ends at a line feed, and one
 * carriage return before it belongs to the line end; a UTF-8 byte order mark before the first line is removed. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

/* A line of 16 MiB, its end included, is no review: more likely a stream without line ends, which must not fill the memory
 * of a Pi. As in drupelet predict. */
#define MAX_LINE_BYTES ((size_t)1 << 24)

typedef struct {
    int descriptor;
    char *buffer;
    size_t room;
    size_t start;   /* of the next line */
    size_t scanned; /* no line feed before it, from start on */
    size_t end;     /* of what was read */
    size_t number;  /* of the line that was given last, from 1 on */
    int at_end;     /* nothing more is to be read */
    const char *encoding; /* LINES_OF_OTHER_ENCODING: its name */
} line_reader;

typedef enum {
    LINE_FOUND,
    LINES_ENDED,
    LINE_TOO_LONG,
    LINES_OF_OTHER_ENCODING, /* the stream starts with the byte order mark of UTF-16 or UTF-32 */
    LINES_UNREADABLE,
    LINES_NO_MEMORY
} line_outcome;

/* Whether the next line can be given without waiting for the stream. */
int lines_waiting(line_reader *reader);

/* The next line, without its end; valid until the next call. What follows the last line feed is a line unless it is empty.
 * LINES_UNREADABLE leaves the reason in errno. */
line_outcome next_line(line_reader *reader, const char **bytes, size_t *size_bytes);

void lines_end(line_reader *reader);

#endif
