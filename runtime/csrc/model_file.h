/* The container of a .drupelet file: header and section table, checked (docs/format.md). */
#ifndef DRP_MODEL_FILE_H
#define DRP_MODEL_FILE_H

#include "drupelet.h"

enum { DRP_NAME_BYTES = 48, DRP_MAX_SECTIONS = 4096 };
typedef enum { DRP_DTYPE_NONE, DRP_FLOAT32, DRP_FLOAT16, DRP_INT8, DRP_INT4, DRP_UINT8 } drp_dtype;

typedef struct {
    char name[DRP_NAME_BYTES + 1];
    char kind[5];
    drp_dtype dtype;
    uint32_t rank, shape[4];
    const uint8_t *bytes;
    size_t size_bytes;
} drp_section;

typedef struct {
    uint32_t count;
    drp_section *sections; /* the caller frees them */
} drp_section_table;

/* Reads and checks header, table and every payload's checksum. */
drupelet_status drp_read_sections(const uint8_t *bytes, size_t size_bytes, drp_section_table *table,
                                  drupelet_error *error);

/* The section of that name, or NULL. */
const drp_section *drp_section_named(const drp_section_table *table, const char *name);

#endif
