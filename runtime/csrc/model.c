/* Opens a .drupelet file: decodes its sections, checks that they fit each other, and lays kernels out for the tier. */
#include "model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_file.h"
#include "packing.h"

enum {
    MAX_LAYERS = 64,
    MAX_LABELS = 4096,
    MAX_LABEL_BYTES = 1024,
    MAX_DIM = 1 << 16,            /* sums of int8 products fit 32 bits: 2^16 * 128 * 127 < 2^31 */
    MAX_PADDED_TOKENS = 1 << 20 /* as drupelet/architecture.py */
};

/* ---- Reading a section ---- */

typedef struct {
    const uint8_t *at, *end;
    const char *what;
} reader;

static bool has(const reader *r, size_t size_bytes) { return (size_t)(r->end - r->at) >= size_bytes; }

static uint32_t take_u32(reader *r) {
    uint32_t value = drp_u32(r->at);
    r->at += 4;
    return value;
}

static drupelet_status ends_early(const reader *r, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "section %s ends too early; export it again", r->what);
}

static drupelet_status finish(const reader *r, drupelet_error *error) {
    if (r->at == r->end) return DRUPELET_OK;
    return drp_fail(error, DRUPELET_BAD_FORMAT, "section %s has %zu bytes too many; export it again", r->what,
                    (size_t)(r->end - r->at));
}

static bool is_utf8(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0, length; k < size_bytes; k += length)
        if ((length = drp_utf8_length(bytes + k, size_bytes - k, false)) == 0) return false;
    return true;
}

static drupelet_status bad_code(const char *field, uint32_t code, uint32_t known, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "%s has code %u, this release knows %u; upgrade drupelet", field, code,
                    known);
}

/* ---- ARCH ---- */

static drupelet_status bad_dim(const char *field, uint32_t value, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "%s is %u, expected 1 to %d; export it again", field, value, MAX_DIM);
}

/* |h| <= 1 whatever the inputs: then an int8 state loses no range. */
static bool is_bounded(const drp_layer *layer) {
    drp_activation gate = layer->recurrent_activation, state = layer->activation;
    bool state_bounded = state == DRP_TANH || state == DRP_SIGMOID || state == DRP_HARD_SIGMOID;
    bool gate_is_share = gate == DRP_SIGMOID || gate == DRP_HARD_SIGMOID; /* 0 to 1; a GRU mixes with 1 - gate */
    return state_bounded && (gate_is_share || (gate == DRP_TANH && layer->cell == DRP_LSTM));
}

static drupelet_status read_layer(reader *r, drp_layer *layer, uint32_t input_dim, drupelet_error *error) {
    if (!has(r, 32)) return ends_early(r, error);
    static const drp_activation activations[] = {DRP_TANH, DRP_SIGMOID, DRP_HARD_SIGMOID, DRP_RELU};
    uint32_t cell = take_u32(r), direction = take_u32(r), merge = take_u32(r);
    layer->input_dim = take_u32(r);
    layer->units = take_u32(r);
    uint32_t activation = take_u32(r), gate = take_u32(r), reset_after = take_u32(r);
    if (cell > DRP_GRU) return bad_code("cell", cell, 2, error);
    if (direction > DRP_BIDIRECTIONAL) return bad_code("direction", direction, 3, error);
    if (merge > DRP_AVE) return bad_code("merge", merge, 5, error);
    if (activation > 3) return bad_code("activation", activation, 4, error);
    if (gate > 3) return bad_code("recurrent_activation", gate, 4, error);
    if (reset_after > 1) return bad_code("reset_after", reset_after, 2, error);
    if (layer->units < 1 || layer->units > MAX_DIM) return bad_dim("units", layer->units, error);
    if (layer->input_dim != input_dim)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "a recurrent layer reads %u features, the one before gives %u; export it again",
                        layer->input_dim, input_dim);
    if ((direction == DRP_BIDIRECTIONAL) != (merge != DRP_MERGE_NONE))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "only bidirectional layers merge, and they must; export it again");
    if (cell == DRP_LSTM && reset_after)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "an LSTM layer with reset_after: only GRU has it; export it again");
    layer->cell = (drp_cell)cell;
    layer->merge = (drp_merge)merge;
    layer->activation = activations[activation];
    layer->recurrent_activation = activations[gate];
    layer->reset_after = reset_after == 1;
    layer->gates = cell == DRP_LSTM ? 4 : 3;
    layer->panels = drp_panels(layer->units);
    layer->output_dim = merge == DRP_CONCAT ? 2 * layer->units : layer->units;
    layer->direction_count = direction == DRP_BIDIRECTIONAL ? 2 : 1;
    layer->backward[0] = direction == DRP_BACKWARD;
    layer->backward[1] = true;
    return DRUPELET_OK;
}

