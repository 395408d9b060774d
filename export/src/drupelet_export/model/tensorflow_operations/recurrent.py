"""Recurrent layers: one matrix product for all inputs, then a while loop over the steps.

The loop returns its results as values and keeps no state between calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.model.quantized import values_of
from drupelet_export.model.tensorflow_operations.activation import activated
from drupelet_export.model.tensorflow_operations.call import Call, Weights
from drupelet_export.model.tensorflow_operations.reduce import finished

BLOCK_STEPS = 64
"""Number of steps whose outputs are collected before they join the sequence. A TFLite loop copies its variables in every turn:
collecting n steps one by one copies n^2 / 2 rows, in blocks n * (BLOCK_STEPS + n / BLOCK_STEPS) / 2."""

Tensor = Any
State = tuple[Tensor, ...]


def recurrent(operation: Recurrent, call: Call) -> Tensor:
    """Steps (length, width) -> the states (length, output), or the last ones (1, output)."""
    runs = _runs(operation, call)
    if operation.returns == "steps":
        return _merged(operation.merge, [_sequence(run) for run in runs], call.one)
    place = {"last": 0, "cell": 1}[operation.returns]
    return _merged(operation.merge, [_last(run)[place] for run in runs], call.one)


def can_pool(operation: Recurrent, pooling: Reduce) -> bool:
    """Whether :func:`recurrent_pooled` can pool the states of the layer inside its loop.

    The directions are pooled one by one. The maximum of a sum, for example, is not the sum of maxima.
    """
    if operation.returns != "steps" or pooling.function not in ("max", "average", "sum"):
        return False
    return operation.merge in ("none", "concat") or (pooling.function != "max" and operation.merge in ("sum", "ave"))


def recurrent_pooled(operation: Recurrent, pooling: Reduce, call: Call) -> Tensor:
    """The pooled states, (1, output), without collecting them."""
    import tensorflow as tf

    pooled = [_pooled(run, pooling.function == "max") for run in _runs(operation, call)]
    return finished(pooling, _merged(operation.merge, pooled, call.one), tf.shape(call.inputs[0])[0], call.one)


@dataclass(frozen=True)
class _Run:
    """One direction: ``step`` (turn, state) -> state, the number of turns, and the state before the first one."""

    step: Callable[..., State]
    count: Tensor
    initial: State
    units: int
    backward: bool


def _runs(operation: Recurrent, call: Call) -> list[_Run]:
    return [_run(operation, direction, call) for direction in operation.passes]


def _run(operation: Recurrent, direction: str, call: Call) -> _Run:
    import tensorflow as tf

    steps, *initial = call.inputs
    kernel, bias = call.weights[f"{direction}.kernel"], values_of(call.weights.stored[f"{direction}.bias"])
    input_bias = call.weights.part(f"{direction}.bias", "input", bias[0] if operation.reset_after else bias)
    inputs = tf.matmul(steps, kernel) + input_bias
    count = tf.shape(steps)[0]
    cell = _cell(operation, direction, call.weights)
    backward = direction == "backward"

    def step(t: Tensor, *state: Tensor) -> State:
        place = count - 1 - t if backward else t
        return cell(tf.gather(inputs, [place]), *state)

    if not initial:
        zeros = tf.zeros([1, operation.units])
        initial = [zeros, zeros] if operation.cell == "lstm" else [zeros]
    return _Run(step, count, tuple(initial), operation.units, backward)


def _last(run: _Run) -> State:
    """The state after the last step, (1, units) each."""
    import tensorflow as tf

    def body(t: Tensor, *state: Tensor) -> State:
        return (t + 1, *run.step(t, *state))

    return tuple(tf.while_loop(lambda t, *_: t < run.count, body, [0, *run.initial])[1:])


def _pooled(run: _Run, is_max: bool) -> Tensor:
    """The maximum or the sum over the states, (1, units)."""
    import tensorflow as tf

    first = tf.fill([1, run.units], tf.float32.min) if is_max else tf.zeros([1, run.units])

    def body(t: Tensor, pooled: Tensor, *state: Tensor) -> State:
        after = run.step(t, *state)
        return (t + 1, tf.maximum(pooled, after[0]) if is_max else pooled + after[0], *after)

    return tf.while_loop(lambda t, *_: t < run.count, body, [0, first, *run.initial])[1]


def _sequence(run: _Run) -> Tensor:
    """The states, (length, units), in the order of the text."""
    import tensorflow as tf

    units = run.units
    shapes = [tf.TensorShape([]), tf.TensorShape([None, units]), *(tf.TensorShape([1, units]) for _ in run.initial)]

    def join(collected: Tensor, more: Tensor) -> Tensor:
        return tf.concat([more, collected] if run.backward else [collected, more], axis=0)

    def inner(t: Tensor, block: Tensor, *state: Tensor) -> State:
        after = run.step(t, *state)
        return (t + 1, join(block, after[0]), *after)

    def outer(t: Tensor, collected: Tensor, *state: Tensor) -> State:
        end = tf.minimum(t + BLOCK_STEPS, run.count)
        t, block, *after = tf.while_loop(lambda t, *_: t < end, inner, [t, empty_row, *state], shape_invariants=shapes)
        return (t, join(collected, block[:-1] if run.backward else block[1:]), *after)

    # TFLite cannot carry a tensor without rows through a loop, so each collection starts with a row that is cut off later.
    empty_row = tf.zeros([1, units])
    variables = [0, empty_row, *run.initial]
    collected = tf.while_loop(lambda t, *_: t < run.count, outer, variables, shape_invariants=shapes)[1]
    return collected[:-1] if run.backward else collected[1:]


def _cell(operation: Recurrent, direction: str, weights: Weights) -> Callable[..., State]:
    import tensorflow as tf

    role = f"{direction}.recurrent_kernel"
    units = operation.units

    def activation(x: Tensor) -> Tensor:
        return activated(operation.activation, x)

    def gate(x: Tensor) -> Tensor:
        return activated(operation.recurrent_activation, x)

    if operation.cell == "gru" and not operation.reset_after:
        gates_kernel = weights.columns(role, 0, 2 * units)
        candidate_kernel = weights.columns(role, 2 * units, 3 * units)

        def gru_reset_before(x: Tensor, h: Tensor) -> State:
            xz, xr, xh = tf.split(x, 3, axis=1)
            hz, hr = tf.split(tf.matmul(h, gates_kernel), 2, axis=1)
            z = gate(xz + hz)
            return (z * h + (1.0 - z) * activation(xh + tf.matmul(gate(xr + hr) * h, candidate_kernel)),)

        return gru_reset_before
    kernel = weights[role]
    if operation.cell == "gru":
        name = f"{direction}.bias"
        bias = weights.part(name, "recurrent", values_of(weights.stored[name])[1])

        def gru_reset_after(x: Tensor, h: Tensor) -> State:
            xz, xr, xh = tf.split(x, 3, axis=1)
            hz, hr, hh = tf.split(tf.matmul(h, kernel) + bias, 3, axis=1)
            z = gate(xz + hz)
            return (z * h + (1.0 - z) * activation(xh + gate(xr + hr) * hh),)

        return gru_reset_after
    if operation.cell == "rnn":
        return lambda x, h: (activation(x + tf.matmul(h, kernel)),)

    def lstm(x: Tensor, h: Tensor, c: Tensor) -> State:
        i, f, g, o = tf.split(x + tf.matmul(h, kernel), 4, axis=1)
        c = gate(f) * c + gate(i) * activation(g)
        return gate(o) * activation(c), c

    return lstm


def _merged(merge: str, parts: Sequence[Tensor], one: Tensor) -> Tensor:
    import tensorflow as tf

    if merge == "none":
        return parts[0]
    if merge == "concat":
        return tf.concat(parts, axis=-1)
    forward, backward = parts
    if merge == "mul":
        return forward * backward
    return (forward + backward) * (one * 0.5) if merge == "ave" else forward + backward
