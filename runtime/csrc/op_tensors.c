/* Reads the tensors of operations, and lays them out as their arithmetic wants them. */
#include "op_tensors.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

enum { SCALE_TABLE_SIZE = 256 };

/* ---- As they are stored ---- */

/* The tensor of the node with that role, of this dtype and shape; its rank is 1 where rows is 0. NULL after an error. */
DRP_RARE static const drp_section *take(drp_tensors *t, const char *role, const char *suffix, drp_dtype dtype, uint32_t rows,
                                        uint32_t columns) {
    char name[2 * DRP_NAME_BYTES];
    snprintf(name, sizeof name, "%s%s%s", t->prefix, role, suffix);
    if (t->status != DRUPELET_OK) return NULL;
    const drp_section *section = drp_section_named(t->table, name);
    if (!section || strcmp(section->kind, "TENS") != 0) {
        t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT, "tensor '%s' is missing; export it again", name);
        return NULL;
    }
    uint32_t rank = rows ? 2 : 1, first = rows ? rows : columns, second = rows ? columns : 0;
    if (section->dtype != dtype || section->rank != rank || section->shape[0] != first || section->shape[1] != second) {
        t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT,
                             "tensor '%s' has dtype code %d, rank %u, shape %u x %u, expected %d, %u, %u x %u; export it again",
                             name, section->dtype, section->rank, section->shape[0], section->shape[1], dtype, rank, first,
                             second);
        return NULL;
    }
    ++t->taken;
    return section;
}

/* A matrix that is multiplied with, and its scales: NULL where it has none. */
DRP_RARE static const drp_section *take_kernel(drp_tensors *t, const char *role, drp_dtype dtype, uint32_t rows,
                                               uint32_t columns, const drp_section **scales) {
    const drp_section *section = take(t, role, "", dtype, rows, columns);
    *scales = dtype == DRP_INT8 ? take(t, role, ".scales", DRP_FLOAT32, 0, columns) : NULL;
    if (t->status != DRUPELET_OK || dtype != DRP_INT8 || !memchr(section->bytes, 0x80, section->size_bytes)) return section;
    t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT, "tensor '%s' holds -128, expected -127 to 127; export it again",
                         section->name);
    return NULL;
}

/* ---- Memory, which lives as long as the model ---- */

/* What memory that was taken begins with. */
typedef struct {
    void *before; /* what was taken before it */
    void *kept;   /* memory of somebody else, which is freed with it; NULL: none */
} memory_head;
_Static_assert(sizeof(memory_head) <= DRP_ALIGNMENT, "what follows the head is aligned");

DRP_RARE void *drp_take_memory(drp_tensors *t, size_t size_bytes) {
    if (t->status != DRUPELET_OK) return NULL;
    memory_head *head = size_bytes <= SIZE_MAX - DRP_ALIGNMENT ? drp_allocate(DRP_ALIGNMENT + size_bytes, 1) : NULL;
    if (!head) {
        t->status = drp_fail(t->error, DRUPELET_NO_MEMORY, "no memory for the tensors '%s*'; free some, or use a smaller model",
                             t->prefix);
        return NULL;
    }
    head->before = t->memory;
    t->memory = head;
    return (uint8_t *)head + DRP_ALIGNMENT;
}

DRP_RARE void drp_free_taken(void *memory) {
    while (memory) {
        memory_head head = *(memory_head *)memory;
        drp_free(head.kept);
        drp_free(memory);
        memory = head.before;
    }
}

/* Takes on memory that packing.c allocated, or frees it; false after an error. NULL is no error. */
DRP_RARE static bool keep(drp_tensors *t, void *memory) {
    if (!memory) return t->status == DRUPELET_OK;
    if (!drp_take_memory(t, 0)) {
        drp_free(memory);
        return false;
    }
    ((memory_head *)t->memory)->kept = memory;
    return true;
}

/* ---- As operations want them ---- */

DRP_RARE static float *take_numbers(drp_tensors *t, const char *role, drp_dtype dtype, uint32_t rows, uint32_t columns) {
    const drp_section *scales, *section = take_kernel(t, role, dtype, rows, columns, &scales);
    size_t stride = drp_padded(columns), count = rows ? rows : 1;
    float *values = stride <= SIZE_MAX / sizeof *values / count ? drp_take_memory(t, count * stride * sizeof *values) : NULL;
    if (!values) return NULL;
    const uint8_t *bytes = section->bytes;
    for (size_t row = 0; row < count; ++row)
        for (size_t k = 0, at = row * columns; k < columns; ++k, ++at)
            values[row * stride + k] = dtype == DRP_FLOAT32   ? drp_f32(bytes + 4 * at)
                                       : dtype == DRP_FLOAT16 ? drp_f16(bytes + 2 * at)
                                                              : (float)(int8_t)bytes[at] * drp_f32(scales->bytes + 4 * k);
    return values;
}

DRP_RARE float *drp_take_floats(drp_tensors *t, const char *role, uint32_t rows, uint32_t columns) {
    return take_numbers(t, role, DRP_FLOAT32, rows, columns);
}

DRP_RARE float *drp_take_matrix(drp_tensors *t, const char *role, uint32_t rows, uint32_t columns) {
    return take_numbers(t, role, t->kernels, rows, columns);
}