/* What of the network multiplies integers: all that is stored as integers and meets inputs whose range is known. */
static void choose_arithmetic(drupelet_model *m) {
    bool quantized = m->scheme == DRP_WI8 || m->scheme == DRP_WI4;
    for (uint32_t n = 0; n < m->layer_count; ++n) {
        drp_layer *layer = &m->layers[n];
        layer->recurrent_i8 = quantized && is_bounded(layer);
        layer->quick = layer->recurrent_i8 && layer->cell == DRP_LSTM && layer->activation == DRP_TANH &&
                       layer->recurrent_activation == DRP_SIGMOID;
        if (n == 0) {
            layer->input_i8 = quantized; /* rows of the embedding are integers: exact */
            continue;
        }
        const drp_layer *before = layer - 1;
        layer->input_i8 = quantized && before->recurrent_i8 && before->output_dim <= MAX_DIM;
        layer->input_factor = before->merge == DRP_SUM ? 0.5f * 127.0f : 127.0f; /* a sum of two reaches 2 */
    }
}

static drupelet_status read_architecture(const drp_section *section, drupelet_model *m, drupelet_error *error) {
    reader r = {section->bytes, section->bytes + section->size_bytes, "architecture"};
    if (!has(&r, 40)) return ends_early(&r, error);
    m->vocabulary_rows = take_u32(&r);
    m->embedding_dim = take_u32(&r);
    m->layer_count = take_u32(&r);
    uint32_t pooling = take_u32(&r);
    m->dense_count = take_u32(&r);
    uint32_t output = take_u32(&r);
    m->max_tokens = take_u32(&r);
    uint32_t padding = take_u32(&r);
    m->pool_zero_below = take_u32(&r);
    uint32_t scheme = take_u32(&r);
    if (pooling > DRP_AVERAGE) return bad_code("pooling", pooling, 3, error);
    if (output > DRP_LOGITS) return bad_code("output", output, 3, error);
    if (padding > DRP_PADDING_POST) return bad_code("padding", padding, 3, error);
    if (scheme > DRP_WI4) return bad_code("scheme", scheme, 4, error);
    m->pooling = (drp_pooling)pooling;
    m->output = (drp_output)output;
    m->padding = (drp_padding)padding;
    m->scheme = (drp_scheme)scheme;
    if (m->vocabulary_rows < 1 || m->vocabulary_rows > INT32_MAX)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "vocabulary_rows is %u, expected 1 to %d; export it again",
                        m->vocabulary_rows, INT32_MAX);
    if (m->embedding_dim < 1 || m->embedding_dim > MAX_DIM) return bad_dim("embedding_dim", m->embedding_dim, error);
    if (m->layer_count < 1 || m->layer_count > MAX_LAYERS || m->dense_count < 1 || m->dense_count > MAX_LAYERS)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "%u recurrent and %u dense layers, expected 1 to %d of each; export it again", m->layer_count,
                        m->dense_count, MAX_LAYERS);
    if (m->max_tokens < 1 ||
        (padding && (m->max_tokens == DRP_NO_VALUE || m->max_tokens > MAX_PADDED_TOKENS)))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "padding to max_tokens %u, expected 1 to %d; export it again",
                        m->max_tokens, MAX_PADDED_TOKENS);
    if (m->pool_zero_below != DRP_NO_VALUE && (pooling != DRP_MAX || padding))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "pool_zero_below without an unpadded max pooling: expected none; export it again");
    m->layers = drp_allocate(m->layer_count, sizeof *m->layers);
    m->dense = drp_allocate(m->dense_count, sizeof *m->dense);
    if (!m->layers || !m->dense) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the network; free some");
    uint32_t dim = m->embedding_dim;
    for (uint32_t n = 0; n < m->layer_count; ++n) {
        drupelet_status status = read_layer(&r, &m->layers[n], dim, error);
        if (status != DRUPELET_OK) return status;
        dim = m->layers[n].output_dim;
    }
    for (uint32_t n = 0; n < m->dense_count; ++n) {
        drp_dense *dense = &m->dense[n];
        if (!has(&r, 12)) return ends_early(&r, error);
        dense->input_dim = take_u32(&r);
        dense->units = take_u32(&r);
        uint32_t activation = take_u32(&r);
        if (activation > DRP_SOFTSIGN) return bad_code("activation", activation, 9, error);
        if (dense->units < 1 || dense->units > MAX_DIM) return bad_dim("units", dense->units, error);
        if (dense->input_dim != dim)
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "a dense layer reads %u features, the one before gives %u; export it again",
                            dense->input_dim, dim);
        dense->activation = (drp_activation)activation;
        dense->padded_units = drp_panels(dense->units) * DRP_LANES;
        dim = dense->units;
    }
    const drp_dense *last = &m->dense[m->dense_count - 1];
    if (last->activation != DRP_LINEAR || (m->output == DRP_SOFTMAX && last->units < 2))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the last dense layer has activation code %d and %u units, expected linear, and two or more for "
                        "softmax; export it again",
                        last->activation, last->units);
    choose_arithmetic(m);
    return finish(&r, error);
}

