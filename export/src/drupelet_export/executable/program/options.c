#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h" /* MAX_LINE_BYTES */
#include "messages.h"

static const char *const names[] = {"--json",   "--tier",  "--idle-seconds", "--max-line-bytes",
                                    "--verify", "--bench", "--version", "--help"};
enum { NAME_COUNT = sizeof names / sizeof *names, MAX_COMPARED = 32, NEAR_EDITS = 3, MAX_IDLE_SECONDS = 86400 };

/* The number of letters to insert, delete or change to turn one name into the other (Levenshtein). */
static int edits(const char *a, const char *b) {
    int row[MAX_COMPARED + 1];
    int width = (int)strlen(b);
    if (width > MAX_COMPARED || strlen(a) > MAX_COMPARED) return MAX_COMPARED;
    for (int n = 0; n <= width; ++n) row[n] = n;
    for (; *a; ++a) {
        int diagonal = row[0]++;
        for (int n = 1; n <= width; ++n) {
            int least = diagonal + (*a != b[n - 1]);
            diagonal = row[n];
            if (row[n - 1] + 1 < least) least = row[n - 1] + 1;
            if (row[n] + 1 < least) least = row[n] + 1;
            row[n] = least;
        }
    }
    return row[width];
}

static int unknown(const char *name) {
    int nearest = 0;
    for (int n = 1; n < NAME_COUNT; ++n)
        if (edits(name, names[n]) < edits(name, names[nearest])) nearest = n;
    if (edits(name, names[nearest]) <= NEAR_EDITS)
        complain("no option %s; did you mean %s? A text that starts with a hyphen goes after --", name, names[nearest]);
    else
        complain("no option %s; options: --json, --tier NAME, --idle-seconds N, --max-line-bytes N, --verify, --bench, "
                 "--version, --help. A text that starts with a hyphen goes after --", name);
    return EXIT_USAGE;
}

static int set_action(options *given, action wanted) {
    if (given->action != CLASSIFY && given->action != wanted) {
        complain("more than one of --verify, --bench, --version and --help; give one");
        return EXIT_USAGE;
    }
    given->action = wanted;
    return EXIT_OK;
}

/* The value of the option `name`, behind an equals sign or as the next argument. NULL: the argument is another option, or, with
 * *missing set, the option has no value. */
static const char *value_of(const char *name, int count, char **arguments, int *at, int *missing) {
    size_t length = strlen(name);
    const char *word = arguments[*at];
    if (strncmp(word, name, length) != 0) return NULL;
    if (word[length] == '=') return word + length + 1;
    if (word[length] != 0) return NULL;
    if (++*at == count) {
        complain("%s needs a number; see --help", name);
        *missing = 1;
        return NULL;
    }
    return arguments[*at];
}

/* Reads a decimal number from 1 to `most`. */
static int read_number(const char *name, const char *text, unsigned long most, unsigned long *number) {
    unsigned long value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= most; ++at) value = 10 * value + (unsigned long)(*at - '0');
    if (*at || at == text || value < 1 || value > most) {
        complain("%s: '%.30s' is no number from 1 to %lu", name, text, most);
        return EXIT_USAGE;
    }
    *number = value;
    return EXIT_OK;
}

/* Reads an option that has a number. Returns 0 for another option; *status is that of the program otherwise. */
static int read_limit(int count, char **arguments, int *at, options *given, int *status) {
    int missing = 0;
    unsigned long seconds = given->idle_seconds;
    const char *value = value_of("--max-line-bytes", count, arguments, at, &missing);
    if (value) {
        *status = read_number("--max-line-bytes", value, MAX_LINE_BYTES, &given->max_line_bytes);
        return 1;
    }
    if (!missing) value = value_of("--idle-seconds", count, arguments, at, &missing);
    if (value) *status = read_number("--idle-seconds", value, MAX_IDLE_SECONDS, &seconds);
    given->idle_seconds = (unsigned)seconds;
    if (missing) *status = EXIT_USAGE;
    return value || missing;
}

static int read_option(int count, char **arguments, int *at, options *given) {
    int status = EXIT_OK;
    if (read_limit(count, arguments, at, given, &status)) return status;
    const char *name = arguments[*at];
    if (strcmp(name, "--json") == 0) {
        given->json = 1;
        return EXIT_OK;
    }
    if (strncmp(name, "--tier=", 7) == 0) {
        given->tier = name + 7;
    } else if (strcmp(name, "--tier") == 0) {
        if (++*at == count) {
            complain("--tier needs the name of a tier; --version lists them");
            return EXIT_USAGE;
        }
        given->tier = arguments[*at];
    } else {
        if (strcmp(name, "--verify") == 0) return set_action(given, VERIFY);
        if (strcmp(name, "--bench") == 0) return set_action(given, BENCH);
        if (strcmp(name, "--version") == 0) return set_action(given, VERSION);
        if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return set_action(given, HELP);
        return unknown(name);
    }
    given->tier_from = "--tier";
    return EXIT_OK;
}

int read_options(int count, char **arguments, options *given) {
    char **texts = arguments; /* texts after options move to the front */
    int text_count = 0, only_texts = 0;
    *given = (options){.action = CLASSIFY, .max_line_bytes = MAX_LINE_BYTES};
    for (int n = 1; n < count; ++n) {
        const char *word = arguments[n];
        if (only_texts || word[0] != '-' || word[1] == 0) {
            texts[text_count++] = arguments[n];
        } else if (strcmp(word, "--") == 0) {
            only_texts = 1;
        } else {
            int status = read_option(count, arguments, &n, given);
            if (status != EXIT_OK) return status;
        }
    }
    if (given->action != CLASSIFY && text_count > 0) {
        complain("texts and --%s together; give one or the other", given->action == VERIFY ? "verify"
                                                                : given->action == BENCH   ? "bench"
                                                                : given->action == VERSION ? "version"
                                                                                           : "help");
        return EXIT_USAGE;
    }
    if (text_count == 1 && !only_texts && strcmp(texts[0], "-") == 0) text_count = 0;
    given->texts = texts;
    given->text_count = text_count;
    const char *tier = getenv("DRUPELET_TIER");
    if (!given->tier && tier && *tier) {
        given->tier = tier;
        given->tier_from = "DRUPELET_TIER";
    }
    return EXIT_OK;
}

void print_help(void) {
    printf("usage: %s [--json] [--tier NAME] [--idle-seconds N] [--max-line-bytes N] [TEXT... | -]\n"
           "       %s --verify | --bench | --version | --help\n"
           "\n"
           "Classifies texts with the model inside: prints label, tab and probability for each, in order.\n"
           "Without a TEXT, or with -, reads one text per line from stdin and answers each at once.\n"
           "\n"
           "  --verify     answer the texts inside, compare with Keras and with the native engine\n"
           "  --bench      measure latency, texts a second and memory with the texts inside\n"
           "  --json       print one JSON document\n"
           "  --tier NAME  use these instructions, not the best that this processor has (or DRUPELET_TIER=NAME)\n"
           "  --idle-seconds N\n"
           "               end when stdin gives nothing, or stdout takes nothing, for so long (default: wait)\n"
           "  --max-line-bytes N\n"
           "               refuse a longer line, its end included (default, and most: %lu)\n"
           "  --version    show the model inside and the tiers of instructions that this processor has\n"
           "\n"
           "Exit status: 0 done, 1 a check failed, 2 usage or bad input.\n",
           program_name, program_name, (unsigned long)MAX_LINE_BYTES);
}
