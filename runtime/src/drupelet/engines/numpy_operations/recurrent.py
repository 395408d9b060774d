"""An LSTM, GRU or simple recurrent layer, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drupelet.engines.numpy_activations import Activation
    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.recurrent import Recurrent


BLOCK_STEPS = 1024
"""Most steps whose inputs are multiplied at a time. The products of all gates take several times the memory of the states."""
BLOCK_BYTES = 1 << 24
"""Most bytes of these products, where a step alone does not take more: 1,024 steps of 1,024 units with four gates."""


def run_layer(operation: Recurrent, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (length, output width) in the order of the text, or the vector of the last state or cell.

    Besides its result and its inputs it takes the memory of one block of steps, whatever the length of the text.
    """
    import numpy as np

    steps, *initial = inputs
    if operation.returns != "steps":
        ends = [run_direction(operation, weights, way, steps, initial) for way in operation.passes]
        lasts = [c if operation.returns == "cell" else h for h, c in ends]
        return np.concatenate(lasts) if operation.merge == "concat" else _merged(operation.merge, *lasts)
    result = np.empty((len(steps), operation.output_width), np.float32)
    first, second = result[:, : operation.units], result[:, -operation.units :]

    def keep_first(start: int, states: Array) -> None:
        first[start : start + len(states)] = states

    def keep_second(start: int, states: Array) -> None:
        held = second[start : start + len(states)]
        held[:] = states if operation.merge == "concat" else _merged(operation.merge, held, states)

    for way, keep in zip(operation.passes, (keep_first, keep_second)):
        run_direction(operation, weights, way, steps, initial, keep)
    return result


def run_direction(
    layer: Recurrent,
    weights: Mapping[str, Array],
    way: str,
    steps: Array,
    initial: Sequence[Array],
    keep: Callable[[int, Array], None] | None = None,
) -> tuple[Array, Array]:
    """The state and the cell (units,) after the last step that the direction reads; the initial ones where there is no step.

    ``keep`` gets the states (count, units) after ``count`` steps, in text order, with the number of the first of these steps.
    """
    import numpy as np

    from drupelet.engines.numpy_activations import function_of

    kernel, recurrent_kernel, bias = (weights[f"{way}.{role}"] for role in ("kernel", "recurrent_kernel", "bias"))
    cell = {"lstm": _lstm, "rnn": _rnn, "gru": _gru_reset_after if layer.reset_after else _gru_reset_before}[layer.cell]
    activation, gate = function_of(layer.activation), function_of(layer.recurrent_activation)
    forward = way == "forward"
    h = c = np.zeros(layer.units, np.float32)
    if initial:
        h, c = initial[0], initial[-1]
    block = min(BLOCK_STEPS, max(1, BLOCK_BYTES // (kernel.shape[1] * kernel.itemsize)))
    starts = range(0, len(steps), block)
    for start in starts if forward else reversed(starts):
        of_inputs = steps[start : start + block] @ kernel + (bias[0] if layer.reset_after else bias)
        states = np.empty((len(of_inputs), layer.units), np.float32) if keep else None
        for place in range(len(of_inputs)) if forward else reversed(range(len(of_inputs))):
            h, c = cell(of_inputs[place], h, c, recurrent_kernel, bias, activation, gate)
            if states is not None:
                states[place] = h
        if keep and states is not None:
            keep(start, states)
    return h, c


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


def _merged(merge: str, forward: Array, *backward: Array) -> Array:
    """What the states of one direction, or of both, become where they are not put side by side."""
    if not backward:
        return forward
    if merge == "mul":
        return forward * backward[0]
    return (forward + backward[0]) / 2 if merge == "ave" else forward + backward[0]
