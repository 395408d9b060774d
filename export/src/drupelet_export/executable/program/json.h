/* Prints values like Python's json.dumps, byte for byte. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

enum { JSON_NUMBER_BYTES = 32 };

/* Writes the shortest decimal number that reads back as the same float64 ("0.1", "1.0", "5e-324"), or null if not finite. */
void json_number(double value, char text[JSON_NUMBER_BYTES]);

void print_json_number(double value);

/* Prints UTF-8, which may hold lone surrogates, as a JSON string. Everything but printable ASCII is escaped. */
void print_json_string(const char *bytes, size_t size_bytes);

#endif
