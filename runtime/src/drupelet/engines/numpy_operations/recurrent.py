"""An LSTM, GRU or simple recurrent layer, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_activations import Activation
    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.recurrent import Recurrent


BLOCK_STEPS = 1024
"""Steps whose inputs are multiplied at a time. The products of all gates take several times the memory of the states."""


def run_layer(operation: Recurrent, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length, output width) in the order of the text, or the vector of the last state or cell."""
    steps, *initial = inputs
    outputs = []
    for way in operation.passes:
        states, cell = run_direction(operation, weights, way, steps, initial)
        # The first state of a forward pass and the last of a backward pass is the initial state.
        after, last = (states[1:], states[-1]) if way == "forward" else (states[:-1], states[0])
        outputs.append({"steps": after, "last": last, "cell": cell}[operation.returns])
    return _merged(operation.merge, outputs)


def run_direction(
    layer: Recurrent, weights: Mapping[str, Array], way: str, steps: Array, initial: Sequence[Array]
) -> tuple[Array, Array]:
    """The states of one direction, (length + 1, units), in text order, with the initial state at its start; and its last c."""
    import numpy as np

    from drupelet.engines.numpy_activations import function_of

    kernel, recurrent_kernel, bias = (weights[f"{way}.{role}"] for role in ("kernel", "recurrent_kernel", "bias"))
    cell = {"lstm": _lstm, "rnn": _rnn, "gru": _gru_reset_after if layer.reset_after else _gru_reset_before}[layer.cell]
    activation, gate = function_of(layer.activation), function_of(layer.recurrent_activation)
    forward = way == "forward"
    states = np.zeros((len(steps) + 1, layer.units), np.float32)
    h = c = np.zeros(layer.units, np.float32)
    if initial:
        h, c = initial[0], initial[-1]
    states[0 if forward else -1] = h
    starts = range(0, len(steps), BLOCK_STEPS)
    for start in starts if forward else reversed(starts):
        of_inputs = steps[start : start + BLOCK_STEPS] @ kernel + (bias[0] if layer.reset_after else bias)
        for place in range(len(of_inputs)) if forward else reversed(range(len(of_inputs))):
            h, c = cell(of_inputs[place], h, c, recurrent_kernel, bias, activation, gate)
            states[start + place + (1 if forward else 0)] = h
    return states, c


def _lstm(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One LSTM step; gate order input, forget, cell, output (Keras).

    The gate is computed of all four, the cell's for nothing: calls of numpy take the time here, not numbers.
    """
    units = len(h)
    z = x + h @ recurrent_kernel
    gates = gate(z)
    c = gates[units : 2 * units] * c + gates[:units] * activation(z[2 * units : 3 * units])
    return gates[3 * units :] * activation(c), c


def _gru_reset_after(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One GRU step, the reset gate applied after the matrix product; gate order update, reset, candidate (Keras)."""
    units = len(h)
    from_state = h @ recurrent_kernel + bias[1]
    gates = gate(x[: 2 * units] + from_state[: 2 * units])
    z, r = gates[:units], gates[units:]
    candidate = activation(x[2 * units :] + r * from_state[2 * units :])
    return z * h + (1 - z) * candidate, c


def _gru_reset_before(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One GRU step, the reset gate applied to the state before the matrix product."""
    units = len(h)
    gates = gate(x[: 2 * units] + h @ recurrent_kernel[:, : 2 * units])
    z, r = gates[:units], gates[units:]
    candidate = activation(x[2 * units :] + (r * h) @ recurrent_kernel[:, 2 * units :])
    return z * h + (1 - z) * candidate, c


def _rnn(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One step of a simple recurrent layer."""
    return activation(x + h @ recurrent_kernel), c


def _merged(merge: str, outputs: list[Array]) -> Array:
    import numpy as np

    if merge == "none":
        return outputs[0]
    if merge == "concat":
        return np.concatenate(outputs, axis=-1)
    forward, backward = outputs
    if merge == "mul":
        return forward * backward
    return (forward + backward) / 2 if merge == "ave" else forward + backward