/* ---- TOKN, LABL ---- */

static drupelet_status read_tokenizer(const drp_section *section, drp_tokenizer *t, drupelet_error *error) {
    enum { NAME_BYTES = 16, BITMAP_BYTES = 16 };
    reader r = {section->bytes, section->bytes + section->size_bytes, "tokenizer"};
    if (!has(&r, NAME_BYTES + 24 + BITMAP_BYTES + 4)) return ends_early(&r, error);
    size_t name_bytes = 0;
    while (name_bytes < NAME_BYTES && r.at[name_bytes] && r.at[name_bytes] < 128) ++name_bytes;
    for (size_t k = name_bytes; k < NAME_BYTES; ++k)
        if (name_bytes == 0 || r.at[k])
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section tokenizer: its name is not ASCII padded with zeros; export it again");
    r.at += NAME_BYTES;
    uint32_t lowercase = take_u32(&r), kept = take_u32(&r), split = take_u32(&r), keep = take_u32(&r);
    t->max_tokens = take_u32(&r);
    t->unknown_id = take_u32(&r);
    const uint8_t *bitmap = r.at;
    r.at += BITMAP_BYTES;
    t->replacement_count = take_u32(&r);
    if (lowercase > DRP_LOWERCASE_NONE) return bad_code("lowercase", lowercase, 3, error);
    if (kept > DRP_KEPT_ALL_BUT) return bad_code("kept", kept, 2, error);
    if (split > DRP_SPLIT_ASCII) return bad_code("split", split, 2, error);
    if (keep > DRP_KEEP_ENDS) return bad_code("keep", keep, 3, error);
    if (lowercase == DRP_LOWERCASE_UNICODE && kept != DRP_KEPT_ONLY)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "tokenizer: lowercase 'unicode' with kept 'all_but' would depend on a Unicode version; use "
                        "lowercase 'ascii', or kept 'only'");
    if (t->max_tokens < 1)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "tokenizer: max_tokens is 0, expected at least 1, or none at all");
    if (t->replacement_count > DRP_MAX_REPLACEMENTS)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "section tokenizer: %u replacements, expected at most %d",
                        t->replacement_count, DRP_MAX_REPLACEMENTS);
    t->lowercase = (drp_lowercase)lowercase;
    t->kept = (drp_kept)kept;
    t->split = (drp_split)split;
    t->keep = (drp_keep)keep;
    for (uint32_t n = 0; n < t->replacement_count; ++n) {
        drp_replacement *replacement = &t->replacements[n];
        if (!has(&r, 4)) return ends_early(&r, error);
        replacement->from_bytes = drp_u16(r.at);
        replacement->to_bytes = drp_u16(r.at + 2);
        r.at += 4;
        if (!has(&r, (size_t)replacement->from_bytes + replacement->to_bytes)) return ends_early(&r, error);
        replacement->from = r.at;
        replacement->to = r.at + replacement->from_bytes;
        r.at = replacement->to + replacement->to_bytes;
        if (!is_utf8(replacement->from, replacement->from_bytes) || !is_utf8(replacement->to, replacement->to_bytes))
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section tokenizer: replacement %u is not UTF-8; export it again", n);
        if (replacement->from_bytes < 1 || replacement->to_bytes > replacement->from_bytes)
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "tokenizer: a replacement of %u bytes by %u, expected 1 or more, and no more than that",
                            replacement->from_bytes, replacement->to_bytes);
        for (uint32_t k = 0; t->lowercase == DRP_LOWERCASE_UNICODE && k < replacement->from_bytes; ++k)
            if (replacement->from[k] >= 128)
                return drp_fail(error, DRUPELET_BAD_FORMAT,
                                "tokenizer: with lowercase 'unicode' a replacement of text that is not ASCII would depend "
                                "on a Unicode version; use lowercase 'ascii'");
    }
    drp_tokenizer_prepare(t, bitmap);
    return finish(&r, error);
}

