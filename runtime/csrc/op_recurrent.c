#include "cell_units.h"
#include "op_support.h"

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

/* True when |h| <= 1 for all inputs: then int8 covers the whole range of a state. An initial state may be larger. */
DRP_RARE static bool is_bounded(const drp_node *node) {
    drp_activation gate = activations[node->attributes[RECURRENT_ACTIVATION]];
    uint32_t cell = node->attributes[CELL];
    bool gate_is_share = drp_is_bounded(gate) && gate != DRP_TANH && gate != DRP_SOFTSIGN && gate != DRP_HARD_TANH;
    if (node->input_count > 1 || !drp_is_bounded(activations[node->attributes[ACTIVATION]])) return false;
    return cell == DRP_RNN || gate_is_share || (gate == DRP_TANH && cell == DRP_LSTM);
}

DRP_RARE static float bound(const drp_node *node, float inputs) {
    (void)inputs;
    if (!is_bounded(node) || node->attributes[RETURNS] == DRP_RETURN_CELL) return 0.0f;
    return node->attributes[MERGE] == DRP_SUM ? 2.0f : 1.0f;
}

static uint32_t gates_of(const drp_node *node) {
    uint32_t cell = node->attributes[CELL];
    return cell == DRP_LSTM ? 4 : cell == DRP_GRU ? 3 : 1;
}

DRP_RARE static void describe(const drp_node *node, bool quantized, drp_layer *layer) {
    const uint32_t *a = node->attributes;
    layer->cell = (drp_cell)a[CELL];
    layer->merge = (drp_merge)a[MERGE];
    layer->returns = (drp_returns)a[RETURNS];
    layer->input_dim = node->inputs[0].width;
    layer->units = a[UNITS];
    layer->activation = activations[a[ACTIVATION]];
    layer->recurrent_activation = activations[a[RECURRENT_ACTIVATION]];
    layer->reset_after = a[RESET_AFTER] == 1;
    layer->gates = gates_of(node);
    layer->panels = drp_panels(layer->units);
    layer->output_dim = node->type.width;
    layer->direction_count = a[DIRECTION] == DRP_BIDIRECTIONAL ? 2 : 1;
    layer->backward[0] = a[DIRECTION] == DRP_BACKWARD;
    layer->backward[1] = true;
    layer->recurrent_i8 = quantized && is_bounded(node);
    layer->input_i8 = quantized && (node->reads_rows || (node->input_bound > 0.0f && layer->input_dim <= MAX_INPUT_I8));
    layer->input_factor = node->reads_rows ? 1.0f : 127.0f / (node->input_bound > 0.0f ? node->input_bound : 127.0f);
}

/* The tier's step in int16: for states that int8 covers, the usual functions, and a GRU that resets after its product. */
DRP_RARE static drp_step_i16 int16_step(const drp_layer *layer, const drp_tier *tier) {
    if (!layer->recurrent_i8 || layer->activation != DRP_TANH || layer->recurrent_activation != DRP_SIGMOID ||
        layer->returns == DRP_RETURN_CELL)
        return NULL;
    return layer->cell == DRP_LSTM ? tier->lstm_step_i16 : layer->reset_after ? tier->gru_step_i16 : NULL;
}

/* The recurrent kernels of a layer that is computed in floats. */
DRP_RARE static bool pack_recurrent(drp_tensors *tensors, const drp_layer *layer, drp_columns *columns, float state_scale,
                                    drp_weights *weights) {
    bool splits = layer->cell == DRP_GRU && !layer->reset_after;
    if (splits) columns->gates = 2; /* update and reset; the candidate reads a state that the reset gate has changed */
    if (!drp_pack(tensors, columns, layer->recurrent_i8, state_scale, &weights->recurrent_kernel_i8,
                  &weights->recurrent_kernel_f32))
        return false;
    if (splits) {
        columns->first_gate = 2;
        columns->gates = 1;
        if (!drp_pack(tensors, columns, layer->recurrent_i8, state_scale, &weights->candidate_kernel_i8,
                      &weights->candidate_kernel_f32))
            return false;
        columns->first_gate = 0;
        columns->gates = layer->gates;
    }
    return true;
}

