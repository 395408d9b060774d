#include <stdio.h>

#include "model.h"
#include "op_support.h"
#include "packing.h"

enum { CELL, DIRECTION, MERGE, UNITS, ACTIVATION, RECURRENT_ACTIVATION, RESET_AFTER, RETURNS, ATTRIBUTES };
enum { MAX_UNITS = 1 << 16, /* sums of int8 products fit 32 bits: 2^16 * 128 * 127 < 2^31 */ MAX_INPUT_I8 = 1 << 16 };

/* RECURRENT_ACTIVATIONS of drupelet/operations/activation_names.py: those without parameters, then elu. */
static const drp_activation activations[] = {
    DRP_LINEAR,      DRP_RELU,      DRP_TANH,        DRP_SIGMOID,     DRP_HARD_SIGMOID, DRP_SELU,        DRP_SILU,
    DRP_SOFTSIGN,    DRP_HARD_SIGMOID_2, DRP_RELU6,  DRP_SOFTPLUS,    DRP_GELU,         DRP_GELU_TANH,   DRP_EXPONENTIAL,
    DRP_MISH,        DRP_LOG_SIGMOID, DRP_HARD_SILU, DRP_HARD_TANH,   DRP_TANH_SHRINK,  DRP_SPARSE_PLUS, DRP_SPARSE_SIGMOID,
    DRP_ELU};
enum { LINEAR_CODE, ACTIVATION_COUNT = sizeof activations / sizeof *activations };

DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    const uint32_t *a = node->attributes;
    if (a[CELL] > DRP_RNN || a[DIRECTION] > DRP_BIDIRECTIONAL || a[MERGE] > DRP_AVE || a[RESET_AFTER] > 1 ||
        a[RETURNS] > DRP_RETURN_CELL || a[ACTIVATION] >= ACTIVATION_COUNT || a[RECURRENT_ACTIVATION] >= ACTIVATION_COUNT)
        return "an unknown cell, direction, merge, activation or result";
    if (a[UNITS] < 1 || a[UNITS] > MAX_UNITS) return "units out of range";
    if ((a[DIRECTION] == DRP_BIDIRECTIONAL) != (a[MERGE] != DRP_MERGE_NONE))
        return "only bidirectional layers merge, and they must";
    if (a[RESET_AFTER] && a[CELL] != DRP_GRU) return "reset_after, which only a GRU has";
    if (a[CELL] == DRP_RNN && a[RECURRENT_ACTIVATION] != LINEAR_CODE) return "a recurrent activation, which it does not have";
    if (a[CELL] != DRP_LSTM && a[RETURNS] == DRP_RETURN_CELL) return "returns a cell, which only an LSTM has";
    uint32_t states = a[CELL] == DRP_LSTM ? 2 : 1;
    if (node->input_count != 1 && (node->input_count != 1 + states || a[DIRECTION] == DRP_BIDIRECTIONAL))
        return "another number of inputs than steps and perhaps initial states of one direction";
    if (node->inputs[0].kind != DRP_STEPS) return "an input that is not steps";
    for (uint32_t n = 1; n < node->input_count; ++n)
        if (node->inputs[n].kind != DRP_VECTOR || node->inputs[n].width != a[UNITS])
            return "an initial state that is not a vector of its units";
    uint32_t width = a[MERGE] == DRP_CONCAT ? 2 * a[UNITS] : a[UNITS];
    *output = a[RETURNS] == DRP_RETURN_STEPS ? (drp_type){DRP_STEPS, node->inputs[0].length, width}
                                             : (drp_type){DRP_VECTOR, 1, width};
    return NULL;
}

/* True when |h| <= 1 for all inputs: then int8 covers the whole range of a state. */
DRP_RARE static bool is_bounded(const drp_layer *layer) {
    drp_activation gate = layer->recurrent_activation, state = layer->activation;
    bool state_bounded = drp_is_bounded(state);
    bool gate_is_share = gate == DRP_SIGMOID || gate == DRP_HARD_SIGMOID || gate == DRP_HARD_SIGMOID_2 ||
                         gate == DRP_SPARSE_SIGMOID; /* 0 to 1; a GRU mixes with 1 - gate */
    if (layer->cell == DRP_RNN) return state_bounded;
    return state_bounded && (gate_is_share || (gate == DRP_TANH && layer->cell == DRP_LSTM));
}

DRP_RARE static void describe(const drp_node *node, bool quantized, bool reads_rows, float input_bound, drp_layer *layer) {
    const uint32_t *a = node->attributes;
    layer->cell = (drp_cell)a[CELL];
    layer->merge = (drp_merge)a[MERGE];
    layer->returns = (drp_returns)a[RETURNS];
    layer->input_dim = node->inputs[0].width;
    layer->units = a[UNITS];
    layer->activation = activations[a[ACTIVATION]];
    layer->recurrent_activation = activations[a[RECURRENT_ACTIVATION]];
    layer->reset_after = a[RESET_AFTER] == 1;
    layer->gates = layer->cell == DRP_LSTM ? 4 : layer->cell == DRP_GRU ? 3 : 1;
    layer->panels = drp_panels(layer->units);
    layer->output_dim = node->type.width;
    layer->direction_count = a[DIRECTION] == DRP_BIDIRECTIONAL ? 2 : 1;
    layer->backward[0] = a[DIRECTION] == DRP_BACKWARD;
    layer->backward[1] = true;
    /* An initial state comes from anywhere, and may be larger than 1. */
    layer->recurrent_i8 = quantized && is_bounded(layer) && node->input_count == 1;
    layer->quick = layer->recurrent_i8 && layer->cell == DRP_LSTM && layer->activation == DRP_TANH &&
                   layer->recurrent_activation == DRP_SIGMOID && layer->returns != DRP_RETURN_CELL;
    layer->input_i8 = quantized && (reads_rows || (input_bound > 0.0f && layer->input_dim <= MAX_INPUT_I8));
    layer->input_factor = reads_rows ? 1.0f : 127.0f / (input_bound > 0.0f ? input_bound : 127.0f);
}

