/* Values as Python's json.dumps writes them, byte for byte. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

enum { JSON_NUMBER_BYTES = 32 };

/* The shortest decimal number that reads back as the same float64 ("0.1", "1.0", "5e-324"); null for one that is not finite. */
void json_number(double value, char text[JSON_NUMBER_BYTES]);

void print_json_number(double value);

/* UTF-8, in which lone surrogates may stand; everything but printable ASCII is escaped. */
void print_json_string(const char *bytes, size_t size_bytes);

#endif