DRP_RARE static bool prepare_direction(drp_tensors *tensors, const drp_layer *layer, const char *const roles[3],
                                       drp_weights *weights) {
    drp_columns columns = {.units = layer->units, .all_gates = layer->gates, .gates = layer->gates};
    const float state_scale = 1.0f / 127.0f;
    if (!drp_take_columns(tensors, roles[0], layer->input_dim, &columns) ||
        /* An embedding row brings its own scale; the bound of an input is 127. */
        !drp_pack(tensors, &columns, layer->input_i8, 1.0f / layer->input_factor, &weights->kernel_i8, &weights->kernel_f32) ||
        (layer->input_i8 && !drp_leave_out(tensors, &weights->kernel_i8)) ||
        !drp_take_columns(tensors, roles[1], layer->units, &columns))
        return false;
    if (!(layer->step_i16 ? drp_pack_cell(tensors, &columns, state_scale, &weights->cell_i16)
                          : pack_recurrent(tensors, layer, &columns, state_scale, weights)))
        return false;
    if (!drp_take_bias(tensors, roles[2], layer->reset_after ? 2 : 0, &columns)) return false;
    weights->bias = drp_pack_floats(tensors, &columns, 0);
    weights->recurrent_bias =
        layer->reset_after ? drp_pack_floats(tensors, &columns, 1)
                           : drp_take_memory(tensors, (size_t)layer->panels * layer->gates * DRP_LANES * sizeof(float));
    return weights->bias && weights->recurrent_bias;
}

static const char *const roles[2][3] = {{"forward.kernel", "forward.recurrent_kernel", "forward.bias"},
                                        {"backward.kernel", "backward.recurrent_kernel", "backward.bias"}};

DRP_RARE static bool prepare_directions(drp_tensors *tensors, drp_layer *layer) {
    for (uint32_t d = 0; d < layer->direction_count; ++d)
        if (!prepare_direction(tensors, layer, roles[layer->backward[d]], &layer->weights[d])) return false;
    return true;
}

/* Whether int16 cells answer like those of floats, in all directions. */
DRP_RARE static bool choose_units(drp_tensors *tensors, drp_layer *layer) {
    const drp_tier *tier = tensors->tier;
    for (uint32_t d = 0; d < layer->direction_count; ++d) {
        drp_weights *w = &layer->weights[d];
        if (!drp_choose_units(&w->cell_i16, layer->units, tier->interleaved, w->bias,
                              layer->reset_after ? w->recurrent_bias : NULL))
            return false;
    }
    for (uint32_t d = 0; d < layer->direction_count; ++d)
        if (!drp_leave_out(tensors, &layer->weights[d].cell_i16.products)) return false;
    return true;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    drp_layer *layer = drp_node_memory(node, tensors, sizeof *layer);
    if (!layer) return false;
    describe(node, tensors->kernels == DRP_INT8, layer);
    layer->step_i16 = int16_step(layer, tensors->tier);
    uint32_t taken = tensors->taken;
    if (!prepare_directions(tensors, layer)) return false;
    if (!layer->step_i16 || choose_units(tensors, layer)) return true;
    layer->step_i16 = NULL; /* everything once more, for floats */
    tensors->taken = taken;
    return prepare_directions(tensors, layer);
}

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    const uint32_t *a = node->attributes;
    uint64_t step = ((uint64_t)node->inputs[0].width + a[UNITS]) * gates_of(node) * a[UNITS];
    return drp_times(step, drp_times(a[DIRECTION] == DRP_BIDIRECTIONAL ? 2 : 1, drp_steps_in(&node->inputs[0], tokens)));
}

DRP_RARE static uint64_t laid_out(const drp_node *node) {
    const uint32_t *a = node->attributes;
    uint64_t rows = (uint64_t)node->inputs[0].width + a[UNITS] + 2; /* two biases */
    return drp_times(rows, (a[DIRECTION] == DRP_BIDIRECTIONAL ? 2 : 1) * gates_of(node) * drp_padded(a[UNITS]));
}

const drp_operation drp_op_recurrent = {
    .name = "recurrent", .attribute_count = ATTRIBUTES, .infer = infer, .work = work, .laid_out = laid_out, .bound = bound, .prepare = prepare};
