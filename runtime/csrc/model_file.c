#include "model_file.h"

#include <string.h>

#include "crc32.h"
#include "support.h"

enum { HEADER_BYTES = 64, ENTRY_BYTES = 96, VERSION = 3, ALIGNMENT = 64, MAX_RANK = 4 };
#define BYTE_ORDER_MARK 0x01020304u

static const uint8_t MAGIC[8] = {0x89, 'D', 'R', 'P', 'L', 'T', '\r', '\n'};

/* The size of a tensor in bytes; 0 when 64 bits cannot hold it: no file has such a tensor. */
static uint64_t tensor_bytes(drp_dtype dtype, uint32_t rank, const uint32_t *shape) {
    static const uint8_t value_bytes[] = {0, 4, 2, 1, 0, 1};
    uint64_t bytes = dtype == DRP_INT4 ? 1 : value_bytes[dtype];
    for (uint32_t axis = 0; axis < rank; ++axis) {
        uint64_t length = shape[axis];
        if (dtype == DRP_INT4 && axis == rank - 1) length = (length + 1) / 2;
        if (length && bytes > UINT64_MAX / length) return 0;
        bytes *= length;
    }
    return bytes;
}

static bool all_zero(const uint8_t *bytes, size_t count) {
    uint8_t any = 0;
    for (size_t k = 0; k < count; ++k) any |= bytes[k];
    return any == 0;
}

/* Reads and checks an entry of the table; the section before it ends at `free_from`. */
static drupelet_status read_entry(const uint8_t *entry, const uint8_t *file, uint64_t file_bytes, uint64_t free_from,
                                  drp_section *section, drupelet_error *error) {
    memcpy(section->name, entry, DRP_NAME_BYTES);
    size_t length = strlen(section->name);
    bool ascii = length > 0 && all_zero(entry + length, DRP_NAME_BYTES - length);
    for (size_t k = 0; k < length; ++k) ascii = ascii && (uint8_t)section->name[k] < 128;
    if (!ascii)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the name of a section is not ASCII padded with zeros; export it again");
    memcpy(section->kind, entry + 48, 4);
    uint32_t dtype = drp_u32(entry + 52);
    section->rank = drp_u32(entry + 56);
    uint32_t crc = drp_u32(entry + 60);
    for (int axis = 0; axis < MAX_RANK; ++axis) section->shape[axis] = drp_u32(entry + 64 + 4 * axis);
    uint64_t offset = drp_u64(entry + 80), size = drp_u64(entry + 88);
    if (offset % ALIGNMENT || offset < free_from || offset > file_bytes || size > file_bytes - offset ||
        offset - free_from >= ALIGNMENT)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "section '%s' covers %llu bytes from %llu, expected an aligned place from %llu on, within %llu",
                        section->name, (unsigned long long)size, (unsigned long long)offset,
                        (unsigned long long)free_from, (unsigned long long)file_bytes);
    if (!all_zero(file + free_from, (size_t)(offset - free_from)))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "bytes before section '%s' are not zero; copy it again",
                        section->name);
    bool tensor = memcmp(section->kind, "TENS", 4) == 0;
    if (!tensor && memcmp(section->kind, "GRPH", 4) != 0 && memcmp(section->kind, "TEXT", 4) != 0 &&
        memcmp(section->kind, "LABL", 4) != 0 && memcmp(section->kind, "VOCB", 4) != 0 &&
        memcmp(section->kind, "DECI", 4) != 0)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section '%s' is of a kind that this release does not know; upgrade",
                        section->name);
    uint32_t behind = 0;
    for (uint32_t axis = tensor ? section->rank : 0; axis < MAX_RANK; ++axis) behind |= section->shape[axis];
    if (!tensor && (dtype || section->rank || behind))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section '%s' is no tensor, but has dtype %u and rank %u",
                        section->name, dtype, section->rank);
    if (tensor) {
        if (dtype < DRP_FLOAT32 || dtype > DRP_UINT8 || section->rank > MAX_RANK ||
            (dtype == DRP_INT4 && section->rank == 0) || behind)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "tensor '%s' has dtype code %u and rank %u; upgrade drupelet",
                            section->name, dtype, section->rank);
        if (tensor_bytes((drp_dtype)dtype, section->rank, section->shape) != size)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "tensor '%s' has %llu bytes, its shape another number",
                            section->name, (unsigned long long)size);
    }
    section->dtype = (drp_dtype)dtype;
    section->bytes = file + offset;
    section->size_bytes = (size_t)size;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* a fuzzer would never get past a checksum */
    uint32_t actual = drp_crc32(section->bytes, section->size_bytes);
    if (actual != crc)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section '%s' has checksum %08x, expected %08x; copy it again",
                        section->name, actual, crc);
#else
    (void)crc;
#endif
    return DRUPELET_OK;
}

drupelet_status drp_read_sections(const uint8_t *bytes, size_t size_bytes, drp_section_table *table,
                                  drupelet_error *error) {
    if (size_bytes < HEADER_BYTES)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%zu bytes, expected at least the %d of a header", size_bytes,
                        HEADER_BYTES);
    if (memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "its first bytes are not those of a .drupelet file");
    uint32_t version = drp_u32(bytes + 8), mark = drp_u32(bytes + 12);
    if (mark != BYTE_ORDER_MARK)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "byte-order mark %#010x, expected %#010x", mark, BYTE_ORDER_MARK);
    if (version != VERSION)
        return drp_fail(error, DRUPELET_BAD_VERSION,
                        "model format %u, this release reads %d; upgrade drupelet or export again", version, VERSION);
    uint64_t file_bytes = drp_u64(bytes + 16);
    if (file_bytes != size_bytes)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%zu bytes, its header announces %llu; copy it again", size_bytes,
                        (unsigned long long)file_bytes);
    uint32_t count = drp_u32(bytes + 24);
    if (count < 1 || count > DRP_MAX_SECTIONS || HEADER_BYTES + (uint64_t)count * ENTRY_BYTES > size_bytes)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, expected 1 to %d within the file", count,
                        DRP_MAX_SECTIONS);
    uint64_t free_from = HEADER_BYTES + (uint64_t)count * ENTRY_BYTES;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    uint32_t crc = drp_crc32(bytes + HEADER_BYTES, (size_t)count * ENTRY_BYTES);
    if (crc != drp_u32(bytes + 28))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section table has checksum %08x, the header says %08x; copy it again",
                        crc, drp_u32(bytes + 28));
#endif
    *table = (drp_section_table){.sections = drp_allocate(count, sizeof *table->sections)};
    if (!table->sections) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u sections; free some", count);
    for (uint32_t n = 0; n < count; ++n) {
        drp_section *section = &table->sections[n];
        drupelet_status status =
            read_entry(bytes + HEADER_BYTES + (size_t)n * ENTRY_BYTES, bytes, size_bytes, free_from, section, error);
        if (status != DRUPELET_OK) return status;
        if (drp_section_named(table, section->name))
            return drp_fail(error, DRUPELET_BAD_FORMAT, "two sections are called '%s'; export it again", section->name);
        table->count = n + 1;
        free_from = (uint64_t)(section->bytes - bytes) + section->size_bytes;
    }
    if (free_from != size_bytes)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%llu bytes after the last section; copy it again",
                        (unsigned long long)(size_bytes - free_from));
    return DRUPELET_OK;
}

const drp_section *drp_section_named(const drp_section_table *table, const char *name) {
    for (uint32_t n = 0; n < table->count; ++n)
        if (strcmp(table->sections[n].name, name) == 0) return &table->sections[n];
    return NULL;
}
