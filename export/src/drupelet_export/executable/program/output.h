/* Checks that everything printed to stdout was also written. */
#ifndef OUTPUT_H
#define OUTPUT_H

/* Returns 0 once something could not be written to stdout. Keeps the reason (errno) when called right after the failure. */
int output_is_well(void);

/* Flushes stdout. Returns the same as output_is_well. */
int output_flush(void);

/* Flushes stdout at the end. Returns `status`, or EXIT_USAGE when something could not be written. A reader that stops early
 * (`| head`) ends this program by SIGPIPE; where that signal is ignored, returns EXIT_BROKEN_PIPE, as a shell would show. */
int output_end(int status);

#endif
