/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

typedef enum { CLASSIFY, VERIFY, BENCH, VERSION, HELP } action;

typedef struct {
    action action;
    int json;
    const char *tier; /* NULL: the best that this processor runs */
    const char *tier_from; /* what asked for it: --tier or DRUPELET_TIER */
    char **texts;
    int text_count; /* 0: a text a line from stdin */
} options;

/* Reads the command line. Returns 0, or says what is wrong and returns the exit status. */
int read_options(int count, char **arguments, options *given);

void print_help(void);

#endif
