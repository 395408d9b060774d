/* A checksum has several units, which give the same number: `portable` runs everywhere, the others use instructions that some
 * processors have for it. */
#ifndef DRP_CHECKSUM_H
#define DRP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    const char *(*lacks)(void); /* NULL when this processor runs it, else what it lacks */
    /* Takes the state before these bytes and leaves the state behind them. SHA-256 takes whole blocks of 64 bytes. */
    void (*run)(uint32_t *state, const uint8_t *bytes, size_t size_bytes);
} drp_checksum_unit;

/* The unit of that name, of several: the fastest last, and behind it one without a name. With NULL for a name, the fastest that
 * runs here. Returns NULL when there is none, or when the processor lacks what it needs. */
const drp_checksum_unit *drp_checksum_unit_named(const drp_checksum_unit *units, const char *name);

#endif
