/* The sections of a .drupelet file that are no tensors: network and labels (drupelet/model_sections.py). */
#include "model_sections.h"

#include <string.h>

#include "support.h"

enum {
    MAX_LAYERS = 64,
    MAX_LABELS = 4096,
    MAX_LABEL_BYTES = 1024,
    MAX_DIM = 1 << 16,          /* sums of int8 products fit 32 bits: 2^16 * 128 * 127 < 2^31 */
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

/* True when |h| <= 1 for all inputs: then int8 covers the whole range of a state. */
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

/* Decides which kernels multiply integers: those that are stored as integers and whose inputs have a known range. */
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

drupelet_status drp_read_architecture(const drp_section *section, drupelet_model *m, drupelet_error *error) {
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

/* ---- LABL ---- */

/* False for control characters, line and paragraph separators: a label is printed on one line. */
static bool is_printable(const uint8_t *bytes, size_t size_bytes) {
    for (size_t k = 0; k < size_bytes; ++k) {
        if (bytes[k] < 0x20 || bytes[k] == 0x7F) return false;
        if (k + 1 < size_bytes && bytes[k] == 0xC2 && bytes[k + 1] < 0xA0) return false;
        if (k + 2 < size_bytes && bytes[k] == 0xE2 && bytes[k + 1] == 0x80 && (bytes[k + 2] == 0xA8 || bytes[k + 2] == 0xA9))
            return false;
    }
    return size_bytes > 0;
}

drupelet_status drp_read_labels(const drp_section *section, drupelet_model *m, drupelet_error *error) {
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
