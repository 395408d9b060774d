/* checksums LENGTH...: a line for each unit that runs here, its name and the checksums of so many bytes of a fixed sequence. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc32.h"
#include "sha256.h"

enum { MAX_BYTES = 1 << 20 };

int main(int count, char **arguments) {
    uint8_t *bytes = malloc(MAX_BYTES);
    if (!bytes) return 1;
    for (size_t n = 0; n < MAX_BYTES; ++n) bytes[n] = (uint8_t)(n * n + n / 251);
    for (const drp_checksum_unit *unit = drp_sha256_units(); unit->name; ++unit) {
        if (unit->lacks()) continue;
        printf("sha256 %s", unit->name);
        for (int n = 1; n < count; ++n) {
            uint8_t digest[DRP_SHA256_BYTES];
            drp_sha256_by(unit, bytes, (size_t)atol(arguments[n]), digest);
            putchar(' ');
            for (int k = 0; k < DRP_SHA256_BYTES; ++k) printf("%02x", digest[k]);
        }
        putchar('\n');
    }
    for (const drp_checksum_unit *unit = drp_crc32_units(); unit->name; ++unit) {
        if (unit->lacks()) continue;
        printf("crc32 %s", unit->name);
        for (int n = 1; n < count; ++n) printf(" %" PRIu32, drp_crc32_by(unit, bytes, (size_t)atol(arguments[n])));
        putchar('\n');
    }
    free(bytes);
    return 0;
}