/* Control characters, line and paragraph separators: a label is printed on a line. */
static bool is_printable(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0; k < size_bytes; ++k) {
        if (bytes[k] < 0x20 || bytes[k] == 0x7F) return false;
        if (k + 1 < size_bytes && bytes[k] == 0xC2 && bytes[k + 1] < 0xA0) return false;
        if (k + 2 < size_bytes && bytes[k] == 0xE2 && bytes[k + 1] == 0x80 && (bytes[k + 2] == 0xA8 || bytes[k + 2] == 0xA9))
            return false;
    }
    return size_bytes > 0;
}

static drupelet_status read_labels(const drp_section *section, drupelet_model *m, drupelet_error *error) {
    reader r = {section->bytes, section->bytes + section->size_bytes, "labels"};
    if (!has(&r, 4)) return ends_early(&r, error);
    uint32_t count = take_u32(&r), classes = drupelet_model_classes(m);
    if (count > MAX_LABELS || count != classes)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u labels for %u classes, expected one each, at most %d; export it again",
                        count, classes, MAX_LABELS);
    m->labels = drp_allocate(count, sizeof *m->labels);
    if (!m->labels) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u labels; free some", count);
    for (; m->label_count < count; ++m->label_count) {
        if (!has(&r, 4)) return ends_early(&r, error);
        uint32_t size_bytes = take_u32(&r);
        if (size_bytes > MAX_LABEL_BYTES)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "section labels: a label of %u bytes, expected at most %d",
                            size_bytes, MAX_LABEL_BYTES);
        if (!has(&r, size_bytes)) return ends_early(&r, error);
        if (!is_utf8(r.at, size_bytes) || !is_printable(r.at, size_bytes))
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section labels: label %u is empty, not UTF-8, or cannot stand in a line; export it again",
                            m->label_count);
        char *label = drp_allocate(size_bytes + 1, 1);
        if (!label) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u labels; free some", count);
        memcpy(label, r.at, size_bytes);
        m->labels[m->label_count] = label;
        r.at += size_bytes;
        for (uint32_t n = 0; n < m->label_count; ++n)
            if (strcmp(m->labels[n], label) == 0) {
                ++m->label_count; /* so that it is freed */
                return drp_fail(error, DRUPELET_BAD_FORMAT, "section labels: '%s' stands twice; export it again", label);
            }
    }
    return finish(&r, error);
}

/* ---- TENS ---- */

typedef struct {
    const drp_section_table *table;
    uint32_t taken;
    drupelet_error *error;
    drupelet_status status; /* of the first that failed */
} tensor_reader;

/* The tensor of that name, which must have this dtype and shape (rank 1 where columns is 0). */
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

/* A kernel and the scales that go with it. */
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

