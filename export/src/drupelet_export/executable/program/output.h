/* Checks that everything printed to stdout was also written. */
#ifndef OUTPUT_H
#define OUTPUT_H

/* Returns 0 once something could not be written to stdout. Keeps the reason (errno) when called right after the failure. */
int output_is_well(void);

/* From now on the program ends with EXIT_USAGE and a message when nobody takes what it prints for that many seconds, counted
 * from each output_begin. */
void output_limit(unsigned idle_seconds);

/* Call before printing, which may wait, and output_pause before any work or any wait for something else. */
void output_begin(void);
void output_pause(void);

/* Flushes stdout. Returns the same as output_is_well. */
int output_flush(void);

/* Flushes stdout at the end. Returns `status`, or EXIT_USAGE when something could not be written. A reader that stops early
 * (`| head`) ends this program by SIGPIPE; where that signal is ignored, returns EXIT_BROKEN_PIPE, as a shell would show. */
int output_end(int status);

#endif
