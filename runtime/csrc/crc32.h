/* CRC-32 of the sections of a file, as zlib computes it. */
#ifndef DRP_CRC32_H
#define DRP_CRC32_H

#include "checksum.h"

const drp_checksum_unit *drp_crc32_units(void);

uint32_t drp_crc32_by(const drp_checksum_unit *unit, const uint8_t *bytes, size_t size_bytes);
uint32_t drp_crc32(const uint8_t *bytes, size_t size_bytes); /* by the fastest unit */

#endif