/* A layer without biases whose input is zero, as an embedding row of zeros for padding makes it, halves its cell at every
 * step, and after 126 steps leaves the normal numbers: 32-bit NEON takes what is below them for zero, others do not, and
 * x86 is far slower there. With this for a bias of the candidate the cell comes to rest at it: too small to change any
 * sum that matters, and its square, which a merge by multiplication makes, is still normal. */
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
    /* The quick cell wants its sigmoid gates (input, forget, output; not the candidate, number 2) halved. */
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

static drupelet_status read_tensors(const drp_section_table *table, drupelet_model *m, drupelet_error *error) {
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

/* ---- The whole ---- */

/* Kinds of sections of which a file has exactly one each. */
enum { ARCHITECTURE, TOKENIZER, LABELS, VOCABULARY, ONLY_SECTIONS };
static const char *const only_kinds[ONLY_SECTIONS][2] = {
    {"ARCH", "architecture"}, {"TOKN", "tokenizer"}, {"LABL", "labels"}, {"VOCB", "vocabulary"}};

static drupelet_status find_only_sections(const drp_section_table *table, const drp_section *found[ONLY_SECTIONS],
                                          drupelet_model *m, drupelet_error *error) {
    for (int kind = 0; kind < ONLY_SECTIONS; ++kind) {
        uint32_t count = 0;
        for (uint32_t n = 0; n < table->count; ++n)
            if (strcmp(table->sections[n].kind, only_kinds[kind][0]) == 0) {
                found[kind] = &table->sections[n];
                ++count;
            }
        if (count != 1)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections of kind %s, expected one; export it again", count,
                            only_kinds[kind][1]);
        m->only_sections[kind].bytes = found[kind]->bytes;
        m->only_sections[kind].size_bytes = found[kind]->size_bytes;
    }
    return DRUPELET_OK;
}

const void *drupelet_model_section(const drupelet_model *m, const char *kind, size_t *size_bytes) {
    for (int n = 0; n < ONLY_SECTIONS; ++n)
        if (strcmp(only_kinds[n][0], kind) == 0) {
            *size_bytes = m->only_sections[n].size_bytes;
            return m->only_sections[n].bytes;
        }
    return NULL;
}

static drupelet_status read_model(const drp_section_table *table, drupelet_model *m, drupelet_error *error) {
    const drp_section *only[ONLY_SECTIONS];
    drupelet_status status = find_only_sections(table, only, m, error);
    if (status == DRUPELET_OK) status = read_architecture(only[ARCHITECTURE], m, error);
    if (status == DRUPELET_OK) status = read_tokenizer(only[TOKENIZER], &m->tokenizer, error);
    if (status == DRUPELET_OK) status = read_labels(only[LABELS], m, error);
    if (status == DRUPELET_OK)
        status = drp_vocabulary_open(only[VOCABULARY]->bytes, only[VOCABULARY]->size_bytes, &m->vocabulary, error);
    if (status != DRUPELET_OK) return status;
    uint64_t ids = (uint64_t)m->vocabulary.first_id + m->vocabulary.word_count;
    uint32_t unknown_id = m->tokenizer.unknown_id;
    if (ids != m->vocabulary_rows || (unknown_id != DRP_NO_VALUE && unknown_id >= m->vocabulary_rows))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the vocabulary has %llu ids, unknown words get %u, the embedding has %u rows; export it again",
                        (unsigned long long)ids, unknown_id, m->vocabulary_rows);
    if (m->tokenizer.max_tokens != m->max_tokens) /* NO_VALUE on both sides is fine: no limit */
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the tokenizer cuts at %u tokens, the network reads %u; export it again", m->tokenizer.max_tokens,
                        m->max_tokens);
    return read_tensors(table, m, error);
}

