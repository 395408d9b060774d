#include "messages.h"

#include <stdarg.h>
#include <stdio.h>

const char *program_name = "classify";

void complain(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "%s: ", program_name);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}
