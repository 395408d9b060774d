/* Tensors of a .drupelet file, named and shaped as the graph implies, as the tier wants them. */
#include "model_tensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "op_support.h"
#include "support.h"

enum { SCALE_TABLE_SIZE = 256 };

/* ---- Memory of packed kernels, which the model frees ---- */

static bool own(drp_tensors *t, void *memory) {
    drupelet_model *m = t->model;
    if (memory && m->block_count == m->block_room) {
        size_t room = m->block_room ? 2 * m->block_room : 64;
        void **larger = drp_allocate(room, sizeof *larger);
        if (larger) {
            if (m->blocks) memcpy(larger, m->blocks, m->block_count * sizeof *larger);
            drp_free(m->blocks);
            m->blocks = larger;
            m->block_room = room;
        } else {
            drp_free(memory);
            memory = NULL;
        }
    }
    if (!memory) {
        t->status = drp_fail(t->error, DRUPELET_NO_MEMORY, "no memory for the weights of operation %u; free some, or use a smaller "
                             "model", t->number);
        return false;
    }
    m->blocks[m->block_count++] = memory;
    return true;
}

/* ---- Tensors as they are stored ---- */

static bool is_quantized(const drp_tensors *t) { return t->kernels == DRP_INT8; }

/* Finds the tensor of the node with that role, which must have this dtype and shape (rank 1 where columns is 0). NULL after
 * an error. */
DRP_RARE static const drp_section *take_tensor(drp_tensors *t, drp_dtype dtype, uint32_t rows, uint32_t columns,
                                               const char *role, const char *tail) {
    char name[2 * DRP_NAME_BYTES];
    snprintf(name, sizeof name, "%s%s%s", t->prefix, role, tail);
    if (t->status != DRUPELET_OK) return NULL;
    const drp_section *section = drp_section_named(t->table, name);
    if (!section || strcmp(section->kind, "TENS") != 0) {
        t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT, "tensor '%s' is missing; export it again", name);
        return NULL;
    }
    uint32_t rank = columns ? 2 : 1;
    if (section->dtype != dtype || section->rank != rank || section->shape[0] != rows || section->shape[1] != columns) {
        t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT,
                             "tensor '%s' has dtype code %d, rank %u, shape %u x %u, expected %d, %u, %u x %u; export it again",
                             name, section->dtype, section->rank, section->shape[0], section->shape[1], dtype, rank, rows,
                             columns);
        return NULL;
    }
    ++t->taken;
    return section;
}

DRP_RARE static void role_name(char *role, size_t room, const char *format, va_list arguments) {
    vsnprintf(role, room, format, arguments);
}

DRP_RARE bool drp_take_columns(drp_tensors *t, uint32_t rows, drp_columns *columns, const char *format, ...) {
    char role[DRP_NAME_BYTES];
    va_list arguments;
    va_start(arguments, format);
    role_name(role, sizeof role, format, arguments);
    va_end(arguments);
    uint32_t width = columns->units * columns->all_gates;
    columns->values = take_tensor(t, t->kernels, rows, width, role, "");
    if (is_quantized(t)) {
        if (columns->values && memchr(columns->values->bytes, 0x80, columns->values->size_bytes))
            t->status = drp_fail(t->error, DRUPELET_BAD_FORMAT,
                                 "tensor '%s' holds -128, expected -127 to 127; export it again", columns->values->name);
        const drp_section *scales = take_tensor(t, DRP_FLOAT32, width, 0, role, ".scales");
        columns->scales = scales ? scales->bytes : NULL;
    }
    return t->status == DRUPELET_OK;
}

DRP_RARE bool drp_take_bias(drp_tensors *t, uint32_t rows, drp_columns *columns, const char *format, ...) {
    char role[DRP_NAME_BYTES];
    va_list arguments;
    va_start(arguments, format);
    role_name(role, sizeof role, format, arguments);
    va_end(arguments);
    uint32_t width = columns->units * columns->all_gates;
    columns->values = rows == 1 ? take_tensor(t, DRP_FLOAT32, width, 0, role, "") : take_tensor(t, DRP_FLOAT32, rows, width, role, "");
    return t->status == DRUPELET_OK;
}

/* ---- Tensors as the kernel wants them ---- */

DRP_RARE bool drp_pack(drp_tensors *t, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
                       drp_kernel_f32 *f32) {
    t->status = as_i8 ? drp_pack_i8(columns, input_scale, i8, t->error) : drp_pack_f32(columns, f32, t->error);
    bool owned = true; /* also what was made before memory ran out */
    if (!as_i8) owned = f32->values ? own(t, f32->values) : false;
    void *const parts[] = {as_i8 ? i8->values : NULL, as_i8 ? (void *)i8->sums : NULL, as_i8 ? (void *)i8->scales : NULL};
    for (int n = 0; n < 3; ++n)
        if (parts[n]) owned = own(t, parts[n]) && owned;
    return t->status == DRUPELET_OK && owned;
}

DRP_RARE float *drp_pack_floats(drp_tensors *t, const drp_columns *columns, uint32_t row) {
    float *packed = drp_pack_bias(columns, row);
    return own(t, packed) ? packed : NULL;
}

DRP_RARE bool drp_take_table(drp_tensors *t, uint32_t rows, uint32_t dim, drp_table *table) {
    table->dim = dim;
    drp_dtype dtype = t->model->scheme == DRP_WI4 ? DRP_INT4 : t->kernels;
    const drp_section *stored = take_tensor(t, dtype, rows, dim, "table", "");
    table->rows = stored ? stored->bytes : NULL;
    if (!is_quantized(t)) return t->status == DRUPELET_OK;
    const drp_section *codes = take_tensor(t, DRP_UINT8, rows, 0, "table", ".scale_codes");
    const drp_section *scales = take_tensor(t, DRP_FLOAT32, SCALE_TABLE_SIZE, 0, "table", ".scale_table");
    if (t->status != DRUPELET_OK) return false;
    table->scale_codes = codes->bytes;
    table->scale_table = drp_take_memory(t, SCALE_TABLE_SIZE * sizeof(float));
    for (int code = 0; table->scale_table && code < SCALE_TABLE_SIZE; ++code)
        table->scale_table[code] = drp_f32(scales->bytes + 4 * code);
    return table->scale_table != NULL;
}

DRP_RARE bool drp_reads_rows(const drp_tensors *t) { return t->model->folded == t->number; }

DRP_RARE float drp_input_bound(const drp_tensors *t) {
    uint32_t read = t->model->nodes[t->number].reads[0];
    return read ? t->model->nodes[read - 1].bound : 0.0f;
}
