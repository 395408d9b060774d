"""LSTM, GRU and simple recurrent layers, step by step, with masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from drupelet.operations.recurrent import Recurrent
from drupelet_export.model.oracle.activation import activated
from drupelet_export.model.oracle.call import Call, Values


def recurrent(operation: Recurrent, call: Call) -> Values:
    """Steps (length, width) -> the states (length, output), or the last ones. A masked step keeps the state."""
    runs = [_run(operation, direction, call) for direction in operation.passes]
    place = {"steps": 0, "last": 1, "cell": 2}[operation.returns]
    return _merged(operation.merge, [run[place] for run in runs])


def _run(operation: Recurrent, direction: str, call: Call) -> tuple[Values, Values, Values]:
    """The outputs of one direction, in the order of the text, and its last h and c."""
    steps, *initial = call.inputs
    zeros = np.zeros(operation.units)
    h, c = (*initial, zeros, zeros)[:2]
    mask = np.ones(len(steps), bool) if call.mask is None else call.mask
    prefix = f"{direction}."
    weights = {role.removeprefix(prefix): held for role, held in call.weights.items() if role.startswith(prefix)}
    outputs = np.zeros((len(steps), operation.units))
    seen = False
    for t in range(len(steps)) if direction == "forward" else reversed(range(len(steps))):
        if mask[t]:
            h, c = _step(operation, weights, steps[t], h, c)
            seen = True
        # Before its first output a masked layer repeats zeros, whatever its initial state is.
        outputs[t] = h if mask[t] or (seen and not call.zero_output) else 0
    return outputs, h, c


def _step(
    operation: Recurrent, weights: Mapping[str, Values], x: Values, h: Values, c: Values
) -> tuple[Values, Values]:
    kernel, recurrent_kernel, bias = weights["kernel"], weights["recurrent_kernel"], weights["bias"]

    def activation(z: Values) -> Values:
        return activated(operation.activation, z)

    def gate(z: Values) -> Values:
        return activated(operation.recurrent_activation, z)

    if operation.cell == "rnn":
        return activation(x @ kernel + h @ recurrent_kernel + bias), c
    if operation.cell == "lstm":
        i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
        c = gate(f) * c + gate(i) * activation(g)
        return gate(o) * activation(c), c
    units = operation.units
    if operation.reset_after:
        xz, xr, xh = np.split(x @ kernel + bias[0], 3)
        hz, hr, hh = np.split(h @ recurrent_kernel + bias[1], 3)
        z = gate(xz + hz)
        candidate = activation(xh + gate(xr + hr) * hh)
    else:
        xz, xr, xh = np.split(x @ kernel + bias, 3)
        hz, hr = np.split(h @ recurrent_kernel[:, : 2 * units], 2)
        z = gate(xz + hz)
        candidate = activation(xh + (gate(xr + hr) * h) @ recurrent_kernel[:, 2 * units :])
    return z * h + (1 - z) * candidate, c


def _merged(merge: str, parts: Sequence[Values]) -> Values:
    if merge == "none":
        return parts[0]
    if merge == "concat":
        return np.concatenate(parts, axis=-1)
    forward, backward = parts
    return {"sum": forward + backward, "ave": (forward + backward) / 2, "mul": forward * backward}[merge]