/* Stands in for a bias of zero in the candidate of a quick layer. Without biases, a layer that reads zeros (an embedding
 * row of zeros for padding) halves its cell at every step, and after 126 steps the cell is subnormal: 32-bit NEON computes
 * with zero there, other processors do not, and x86 is far slower. With this bias the cell settles at its value, which
 * is too small to change any sum that matters; its square, which a merge by multiplication computes, is still normal. */
#define RESTING_BIAS 1e-16f

DRP_RARE static void keep_cell_normal(const drp_layer *layer, float *bias) {
    for (uint32_t unit = 0; unit < layer->units; ++unit) {
        float *candidate = bias + ((size_t)(unit / DRP_LANES) * 4 + 2) * DRP_LANES + unit % DRP_LANES;
        if (*candidate == 0.0f) *candidate = RESTING_BIAS;
    }
}

/* Finds a tensor (rows, units * all gates) of a direction: a kernel and its scales, or, of a bias, (units * all gates) where
 * rows is 0. */
DRP_RARE static bool take(drp_tensors *tensors, const char *direction, const char *part, uint32_t rows, drp_columns *columns) {
    char role[DRP_NAME_BYTES];
    snprintf(role, sizeof role, "%s.%s", direction, part);
    uint32_t width = columns->units * columns->all_gates;
    bool is_bias = strcmp(part, "bias") == 0;
    columns->values = is_bias ? drp_take_tensor(tensors, role, "", DRP_FLOAT32, rows, width)
                              : drp_take_kernel(tensors, role, rows, width, &columns->scales);
    return columns->values != NULL;
}

DRP_RARE static bool pack(drp_tensors *tensors, const drp_columns *columns, bool as_i8, float input_scale, drp_kernel_i8 *i8,
                          drp_kernel_f32 *f32) {
    return as_i8 ? drp_pack_i8(tensors, columns, input_scale, i8) : drp_pack_f32(tensors, columns, f32);
}

DRP_RARE static bool prepare_direction(drp_tensors *tensors, const drp_layer *layer, const char *direction,
                                       drp_weights *weights) {
    drp_columns columns = {.units = layer->units, .all_gates = layer->gates, .gates = layer->gates};
    /* The quick cell expects its sigmoid gates (input, forget, output; not the candidate, number 2) halved. */
    columns.half_gates = layer->quick ? 0xB : 0;
    if (!take(tensors, direction, "kernel", layer->input_dim, &columns) ||
        /* An embedding row brings its own scale; the bound of an input is 127. */
        !pack(tensors, &columns, layer->input_i8, 1.0f / layer->input_factor, &weights->kernel_i8, &weights->kernel_f32) ||
        !take(tensors, direction, "recurrent_kernel", layer->units, &columns))
        return false;
    const float state_scale = 1.0f / 127.0f;
    bool splits = layer->cell == DRP_GRU && !layer->reset_after;
    if (splits) columns.gates = 2; /* update and reset; the candidate reads a state that the reset gate has changed */
    if (!pack(tensors, &columns, layer->recurrent_i8, state_scale, &weights->recurrent_kernel_i8,
              &weights->recurrent_kernel_f32))
        return false;
    if (splits) {
        columns.first_gate = 2;
        columns.gates = 1;
        if (!pack(tensors, &columns, layer->recurrent_i8, state_scale, &weights->candidate_kernel_i8,
                  &weights->candidate_kernel_f32))
            return false;
        columns.first_gate = 0;
        columns.gates = layer->gates;
    }
    if (!take(tensors, direction, "bias", layer->reset_after ? 2 : 0, &columns)) return false;
    size_t floats = (size_t)layer->panels * layer->gates * DRP_LANES;
    weights->bias = drp_pack_bias(tensors, &columns, 0);
    weights->recurrent_bias = layer->reset_after ? drp_pack_bias(tensors, &columns, 1)
                                                 : drp_take_memory(tensors, floats, sizeof *weights->recurrent_bias);
    if (!weights->bias || !weights->recurrent_bias) return false;
    if (layer->quick) keep_cell_normal(layer, weights->bias);
    return true;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    drp_layer *layer = drp_node_memory(node, tensors, sizeof *layer);
    if (!layer) return false;
    describe(node, tensors->kernels == DRP_INT8, tensors->reads_rows, tensors->input_bound, layer);
    if (is_bounded(layer) && node->input_count == 1 && layer->returns != DRP_RETURN_CELL)
        node->bound = layer->merge == DRP_SUM ? 2.0f : 1.0f;
    for (uint32_t d = 0; d < layer->direction_count; ++d)
        if (!prepare_direction(tensors, layer, layer->backward[d] ? "backward" : "forward", &layer->weights[d])) return false;
    return true;
}

const drp_operation drp_op_recurrent = {
    .name = "recurrent", .attribute_count = ATTRIBUTES, .infer = infer, .prepare = prepare};