DRP_RARE drp_kernel_i8 *drp_take_kernels_i8(drp_tensors *t, const char *role, uint32_t count, uint32_t rows,
                                            uint32_t columns) {
    const drp_section *scales, *section = take_kernel(t, role, DRP_INT8, count * rows, columns, &scales);
    drp_kernel_i8 *kernels = drp_take_memory(t, count * sizeof *kernels);
    uint32_t blocks = drp_panels(columns), gates = 4, groups = (rows + DRP_DOT - 1) / DRP_DOT;
    while (blocks % gates) --gates; /* blocks of columns that are multiplied together */
    size_t width = drp_padded(columns);
    for (uint32_t n = 0; n < count && t->status == DRUPELET_OK; ++n) {
        drp_kernel_i8 *kernel = &kernels[n];
        *kernel = (drp_kernel_i8){.input_dim = rows, .groups = groups, .gates = gates, .panels = blocks / gates};
        kernel->values = drp_take_memory(t, width * groups * DRP_DOT);
        kernel->starts = drp_take_memory(t, width * sizeof *kernel->starts);
        kernel->scales = drp_take_memory(t, width * sizeof *kernel->scales);
        for (size_t j = 0; j < columns && t->status == DRUPELET_OK; ++j) {
            const uint8_t *value = section->bytes + (size_t)n * rows * columns + j;
            int8_t *to = kernel->values + (j / DRP_LANES * groups * DRP_LANES + j % DRP_LANES) * DRP_DOT;
            kernel->scales[j] = drp_f32(scales->bytes + 4 * j);
            for (uint32_t i = 0; i < rows; ++i, value += columns) {
                /* -128 was refused; but a mapped file may change while it is read */
                int8_t weight = *value == 0x80 ? -127 : (int8_t)*value;
                to[(size_t)(i / DRP_DOT) * DRP_LANES * DRP_DOT + i % DRP_DOT] = weight;
                kernel->starts[j] -= 128 * weight;
            }
        }
    }
    return t->status == DRUPELET_OK ? kernels : NULL;
}

DRP_RARE bool drp_take_columns(drp_tensors *t, const char *role, uint32_t rows, drp_columns *columns) {
    uint32_t width = columns->units * columns->all_gates;
    const drp_section *scales;
    columns->values = take_kernel(t, role, t->kernels, rows, width, &scales);
    columns->scales = scales ? scales->bytes : NULL;
    return t->status == DRUPELET_OK;
}

DRP_RARE bool drp_pack(drp_tensors *t, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
                       drp_kernel_f32 *f32) {
    drupelet_status status = as_i8 ? drp_pack_i8(columns, input_scale, i8, t->error) : drp_pack_f32(columns, f32, t->error);
    bool kept = as_i8 ? keep(t, i8->values) : keep(t, f32->values); /* also what was made before memory ran out */
    if (as_i8) {
        kept = keep(t, i8->starts) && kept;
        kept = keep(t, i8->scales) && kept;
    }
    if (t->status == DRUPELET_OK) t->status = status;
    return kept && status == DRUPELET_OK;
}

DRP_RARE bool drp_pack_cell(drp_tensors *t, const drp_columns *columns, float input_scale, drp_cell_i16 *cell) {
    drp_columns in_places = *columns;
    in_places.interleaved = t->tier->interleaved;
    if (!drp_pack(t, &in_places, true, input_scale, &cell->products, NULL)) return false;
    size_t units = (size_t)cell->products.panels * DRP_LANES, width = units * columns->gates;
    cell->shifts = drp_take_memory(t, width * sizeof *cell->shifts);
    cell->factors = drp_take_memory(t, width * sizeof *cell->factors);
    cell->bias = drp_take_memory(t, units * sizeof *cell->bias);
    cell->per_unit = drp_take_memory(t, width * sizeof *cell->per_unit);
    return t->status == DRUPELET_OK;
}

DRP_RARE bool drp_leave_out(drp_tensors *t, drp_kernel_i8 *kernel) {
    drp_range *ranges = drp_take_memory(t, kernel->panels * sizeof *ranges);
    if (ranges) drp_leave_out_zeros(kernel, ranges, t->tier->interleaved);
    return ranges != NULL;
}

DRP_RARE bool drp_take_bias(drp_tensors *t, const char *role, uint32_t rows, drp_columns *columns) {
    columns->values = take(t, role, "", DRP_FLOAT32, rows, columns->units * columns->all_gates);
    return t->status == DRUPELET_OK;
}

DRP_RARE float *drp_pack_floats(drp_tensors *t, const drp_columns *columns, uint32_t row) {
    float *packed = t->status == DRUPELET_OK ? drp_pack_bias(columns, row) : NULL;
    if (!packed && t->status == DRUPELET_OK)
        t->status = drp_fail(t->error, DRUPELET_NO_MEMORY, "no memory for the tensors '%s*'; free some, or use a smaller model",
                             t->prefix);
    return keep(t, packed) ? packed : NULL;
}

DRP_RARE bool drp_take_table(drp_tensors *t, uint32_t rows, uint32_t dim, drp_table *table) {
    const drp_section *stored = take(t, "table", "", t->rows, rows, dim);
    table->rows = stored ? stored->bytes : NULL;
    table->dim = dim;
    if (t->kernels != DRP_INT8) return t->status == DRUPELET_OK;
    const drp_section *codes = take(t, "table", ".scale_codes", DRP_UINT8, 0, rows);
    const drp_section *scales = take(t, "table", ".scale_table", DRP_FLOAT32, 0, SCALE_TABLE_SIZE);
    table->scale_codes = codes ? codes->bytes : NULL;
    table->scale_table = drp_take_memory(t, SCALE_TABLE_SIZE * sizeof(float));
    for (int code = 0; table->scale_table && code < SCALE_TABLE_SIZE; ++code)
        table->scale_table[code] = drp_f32(scales->bytes + 4 * code);
    return table->scale_table != NULL;
}
