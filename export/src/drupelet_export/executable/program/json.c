#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 17 }; /* so many digits always read back as the same float64 */

/* Adds one to a number of `count` decimal digits. Returns 0 when all of them were nines. */
static int increment(char *digits, int count) {
    while (count > 0) {
        if (digits[--count] != '9') {
            ++digits[count];
            return 1;
        }
        digits[count] = '0';
    }
    return 0;
}

static double value_of(const char *digits, int count, int exponent) {
    char text[48];
    snprintf(text, sizeof text, "%c.%.*se%d", digits[0], count - 1, digits + 1, exponent);
    return strtod(text, NULL);
}

/* Writes the digits of the shortest number that reads back as `value` (positive and finite), without trailing zeros, and the
 * exponent of the first digit. Returns the number of digits. */
static int shortest_digits(double value, char digits[MAX_DIGITS + 1], int *exponent) {
    int count = 15; /* a shorter number comes out as 15 digits with trailing zeros, unless it is subnormal */
    if (value < 2.3e-308) count = 1;
    for (; count <= MAX_DIGITS; ++count) {
        char text[48];
        snprintf(text, sizeof text, "%.*e", count - 1, value);
        char *e = strchr(text, 'e');
        digits[0] = text[0];
        memcpy(digits + 1, text + 2, (size_t)(count - 1));
        *exponent = atoi(e + 1);
        if (value_of(digits, count, *exponent) == value) break;
        /* Floats are twice as far apart above a power of two as below it. There the next larger number with `count` digits may
         * read back where the nearest one does not. */
        if (increment(digits, count) && value_of(digits, count, *exponent) == value) break;
    }
    while (count > 1 && digits[count - 1] == '0') --count;
    return count;
}

void json_number(double value, char text[JSON_NUMBER_BYTES]) {
    if (!isfinite(value)) {
        strcpy(text, "null");
        return;
    }
    if (signbit(value)) {
        *text++ = '-';
        value = -value;
    }
    if (value == 0) {
        strcpy(text, "0.0");
        return;
    }
    char digits[MAX_DIGITS + 1];
    int exponent, count = shortest_digits(value, digits, &exponent);
    if (exponent < -4 || exponent >= 16) {
        *text++ = digits[0];
        if (count > 1) *text++ = '.';
        memcpy(text, digits + 1, (size_t)(count - 1));
        snprintf(text + count - 1, 6, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent) % 1000);
        return;
    }
    if (exponent < 0) {
        *text++ = '0';
        *text++ = '.';
        for (int n = -1; n > exponent; --n) *text++ = '0';
        memcpy(text, digits, (size_t)count);
        text[count] = 0;
        return;
    }
    for (int n = 0; n <= exponent || n < count; ++n) {
        if (n == exponent + 1) *text++ = '.';
        *text++ = n < count ? digits[n] : '0';
    }
    strcpy(text, count > exponent + 1 ? "" : ".0");
}

void print_json_number(double value) {
    char text[JSON_NUMBER_BYTES];
    json_number(value, text);
    fputs(text, stdout);
}

/* The code point that starts at `p`. The UTF-8 is valid, but may be cut off at `end`. */
static unsigned code_point(const unsigned char *p, const unsigned char *end, size_t *length) {
    *length = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    if (*length > (size_t)(end - p)) {
        *length = (size_t)(end - p);
        return 0xfffd;
    }
    unsigned value = *length == 1 ? *p : *p & (0x7fu >> *length);
    for (size_t n = 1; n < *length; ++n) value = value << 6 | (p[n] & 0x3fu);
    return value;
}

void print_json_string(const char *bytes, size_t size_bytes) {
    static const char plain[] = "\b\f\n\r\t", letters[] = "bfnrt";
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size_bytes;
    putchar('"');
    while (p < end) {
        size_t length;
        unsigned c = code_point(p, end, &length);
        const char *short_form = c && c < 0x20 ? strchr(plain, (int)c) : NULL;
        p += length;
        if (c == '"' || c == '\\')
            printf("\\%c", (int)c);
        else if (short_form)
            printf("\\%c", letters[short_form - plain]);
        else if (c >= 0x20 && c < 0x7f)
            putchar((int)c);
        else if (c < 0x10000)
            printf("\\u%04x", c);
        else
            printf("\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
    putchar('"');
}
