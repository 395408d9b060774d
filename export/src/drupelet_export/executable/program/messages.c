#include "messages.h"

#include <stdarg.h>
#include <stdio.h>

const char *program_name = "classify";

static char last[512]; /* more than any sentence about a text: the kernel's have 320 bytes */

const char *last_complaint(void) { return last; }

void complain(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(last, sizeof last, format, values);
    va_end(values);
    va_start(values, format);
    fprintf(stderr, "%s: ", program_name);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}
