/* SHA-256 of the files of a bundle, as FIPS 180-4 has it. */
#ifndef DRP_SHA256_H
#define DRP_SHA256_H

#include "checksum.h"

enum { DRP_SHA256_BYTES = 32 };

const drp_checksum_unit *drp_sha256_units(void);

void drp_sha256_by(const drp_checksum_unit *unit, const uint8_t *bytes, size_t size_bytes, uint8_t digest[DRP_SHA256_BYTES]);

#endif