static bool is_little_endian(void) {
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

drupelet_status drupelet_model_open(const void *bytes, size_t size_bytes, const drupelet_model_options *options,
                                    drupelet_model **model, drupelet_error *error) {
    if (error) error->message[0] = 0;
    *model = NULL;
    const char *lacks, *name = options ? options->tier : NULL;
    const drp_tier *tier = is_little_endian() ? drp_tier_named(name, &lacks) : (lacks = "this machine is big-endian", NULL);
    if (!tier) return drp_fail(error, DRUPELET_NO_TIER, "tier %s: %s", name ? name : "scalar", lacks);
    drp_section_table *table = drp_allocate(1, sizeof *table);
    drupelet_model *m = drp_allocate(1, sizeof *m);
    drupelet_status status = DRUPELET_OK;
    if (!table || !m) status = drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a model; free some");
    if (status == DRUPELET_OK) status = drp_read_sections(bytes, size_bytes, table, error);
    if (status == DRUPELET_OK) {
        m->tier = tier;
        status = read_model(table, m, error);
    }
    drp_free(table);
    if (status != DRUPELET_OK) {
        drupelet_model_close(m);
        return status;
    }
    *model = m;
    return DRUPELET_OK;
}

drupelet_status drupelet_model_read(const char *path, const drupelet_model_options *options, drupelet_model **model,
                                    drupelet_error *error) {
    *model = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return drp_fail(error, DRUPELET_NO_FILE, "cannot be opened (%s)", strerror(errno));
    uint8_t *bytes = NULL;
    size_t size_bytes = 0, room = 0;
    for (;;) { /* grows with what was read: no length is asked for, so a pipe will do and a changing file does no harm */
        if (size_bytes == room) {
            room = room ? 2 * room : (size_t)1 << 20;
            uint8_t *larger = room ? realloc(bytes, room) : NULL; /* doubled beyond what 32 bits count */
            if (!larger) {
                free(bytes);
                fclose(file);
                return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %zu bytes of it; free some", room);
            }
            bytes = larger;
        }
        size_t got = fread(bytes + size_bytes, 1, room - size_bytes, file);
        if (got == 0) break;
        size_bytes += got;
    }
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed) {
        free(bytes);
        return drp_fail(error, DRUPELET_NO_FILE, "cannot be read (%s)", strerror(failed));
    }
    drupelet_status status = drupelet_model_open(bytes, size_bytes, options, model, error);
    if (status == DRUPELET_OK)
        (*model)->own_bytes = bytes;
    else
        free(bytes);
    return status;
}

static void free_kernel_i8(drp_kernel_i8 *kernel) {
    drp_free(kernel->values);
    drp_free(kernel->sums);
    drp_free(kernel->scales);
}

void drupelet_model_close(drupelet_model *m) {
    if (!m) return;
    for (uint32_t n = 0; m->layers && n < m->layer_count; ++n)
        for (int d = 0; d < 2; ++d) {
            drp_weights *w = &m->layers[n].weights[d];
            free_kernel_i8(&w->kernel_i8);
            free_kernel_i8(&w->recurrent_kernel_i8);
            free_kernel_i8(&w->candidate_kernel_i8);
            drp_free(w->kernel_f32.values);
            drp_free(w->recurrent_kernel_f32.values);
            drp_free(w->candidate_kernel_f32.values);
            drp_free(w->bias);
            drp_free(w->recurrent_bias);
        }
    for (uint32_t n = 0; m->dense && n < m->dense_count; ++n) {
        drp_free(m->dense[n].kernel.values);
        drp_free(m->dense[n].bias);
    }
    for (uint32_t n = 0; n < m->label_count; ++n) drp_free(m->labels[n]);
    drp_free(m->labels);
    drp_free(m->layers);
    drp_free(m->dense);
    drp_free(m->scale_table);
    drp_vocabulary_close(&m->vocabulary);
    free(m->own_bytes);
    drp_free(m);
}

const char *drupelet_model_scheme(const drupelet_model *m) {
    static const char *const names[] = {"f32", "f16", "wi8", "wi4"};
    return names[m->scheme];
}

const char *drupelet_model_tier(const drupelet_model *m) { return m->tier->name; }

uint32_t drupelet_model_units(const drupelet_model *m) { return m->dense[m->dense_count - 1].units; }

uint32_t drupelet_model_classes(const drupelet_model *m) {
    uint32_t units = drupelet_model_units(m);
    return units == 1 ? 2 : units;
}

const char *drupelet_model_label(const drupelet_model *m, uint32_t label) {
    return label < m->label_count ? m->labels[label] : NULL;
}
