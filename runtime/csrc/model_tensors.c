/* Reads the tensors of a .drupelet file, named and shaped as the graph implies, and lays them out for the tier. */
#include "model_tensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "op_support.h"
#include "support.h"

enum { SCALE_TABLE_SIZE = 256, ONLY_SECTIONS = 4 /* sections that are no tensors */ };

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

static float bound_of(const drupelet_model *m, uint32_t value) { return value ? m->nodes[value - 1].bound : 0.0f; }

DRP_RARE float drp_input_bound(const drp_tensors *t) { return bound_of(t->model, t->model->nodes[t->number].reads[0]); }

/* ---- All nodes ---- */

DRP_RARE static bool is_bounded_function(uint32_t function) {
    return function == DRP_TANH || function == DRP_SIGMOID || function == DRP_HARD_SIGMOID || function == DRP_SOFTSIGN ||
           function == DRP_HARD_SIGMOID_2 || function == DRP_HARD_TANH || function == DRP_SPARSE_SIGMOID;
}

/* The bound of what a node gives that is no recurrent layer; those that only move numbers keep the bound of their inputs. */
DRP_RARE static float node_bound(const drupelet_model *m, const drp_node *node) {
    enum { MERGE_ADD = 2, MERGE_MULTIPLY, MERGE_SUBTRACT = 7, REDUCE_SUM = 2 };
    const drp_operation *operation = node->operation;
    if (operation == &drp_op_activation) return is_bounded_function(drp_number(node, 0)) ? 1.0f : 0.0f;
    if (operation == &drp_op_softmax) return drp_number(node, 1) == 0 ? 1.0f : 0.0f;
    bool moves = operation == &drp_op_merge || operation == &drp_op_restore || operation == &drp_op_strip ||
                 operation == &drp_op_reverse || operation == &drp_op_window || operation == &drp_op_reshape ||
                 operation == &drp_op_transpose || operation == &drp_op_repeat || operation == &drp_op_window_pool ||
                 (operation == &drp_op_reduce && drp_number(node, 0) != REDUCE_SUM);
    if (!moves) return 0.0f;
    if (operation == &drp_op_merge && (drp_number(node, 0) == MERGE_ADD || drp_number(node, 0) == MERGE_MULTIPLY ||
                                       drp_number(node, 0) == MERGE_SUBTRACT))
        return 0.0f;
    float largest = 0.0f;
    for (uint32_t n = 0; n < node->input_count; ++n) {
        float bound = bound_of(m, node->reads[n]);
        if (!(bound > 0.0f)) return 0.0f;
        if (bound > largest) largest = bound;
    }
    return largest;
}

DRP_RARE drupelet_status drp_read_tensors(const drp_section_table *table, drupelet_model *m, drupelet_error *error) {
    char prefix[DRP_NAME_BYTES];
    drp_tensors t = {.table = table, .prefix = prefix, .error = error, .model = m};
    t.kernels = m->scheme == DRP_F32 ? DRP_FLOAT32 : m->scheme == DRP_F16 ? DRP_FLOAT16 : DRP_INT8;
    uint32_t owned = 0;
    for (t.number = 0; t.number < m->node_count; ++t.number) {
        drp_node *node = &m->nodes[t.number];
        snprintf(prefix, sizeof prefix, "%s.%u.", node->operation->name, (unsigned)node->owner);
        uint32_t before = t.taken;
        bool done = !node->operation->prepare || node->operation->prepare(node, &t);
        m->taken = t.memory; /* what was taken is the model's, also when the next tensor is missing */
        if (!done) return t.status;
        if (node->owner == t.number)
            owned += t.taken - before;
        else if (t.taken == before)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "operation %u (%s): uses weights of another, but has none; export it again",
                            t.number, node->operation->name);
        if (node->operation != &drp_op_recurrent) node->bound = node_bound(m, node);
    }
    if (owned + ONLY_SECTIONS != table->count)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, the network has %u; export it again", table->count,
                        owned + ONLY_SECTIONS);
    return DRUPELET_OK;
}
