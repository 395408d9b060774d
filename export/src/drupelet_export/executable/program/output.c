#define _POSIX_C_SOURCE 200809L
#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"

static int reason; /* errno of the first failure */

static unsigned idle_limit;    /* seconds; 0: none */
static char idle_message[160]; /* written ahead: a signal handler may not format */

/* Standard output has no time limit of its own: any print may wait in write. */
static void end_idle(int number) {
    (void)number;
    ssize_t ignored = write(2, idle_message, strlen(idle_message));
    (void)ignored;
    _exit(EXIT_USAGE);
}

void output_limit(unsigned idle_seconds) {
    struct sigaction action = {.sa_handler = end_idle};
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    idle_limit = idle_seconds;
    if (!idle_seconds) return;
    snprintf(idle_message, sizeof idle_message, "%.60s: stdout: cannot be written (nothing was taken for %u s)\n",
             program_name, idle_seconds);
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
}

void output_begin(void) {
    if (idle_limit) alarm(idle_limit);
}

void output_pause(void) {
    if (idle_limit) alarm(0);
}

int output_is_well(void) {
    if (!ferror(stdout)) return 1;
    if (!reason) reason = errno ? errno : EIO;
    return 0;
}

int output_flush(void) {
    output_begin();
    if (fflush(stdout) != 0 && !reason) reason = errno ? errno : EIO;
    output_pause();
    return !reason && output_is_well();
}

int output_end(int status) {
    if (output_flush()) return status;
    if (reason == EPIPE) return EXIT_BROKEN_PIPE;
    complain("stdout: cannot be written (%s)", strerror(reason));
    return EXIT_USAGE;
}
