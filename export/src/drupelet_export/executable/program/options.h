/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

typedef enum { CLASSIFY, VERIFY, BENCH, VERSION, HELP } action;

typedef struct {
    action action;
    int json;
    const char *tier; /* NULL: the best that this processor runs */
    const char *tier_from; /* where it was given: --tier or DRUPELET_TIER */
    unsigned long max_line_bytes;
    unsigned idle_seconds; /* longest wait for stdin and for stdout; 0: for ever */
    char **texts;
    int text_count; /* 0: read one text per line from stdin */
} options;

/* Reads the command line. Returns 0, or prints the error and returns the exit status. */
int read_options(int count, char **arguments, options *given);

void print_help(void);

#endif
