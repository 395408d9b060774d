/* Reads the tensors of a .drupelet file, named and shaped as the network implies, and lays them out for the tier. */
#include "model_tensors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "packing.h"
#include "support.h"

typedef struct {
    const drp_section_table *table;
    uint32_t taken;
    drupelet_error *error;
    drupelet_status status; /* of the first that failed */
} tensor_reader;

/* Finds the tensor of that name, which must have this dtype and shape (rank 1 where columns is 0). NULL after an error. */
static const drp_section *take_tensor(tensor_reader *r, drp_dtype dtype, uint32_t rows, uint32_t columns,
                                      const char *format, ...) {
    char name[2 * DRP_NAME_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    if (r->status != DRUPELET_OK) return NULL;
    const drp_section *section = drp_section_named(r->table, name);
    if (!section || strcmp(section->kind, "TENS") != 0) {
        r->status = drp_fail(r->error, DRUPELET_BAD_FORMAT, "tensor '%s' is missing; export it again", name);
        return NULL;
    }
    uint32_t rank = columns ? 2 : 1;
    if (section->dtype != dtype || section->rank != rank || section->shape[0] != rows || section->shape[1] != columns) {
        r->status = drp_fail(r->error, DRUPELET_BAD_FORMAT,
                             "tensor '%s' has dtype code %d, rank %u, shape %u x %u, expected %d, %u, %u x %u; export it again",
                             name, section->dtype, section->rank, section->shape[0], section->shape[1], dtype, rank, rows,
                             columns);
        return NULL;
    }
    ++r->taken;
    return section;
}

static bool is_quantized(const drupelet_model *m) { return m->scheme == DRP_WI8 || m->scheme == DRP_WI4; }

static drp_dtype kernel_dtype(const drupelet_model *m) {
    return m->scheme == DRP_F32 ? DRP_FLOAT32 : m->scheme == DRP_F16 ? DRP_FLOAT16 : DRP_INT8;
}

/* Finds a kernel and its scales; false after an error. */
static bool take_kernel(tensor_reader *r, const drupelet_model *m, const char *prefix, const char *name, uint32_t rows,
                        drp_columns *columns) {
    uint32_t width = columns->units * columns->all_gates;
    columns->values = take_tensor(r, kernel_dtype(m), rows, width, "%s.%s", prefix, name);
    if (is_quantized(m)) {
        if (columns->values && memchr(columns->values->bytes, 0x80, columns->values->size_bytes))
            r->status = drp_fail(r->error, DRUPELET_BAD_FORMAT,
                                 "tensor '%s' holds -128, expected -127 to 127; export it again", columns->values->name);
        const drp_section *scales = take_tensor(r, DRP_FLOAT32, width, 0, "%s.%s.scales", prefix, name);
        columns->scales = scales ? scales->bytes : NULL;
    }
    return r->status == DRUPELET_OK;
}

static void pack(tensor_reader *r, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
                 drp_kernel_f32 *f32) {
    if (r->status != DRUPELET_OK) return;
    r->status = as_i8 ? drp_pack_i8(columns, input_scale, i8, r->error) : drp_pack_f32(columns, f32, r->error);
}

/* Stands in for a bias of zero in the candidate of a quick layer. Without biases, a layer that reads zeros (an embedding
 * row of zeros for padding) halves its cell at every step, and after 126 steps the cell is subnormal: 32-bit NEON computes
 * with zero there, other processors do not, and x86 is far slower. With this bias the cell settles at its value, which
 * is too small to change any sum that matters; its square, which a merge by multiplication computes, is still normal. */
#define RESTING_BIAS 1e-16f

static void keep_cell_normal(const drp_layer *layer, float *bias) {
    for (uint32_t unit = 0; unit < layer->units; ++unit) {
        float *candidate = bias + ((size_t)(unit / DRP_LANES) * 4 + 2) * DRP_LANES + unit % DRP_LANES;
        if (*candidate == 0.0f) *candidate = RESTING_BIAS;
    }
}

static void read_direction(tensor_reader *r, const drupelet_model *m, uint32_t place, const drp_layer *layer,
                           const char *direction, drp_weights *weights) {
    char prefix[DRP_NAME_BYTES];
    snprintf(prefix, sizeof prefix, "recurrent.%u.%s", place, direction);
    drp_columns columns = {.units = layer->units, .all_gates = layer->gates, .gates = layer->gates};
    /* The quick cell expects its sigmoid gates (input, forget, output; not the candidate, number 2) halved. */
    columns.half_gates = layer->quick ? 0xB : 0;
    if (!take_kernel(r, m, prefix, "kernel", layer->input_dim, &columns)) return;
    /* An embedding row brings its own scale; a state or output of 1 is 127. */
    float input_scale = place == 0 ? 1.0f : 1.0f / layer->input_factor;
    pack(r, &columns, layer->input_i8, input_scale, &weights->kernel_i8, &weights->kernel_f32);
    if (!take_kernel(r, m, prefix, "recurrent_kernel", layer->units, &columns)) return;
    const float state_scale = 1.0f / 127.0f;
    if (layer->cell == DRP_GRU && !layer->reset_after) {
        columns.gates = 2; /* update and reset; the candidate reads a state that the reset gate has changed */
        pack(r, &columns, layer->recurrent_i8, state_scale, &weights->recurrent_kernel_i8, &weights->recurrent_kernel_f32);
        columns.first_gate = 2;
        columns.gates = 1;
        pack(r, &columns, layer->recurrent_i8, state_scale, &weights->candidate_kernel_i8, &weights->candidate_kernel_f32);
        columns.first_gate = 0;
        columns.gates = layer->gates;
    } else {
        pack(r, &columns, layer->recurrent_i8, state_scale, &weights->recurrent_kernel_i8, &weights->recurrent_kernel_f32);
    }
    uint32_t width = layer->units * layer->gates;
    columns.values = layer->reset_after ? take_tensor(r, DRP_FLOAT32, 2, width, "%s.bias", prefix)
                                        : take_tensor(r, DRP_FLOAT32, width, 0, "%s.bias", prefix);
    if (r->status != DRUPELET_OK) return;
    weights->bias = drp_pack_bias(&columns, 0);
    weights->recurrent_bias = layer->reset_after ? drp_pack_bias(&columns, 1)
                                                 : drp_allocate((size_t)layer->panels * layer->gates * DRP_LANES,
                                                                sizeof *weights->recurrent_bias);
    if (!weights->bias || !weights->recurrent_bias)
        r->status = drp_fail(r->error, DRUPELET_NO_MEMORY, "no memory for tensor '%s.bias'; free some", prefix);
    else if (layer->quick)
        keep_cell_normal(layer, weights->bias);
}

drupelet_status drp_read_tensors(const drp_section_table *table, drupelet_model *m, drupelet_error *error) {
    tensor_reader r = {.table = table, .error = error};
    enum { SCALE_TABLE_SIZE = 256 };
    drp_dtype dtype = m->scheme == DRP_WI4 ? DRP_INT4 : kernel_dtype(m);
    const drp_section *embedding = take_tensor(&r, dtype, m->vocabulary_rows, m->embedding_dim, "embedding");
    if (is_quantized(m)) {
        const drp_section *codes = take_tensor(&r, DRP_UINT8, m->vocabulary_rows, 0, "embedding.scale_codes");
        const drp_section *scales = take_tensor(&r, DRP_FLOAT32, SCALE_TABLE_SIZE, 0, "embedding.scale_table");
        m->scale_table = drp_allocate(SCALE_TABLE_SIZE, sizeof *m->scale_table);
        if (!m->scale_table) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for scales; free some");
        for (int code = 0; scales && code < SCALE_TABLE_SIZE; ++code) m->scale_table[code] = drp_f32(scales->bytes + 4 * code);
        m->scale_codes = codes ? codes->bytes : NULL;
    }
    m->embedding = embedding ? embedding->bytes : NULL;
    for (uint32_t n = 0; n < m->layer_count && r.status == DRUPELET_OK; ++n) {
        drp_layer *layer = &m->layers[n];
        for (uint32_t d = 0; d < layer->direction_count; ++d)
            read_direction(&r, m, n, layer, layer->backward[d] ? "backward" : "forward", &layer->weights[d]);
    }
    for (uint32_t n = 0; n < m->dense_count && r.status == DRUPELET_OK; ++n) {
        drp_dense *dense = &m->dense[n];
        char prefix[DRP_NAME_BYTES];
        snprintf(prefix, sizeof prefix, "dense.%u", n);
        drp_columns columns = {.units = dense->units, .all_gates = 1, .gates = 1};
        if (!take_kernel(&r, m, prefix, "kernel", dense->input_dim, &columns)) break;
        pack(&r, &columns, false, 1.0f, NULL, &dense->kernel);
        columns.values = take_tensor(&r, DRP_FLOAT32, dense->units, 0, "%s.bias", prefix);
        if (r.status != DRUPELET_OK) break;
        dense->bias = drp_pack_bias(&columns, 0);
        if (!dense->bias) r.status = drp_fail(error, DRUPELET_NO_MEMORY, "no memory for tensor '%s.bias'; free some", prefix);
    }
    if (r.status != DRUPELET_OK) return r.status;
    if (r.taken + 4 != table->count) /* four sections are no tensors */
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections, the network has %u; export it again", table->count,
                        r.taken + 4);
    return DRUPELET_OK;
}
