#include "embedding_rows.h"

#include <string.h>

#include "support.h"

static void load_float_row(const drupelet_model *m, const drp_table *table, uint32_t id, float *restrict out) {
    uint32_t dim = table->dim;
    const uint8_t *row = table->rows + (m->scheme == DRP_F32 ? (size_t)4 : (size_t)2) * dim * id;
    if (m->scheme == DRP_F32)
        for (uint32_t k = 0; k < dim; ++k) out[k] = drp_f32(row + 4 * k);
    else
        for (uint32_t k = 0; k < dim; ++k) out[k] = drp_f16(row + 2 * k);
}

static const uint64_t each_byte = 0x0101010101010101u;

/* Eight bytes of a row, in the order of memory, of which `left` are in it; those behind it are 0, and are not read. */
static inline uint64_t next_eight(const uint8_t *bytes, size_t left) {
    uint64_t eight = 0;
    if (left >= sizeof eight)
        memcpy(&eight, bytes, sizeof eight);
    else
        for (size_t k = 0; k < left; ++k) ((uint8_t *)&eight)[k] = bytes[k];
    return eight;
}

/* Writes int8 (count) as they are stored. `out` has room for a multiple of eight. */
static void load_bytes(const uint8_t *bytes, size_t count, uint8_t flip, uint8_t *out) {
    for (size_t k = 0; k < count; k += 8) {
        uint64_t eight = next_eight(bytes + k, count - k) ^ flip * each_byte;
        memcpy(out + k, &eight, sizeof eight);
    }
}

/* The same of the low or the high nibbles of `bytes`, each of which holds value + 8: no byte of a sum carries into the next. */
static void load_nibbles(const uint8_t *bytes, size_t count, unsigned shift, uint8_t flip, uint8_t *out) {
    for (size_t k = 0; k < count; k += 8) {
        uint64_t nibbles = next_eight(bytes + k, count - k) >> shift & 15 * each_byte;
        uint64_t eight = (nibbles + (128 - 8) * each_byte) ^ (128 ^ flip) * each_byte;
        memcpy(out + k, &eight, sizeof eight);
    }
}

/* A row as it is projected: float_row, or the stored int8 of input_row times a factor. */
static void load_row(drupelet_session *s, uint32_t id, float *factor) {
    const drupelet_model *m = s->model;
    const drp_table *table = s->table;
    uint32_t dim = table->dim, half = (dim + 1) / 2;
    *factor = 1.0f;
    if (m->scheme == DRP_F32 || m->scheme == DRP_F16) {
        load_float_row(m, table, id, s->float_row);
        return;
    }
    const uint8_t flip = m->tier->flip;
    uint8_t *out = s->input_row;
    *factor = table->scale_table[table->scale_codes[id]];
    if (m->scheme == DRP_WI8) {
        load_bytes(table->rows + (size_t)dim * id, dim, flip, out);
    } else { /* column k in the low nibble of byte k, column half + k in its high one */
        const uint8_t *row = table->rows + (size_t)half * id;
        load_nibbles(row, half, 0, flip, out);
        load_nibbles(row, dim - half, 4, flip, out + half);
    }
    for (uint32_t k = dim; k % DRP_DOT; ++k) out[k] = flip;
}

void drp_prefetch_row(const drupelet_session *s, int32_t id) {
    static const uint8_t bits[] = {32, 16, 8, 4};
    size_t row_bytes = (s->table->dim * bits[s->model->scheme] + 7) / 8;
    const uint8_t *row = s->table->rows + (size_t)id * row_bytes;
    DRP_PREFETCH(row);
    DRP_PREFETCH(row + (row_bytes < DRP_ALIGNMENT ? row_bytes : DRP_ALIGNMENT) - 1); /* a row may lie across two lines */
}

/* Writes the input projection of a row that load_row has read, biases included: one direction behind the other. */
static void project_row(drupelet_session *s, float factor, uint8_t *out) {
    const drp_tier *tier = s->model->tier;
    const drp_layer *layer = s->folded;
    const size_t gates = (size_t)layer->panels * layer->gates * DRP_LANES;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        const drp_weights *w = &layer->weights[d];
        float *floats = layer->step_i16 ? s->gates : (float *)(void *)out + d * gates;
        if (layer->input_i8)
            tier->project_i8(&w->kernel_i8, s->input_row, factor, w->bias, floats);
        else
            tier->project_f32(&w->kernel_f32, s->float_row, w->bias, floats);
        if (layer->step_i16) tier->gates_i16(&w->cell_i16, floats, (int16_t *)(void *)out + d * gates);
    }
}

const void *drp_projected_row(drupelet_session *s, int32_t id) {
    drp_projection_cache *cache = &s->projections;
    /* Knuth's multiplicative hash (2^32 / golden ratio), and the product's high word for a number below `sets`. */
    uint32_t hash = (uint32_t)id * 2654435769u;
    size_t set = (size_t)((uint64_t)hash * cache->sets >> 32);
    uint32_t *keys = cache->keys + set * DRP_WAYS, key = (uint32_t)id + 1;
    uint8_t *swapped = cache->swapped + set;
    uint8_t *rows = cache->rows + set * DRP_WAYS * cache->row_bytes;
    if (keys[0] == key) return rows + *swapped * cache->row_bytes;
    if (keys[1] == key) {
        keys[1] = keys[0];
        keys[0] = key;
        *swapped ^= 1;
        return rows + *swapped * cache->row_bytes;
    }
    int way = keys[0] ? 1 : 0;
    uint8_t *row = rows + (*swapped ^ way) * cache->row_bytes;
    keys[way] = key;
    float factor;
    load_row(s, (uint32_t)id, &factor);
    project_row(s, factor, row);
    return row;
}

void drp_look_up(const drupelet_model *m, const drp_table *table, const int32_t *ids, const drp_rows *output) {
    uint32_t dim = table->dim, half = (dim + 1) / 2;
    for (size_t t = 0; t < output->steps; ++t) {
        uint32_t id = (uint32_t)ids[t];
        float *out = drp_row(output, t);
        if (m->scheme == DRP_F32 || m->scheme == DRP_F16) {
            load_float_row(m, table, id, out);
            continue;
        }
        float scale = table->scale_table[table->scale_codes[id]];
        const uint8_t *row = table->rows + (size_t)(m->scheme == DRP_WI8 ? dim : half) * id;
        for (uint32_t k = 0; k < dim; ++k) {
            int value = m->scheme == DRP_WI8 ? (int8_t)row[k] : (k < half ? row[k] & 15 : row[k - half] >> 4) - 8;
            out[k] = (float)value * scale;
        }
    }
}
