/* Reads the tensors of operations, and lays them out as their arithmetic wants them. */
#include "op_tensors.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

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
    if (dtype == DRP_INT8 && memchr(section->bytes, 0x80, section->size_bytes)) {
        t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT,
                             "tensor '%s' holds -128, expected -127 to 127; export it again", name);
        return NULL;
    }
    ++t->taken;
    return section;
}

/* Memory begins with the address of what was taken before. */
DRP_RARE void *drp_take_memory(drp_tensors *t, size_t size_bytes) {
    if (t->status != DRUPELET_OK) return NULL;
    void **memory = size_bytes <= SIZE_MAX - DRP_ALIGNMENT ? drp_allocate(DRP_ALIGNMENT + size_bytes, 1) : NULL;
    if (!memory) {
        t->status = drp_fail(t->error, DRUPELET_NO_MEMORY, "no memory for the tensors '%s*'; free some, or use a smaller model",
                             t->prefix);
        return NULL;
    }
    *memory = t->memory;
    t->memory = memory;
    return (uint8_t *)memory + DRP_ALIGNMENT;
}

DRP_RARE void drp_free_taken(void *memory) {
    while (memory) {
        void *before = *(void **)memory;
        drp_free(memory);
        memory = before;
    }
}

DRP_RARE static float *take_numbers(drp_tensors *t, const char *role, drp_dtype dtype, uint32_t rows, uint32_t columns) {
    const drp_section *section = take(t, role, "", dtype, rows, columns);
    const drp_section *scales = dtype == DRP_INT8 ? take(t, role, ".scales", DRP_FLOAT32, 0, columns) : NULL;
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
    const drp_section *section = take(t, role, "", DRP_INT8, count * rows, columns);
    const drp_section *scales = take(t, role, ".scales", DRP_FLOAT32, 0, columns);
    drp_kernel_i8 *kernels = drp_take_memory(t, count * sizeof *kernels);
    uint32_t blocks = drp_panels(columns), gates = 4, groups = (rows + DRP_DOT - 1) / DRP_DOT;
    while (blocks % gates) --gates; /* blocks of columns that are multiplied together */
    size_t width = drp_padded(columns);
    for (uint32_t n = 0; n < count && t->status == DRUPELET_OK; ++n) {
        drp_kernel_i8 *kernel = &kernels[n];
        *kernel = (drp_kernel_i8){.input_dim = rows, .groups = groups, .gates = gates, .panels = blocks / gates};
        kernel->values = drp_take_memory(t, width * groups * DRP_DOT);
        kernel->sums = drp_take_memory(t, width * sizeof *kernel->sums);
        kernel->scales = drp_take_memory(t, width * sizeof *kernel->scales);
        for (size_t j = 0; j < columns && t->status == DRUPELET_OK; ++j) {
            const uint8_t *value = section->bytes + (size_t)n * rows * columns + j;
            int8_t *to = kernel->values + (j / DRP_LANES * groups * DRP_LANES + j % DRP_LANES) * DRP_DOT;
            kernel->scales[j] = drp_f32(scales->bytes + 4 * j);
            for (uint32_t i = 0; i < rows; ++i, value += columns) {
                /* -128 was refused; but a mapped file may change while it is read */
                int8_t weight = *value == 0x80 ? -127 : (int8_t)*value;
                to[(size_t)(i / DRP_DOT) * DRP_LANES * DRP_DOT + i % DRP_DOT] = weight;
                kernel->sums[j] += weight;
            }
        }
    }
    return t->status == DRUPELET_OK ? kernels : NULL;
}
