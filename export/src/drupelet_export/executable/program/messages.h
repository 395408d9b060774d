/* Messages on stderr, and the same exit statuses as the command drupelet. */
#ifndef MESSAGES_H
#define MESSAGES_H

enum { EXIT_OK = 0, EXIT_CHECK_FAILED = 1, EXIT_USAGE = 2, EXIT_BROKEN_PIPE = 141 };

#if defined(__GNUC__)
#define LIKE_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define LIKE_PRINTF
#endif

extern const char *program_name; /* without its folder */

/* Prints "PROGRAM: sentence" to stderr. */
LIKE_PRINTF void complain(const char *format, ...);

/* The sentence of the last complaint, cut to a few hundred bytes; empty before the first. */
const char *last_complaint(void);

#endif
