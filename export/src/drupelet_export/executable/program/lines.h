/* Reads a stream line by line. The rules are those of drupelet/text_source.py: a line ends at a line feed, and one
 * carriage return before it belongs to the line end; UTF-8 byte order marks at the start of a line are removed. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

/* Maximum of max_line_bytes, as in drupelet predict. A longer line is probably a stream without line ends, which must not fill
 * the memory of a Pi. */
#define MAX_LINE_BYTES ((size_t)1 << 24)

typedef struct {
    int descriptor;
    size_t max_line_bytes; /* longest line that is given, its end included */
    unsigned idle_seconds; /* longest wait for the stream; 0: for ever */
    char *buffer;
    size_t room;
    size_t start;   /* of the next line */
    size_t scanned; /* there is no line feed from start to here */
    size_t end;     /* of the bytes read so far */
    size_t number;  /* of the line that was returned last; the first is 1 */
    int at_end;     /* the stream has ended */
    const char *encoding; /* LINES_OF_OTHER_ENCODING: its name */
} line_reader;

typedef enum {
    LINE_FOUND,
    LINES_ENDED,
    LINE_TOO_LONG,
    LINES_OF_OTHER_ENCODING, /* the stream starts with the byte order mark of UTF-16 or UTF-32 */
    LINES_UNREADABLE,
    LINES_IDLE, /* nothing came for idle_seconds */
    LINES_NO_MEMORY
} line_outcome;

/* Returns 1 when next_line can return a line without waiting for the stream. */
int lines_waiting(line_reader *reader);

/* Reads the next line, without its end. It is valid until the next call. Bytes after the last line feed are a line too.
 * LINES_UNREADABLE leaves the reason in errno. */
line_outcome next_line(line_reader *reader, const char **bytes, size_t *size_bytes);

void lines_end(line_reader *reader);

/* Returns the bytes of the UTF-8 byte order marks at the start of a text. They belong to no word. */
size_t marks_bytes(const char *text, size_t size_bytes);

#endif
