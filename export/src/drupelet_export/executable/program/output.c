#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "messages.h"

static int reason; /* errno of the first failure */

int output_is_well(void) {
    if (!ferror(stdout)) return 1;
    if (!reason) reason = errno ? errno : EIO;
    return 0;
}

int output_flush(void) {
    if (fflush(stdout) != 0 && !reason) reason = errno ? errno : EIO;
    return !reason && output_is_well();
}

int output_end(int status) {
    if (output_flush()) return status;
    if (reason == EPIPE) return EXIT_BROKEN_PIPE;
    complain("stdout: cannot be written (%s)", strerror(reason));
    return EXIT_USAGE;
}
