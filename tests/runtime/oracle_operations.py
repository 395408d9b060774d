"""Every operation in plain Python and float64, written from docs/format.md and Keras's definitions.

A function takes the operation, its inputs as rows (a vector is one row, ids are rows of one number), the types of the inputs,
its tensors by role, and the number of tokens of the text; it gives rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import mul
from typing import Any

from drupelet.operations.value_type import ValueType

Vector = list[float]
Matrix = list[Vector]
Weights = Mapping[str, Matrix]
Types = Sequence[ValueType]
Function = Callable[[Any, Sequence[Matrix], Types, Weights, int], Matrix]


def _embedding(_operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    return [weights["table"][int(row)] for (row,) in inputs[0]]


def _recurrent(operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    initial = [state[0] for state in inputs[1:]]
    ways = ("forward", "backward") if operation.direction == "bidirectional" else (operation.direction,)
    runs = [_run(operation, way, weights, inputs[0], initial) for way in ways]
    if operation.returns == "steps":
        return [_merged(operation.merge, outputs) for outputs in zip(*(outputs for outputs, _, _ in runs))]
    return [_merged(operation.merge, [c if operation.returns == "cell" else h for _, h, c in runs])]


def _run(
    layer: Any, way: str, weights: Weights, steps: Matrix, initial: Sequence[Vector]
) -> tuple[Matrix, Vector, Vector]:
    """The outputs of one direction in the order of the text, its last state and its last cell."""
    zeros = [0.0] * layer.units
    h, c = [*initial, zeros, zeros][:2] if len(initial) != 1 else [initial[0], zeros]
    outputs: Matrix = []
    parts = {part: weights[f"{way}.{part}"] for part in ("kernel", "recurrent_kernel", "bias")}
    for x in steps if way == "forward" else reversed(steps):
        h, c = _step(layer, parts, x, h, c)
        outputs.append(h)
    return (outputs if way == "forward" else outputs[::-1]), h, c


def _step(layer: Any, parts: Weights, x: Vector, h: Vector, c: Vector) -> tuple[Vector, Vector]:
    """State and cell after one step. Gate order: LSTM input, forget, cell, output; GRU update, reset, candidate."""
    activation, gate = FUNCTIONS[layer.activation](1.0, 0.0, 0.0), FUNCTIONS[layer.recurrent_activation](1.0, 0.0, 0.0)
    kernel, recurrent, bias = parts["kernel"], parts["recurrent_kernel"], parts["bias"]
    units = layer.units
    of_input = _sum(_product(x, kernel), bias[0])
    if layer.cell == "rnn":
        return [activation(value) for value in _sum(of_input, _product(h, recurrent))], c
    if layer.cell == "lstm":
        total = _sum(of_input, _product(h, recurrent))
        i, f, g, o = (total[start : start + units] for start in range(0, 4 * units, units))
        c = [gate(f[n]) * c[n] + gate(i[n]) * activation(g[n]) for n in range(units)]
        return [gate(o[n]) * activation(c[n]) for n in range(units)], c
    if layer.reset_after:
        of_state = _sum(_product(h, recurrent), bias[1])
        r = [gate(of_input[units + n] + of_state[units + n]) for n in range(units)]
        of_candidate = [r[n] * of_state[2 * units + n] for n in range(units)]
    else:
        of_state = _product(h, [row[: 2 * units] for row in recurrent])
        r = [gate(of_input[units + n] + of_state[units + n]) for n in range(units)]
        of_candidate = _product(list(map(mul, r, h)), [row[2 * units :] for row in recurrent])
    z = [gate(of_input[n] + of_state[n]) for n in range(units)]
    candidate = [activation(of_input[2 * units + n] + of_candidate[n]) for n in range(units)]
    return [z[n] * h[n] + (1 - z[n]) * candidate[n] for n in range(units)], c


def _merged(merge: str, parts: Sequence[Vector]) -> Vector:
    if merge == "none":
        return parts[0]
    if merge == "concat":
        return [value for part in parts for value in part]
    joins: dict[str, Callable[[float, float], float]] = {
        "sum": lambda a, b: a + b,
        "mul": mul,
        "ave": lambda a, b: (a + b) / 2,
    }
    return list(map(joins[merge], *parts))


def _dense(_operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    return [_sum(_product(x, weights["kernel"]), weights["bias"][0]) for x in inputs[0]]


def _activation(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    function = FUNCTIONS[operation.function](operation.alpha, operation.beta, operation.gamma)
    return [[function(x) for x in row] for row in inputs[0]]


def _prelu(_operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    slopes = weights["slope"]
    return [
        [x if x > 0 else slope * x for x, slope in zip(row, slopes[place % len(slopes)])]
        for place, row in enumerate(inputs[0])
    ]


def _softmax(operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, _tokens: int) -> Matrix:
    rows = inputs[0] if operation.axis == "features" else _columns(inputs[0], types[0].width)
    given = [_softmax_of(row, operation.function == "log_softmax") for row in rows]
    return given if operation.axis == "features" else _columns(given, len(inputs[0]))


def _softmax_of(row: Vector, logarithm: bool) -> Vector:
    top = max(row, default=0.0)
    total = math.fsum(math.exp(x - top) for x in row)
    return [x - top - math.log(total) if logarithm else math.exp(x - top) / total for x in row]


def _convolution(operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    [steps] = inputs
    width = len(steps[0])
    zeros = [0.0] * width
    around = [zeros] * operation.left + steps + [zeros] * operation.right
    of_group, filters_of_group = width // operation.groups, operation.filters // operation.groups
    span = (operation.kernel_size - 1) * operation.dilation
    outputs = []
    for start in range(0, len(around) - span, operation.stride):
        row = []
        for output in range(operation.filters):
            first = output // filters_of_group * of_group
            total = weights["bias"][0][output]
            for k in range(operation.kernel_size):
                step = around[start + k * operation.dilation]
                total += sum(step[first + i] * weights["kernel"][k * of_group + i][output] for i in range(of_group))
            row.append(total)
        outputs.append(row)
    return outputs


def _window_pool(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    [steps] = inputs
    outputs = []
    length = len(steps)
    for start in range(-operation.left, length + operation.right - operation.size + 1, operation.stride):
        window = [steps[place] for place in range(start, start + operation.size) if 0 <= place < length]
        columns = zip(*window)
        outputs.append(
            [_largest(column) if operation.function == "max" else sum(column) / len(window) for column in columns]
        )
    return outputs


def _reduce(operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, tokens: int) -> Matrix:
    steps, zeros = inputs[0], [0.0] * types[0].width
    if operation.function in ("first", "last"):
        return [(steps or [zeros])[0 if operation.function == "first" else -1]]
    if operation.function == "average":
        return [[sum(column) / len(steps) for column in zip(*steps)] if steps else [math.nan] * len(zeros)]
    if operation.function == "sum":
        return [[sum(column) for column in zip(zeros, *steps)]]
    if not steps or (operation.zero_below is not None and tokens < operation.zero_below):
        steps = [*steps, zeros]
    return [[_largest(column) if operation.function == "max" else _smallest(column) for column in zip(*steps)]]


def _merge(operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, _tokens: int) -> Matrix:
    if operation.function == "concat_steps":
        return [row for steps in inputs for row in steps]
    lengths = [len(rows) for rows, held in zip(inputs, types) if held.kind == "steps"]
    length = lengths[0] if lengths else 1
    spread = [rows * length if held.kind == "vector" else rows for rows, held in zip(inputs, types)]
    return [_joined(operation.function, rows) for rows in zip(*spread)]


def _joined(function: str, rows: Sequence[Vector]) -> Vector:
    if function == "concat":
        return [x for row in rows for x in row]
    width = max(map(len, rows))
    columns = zip(*(row * width if len(row) == 1 else row for row in rows))
    joins: dict[str, Callable[[Sequence[float]], float]] = {
        "add": sum,
        "multiply": math.prod,
        "average": lambda column: sum(column) / len(column),
        "maximum": _largest,
        "minimum": _smallest,
        "subtract": lambda column: column[0] - column[1],
    }
    return [joins[function](column) for column in columns]


def _scale_shift(_operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    return [_scaled(row, weights) for row in inputs[0]]


def _scaled(row: Vector, weights: Weights) -> Vector:
    return [x * scale + shift for x, scale, shift in zip(row, weights["scale"][0], weights["shift"][0])]


def _normalization(operation: Any, inputs: Sequence[Matrix], _types: Types, weights: Weights, _tokens: int) -> Matrix:
    outputs = []
    for row in inputs[0]:
        if operation.function == "layer":
            mean = sum(row) / len(row)
            variance = sum((x - mean) * (x - mean) for x in row) / len(row)
            normal = [_quotient(x - mean, math.sqrt(variance + operation.epsilon)) for x in row]
        elif operation.function == "rms":
            square = sum(x * x for x in row) / len(row)
            normal = [_quotient(x, math.sqrt(square + operation.epsilon)) for x in row]
        else:
            norm = math.sqrt(max(sum(x * x for x in row), operation.epsilon))
            normal = [_quotient(x, norm) for x in row]
        outputs.append(_scaled(normal, weights))
    return outputs


def _quotient(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)


def _attention(operation: Any, inputs: Sequence[Matrix], types: Types, weights: Weights, _tokens: int) -> Matrix:
    query, keys, values = inputs
    width, value_width = types[0].width // operation.heads, types[2].width // operation.heads
    outputs: Matrix = [[] for _ in query]
    for head in range(operation.heads):
        part = slice(head * width, (head + 1) * width)
        for place, row in enumerate(query):
            scores = [_score(operation, row[part], key[part], weights, part) for key in keys]
            if operation.causal:  # no later key is seen, but its value counts 0 times: a NaN there stays, as in Keras
                scores = [x if at <= place else -math.inf for at, x in enumerate(scores)]
            shares = _softmax_of(scores, False)
            for column in range(head * value_width, (head + 1) * value_width):
                outputs[place].append(sum(share * value[column] for share, value in zip(shares, values)))
    return outputs


def _score(operation: Any, query: Vector, key: Vector, weights: Weights, part: slice) -> float:
    if operation.score == "dot":
        return float(operation.scale * sum(map(mul, query, key)))
    weight = weights["weight"][0][part]
    return sum(w * math.tanh(operation.scale * (q + k)) for w, q, k in zip(weight, query, key))


def _dot(operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, _tokens: int) -> Matrix:
    a, b = (
        rows if axis == "features" else _columns(rows, held.width)
        for rows, held, axis in zip(inputs, types, (operation.a_axis, operation.b_axis))
    )
    if operation.normalize:
        a, b = ([_unit(row) for row in rows] for rows in (a, b))
    products = [[sum(map(mul, x, y)) for y in b] for x in a]
    # What is left of one axis is a vector, one row.
    return [[row[0] for row in products]] if [held.kind for held in types] == ["steps", "vector"] else products


def _unit(row: Vector) -> Vector:
    norm = math.sqrt(max(sum(x * x for x in row), 1e-12))
    return [x / norm for x in row]


def _reshape(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    flat = [x for row in inputs[0] for x in row]
    return [flat[start : start + operation.width] for start in range(0, len(flat), operation.width)]


def _transpose(_operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, _tokens: int) -> Matrix:
    return _columns(inputs[0], types[0].width)


def _repeat(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    return [row for row in inputs[0] for _ in range(operation.times)]


def _window(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    [steps] = inputs
    zeros = [0.0] * len(steps[0])
    kept = steps[operation.drop_first : len(steps) - operation.drop_last]
    return [zeros] * operation.zeros_first + kept + [zeros] * operation.zeros_last


def _reverse(_operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, _tokens: int) -> Matrix:
    return inputs[0][::-1]


def _restore(operation: Any, inputs: Sequence[Matrix], types: Types, _weights: Weights, tokens: int) -> Matrix:
    [steps] = inputs
    step = [0.0] * types[0].width
    if steps and (operation.side, operation.fill) == ("post", "previous"):
        step = steps[-1]
    if steps and (operation.side, operation.fill) == ("pre", "next"):
        step = steps[0]
    padding = [step] * (operation.length - tokens)
    return padding + steps if operation.side == "pre" else steps + padding


def _strip(operation: Any, inputs: Sequence[Matrix], _types: Types, _weights: Weights, tokens: int) -> Matrix:
    [steps] = inputs
    return steps[len(steps) - tokens :] if operation.side == "pre" else steps[:tokens]


def _columns(rows: Matrix, width: int) -> Matrix:
    """The columns of rows of that width, as rows."""
    return [[row[place] for row in rows] for place in range(width)]


def _product(vector: Vector, kernel: Matrix) -> Vector:
    return [sum(map(mul, vector, column)) for column in zip(*kernel)]


def _sum(a: Vector, b: Vector) -> Vector:
    return [x + y for x, y in zip(a, b)]


def _largest(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


def _smallest(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else min(values)


def _sigmoid(x: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * x))


def _clip(x: float, low: float, high: float) -> float:
    return x if math.isnan(x) else max(low, min(high, x))


def _power(x: float) -> float:
    """e^x, infinite where it is too large."""
    return math.inf if x > 709 else math.exp(x)


def _power_minus_1(x: float) -> float:
    return math.inf if x > 709 else math.expm1(x)


def _elu(x: float, alpha: float = 1.0) -> float:
    return alpha * math.expm1(x) if x < 0 else x


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _gelu_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def _bounded_relu(x: float, alpha: float, beta: float, gamma: float) -> float:
    return min(x, beta) if x > gamma else alpha * (x - gamma)


def _soft_shrink(x: float, alpha: float) -> float:
    if x > alpha:
        return x - alpha
    return x + alpha if x < -alpha else 0.0


def _plain(function: Callable[[float], float]) -> Callable[[float, float, float], Callable[[float], float]]:
    """A function without parameters, for any of them."""
    return lambda *_: function


FUNCTIONS: Mapping[str, Callable[[float, float, float], Callable[[float], float]]] = {
    "linear": _plain(lambda x: x),
    "relu": _plain(lambda x: x if x > 0 or math.isnan(x) else 0.0),
    "tanh": _plain(math.tanh),
    "sigmoid": _plain(_sigmoid),
    "hard_sigmoid": _plain(lambda x: _clip(x / 6 + 0.5, 0.0, 1.0)),
    "elu": lambda alpha, *_: lambda x: _elu(x, alpha),
    # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha.
    "selu": _plain(lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772)),
    "silu": _plain(lambda x: x * _sigmoid(x)),
    "softsign": _plain(lambda x: x / (1 + abs(x))),
    "hard_sigmoid_2": _plain(lambda x: _clip(0.2 * x + 0.5, 0.0, 1.0)),
    "relu6": _plain(lambda x: _clip(x, 0.0, 6.0)),
    "softplus": _plain(_softplus),
    "gelu": _plain(lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2))),
    "gelu_tanh": _plain(_gelu_tanh),
    "exponential": _plain(_power),
    "leaky_relu": lambda alpha, *_: lambda x: x if x > 0 else alpha * x,
    "bounded_relu": lambda alpha, beta, gamma: lambda x: _bounded_relu(x, alpha, beta, gamma),
    "mish": _plain(lambda x: x * math.tanh(_softplus(x))),
    "log_sigmoid": _plain(lambda x: -_softplus(-x)),
    "hard_silu": _plain(lambda x: x * _clip(x / 6 + 0.5, 0.0, 1.0)),
    "hard_tanh": _plain(lambda x: _clip(x, -1.0, 1.0)),
    "tanh_shrink": _plain(lambda x: x - math.tanh(x)),
    "soft_shrink": lambda alpha, *_: lambda x: _soft_shrink(x, alpha),
    "hard_shrink": lambda alpha, *_: lambda x: x if abs(x) > alpha else 0.0,
    "celu": lambda alpha, *_: lambda x: max(x, 0.0) + min(alpha * _power_minus_1(min(x, 0.0) / alpha), 0.0),
    "squareplus": lambda alpha, *_: lambda x: (x + math.sqrt(x * x + alpha)) / 2,
    "sparse_plus": _plain(lambda x: 0.0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4),
    "sparse_sigmoid": _plain(lambda x: _clip((x + 1) / 2, 0.0, 1.0)),
    "threshold": lambda alpha, beta, *_: lambda x: x if x > alpha else beta,
}
"""Activations by name, given alpha, beta and gamma; as Keras 3 defines them."""

OPERATIONS: Mapping[str, Function] = {
    "embedding": _embedding,
    "recurrent": _recurrent,
    "dense": _dense,
    "activation": _activation,
    "prelu": _prelu,
    "softmax": _softmax,
    "convolution": _convolution,
    "window_pool": _window_pool,
    "reduce": _reduce,
    "merge": _merge,
    "scale_shift": _scale_shift,
    "normalization": _normalization,
    "attention": _attention,
    "dot": _dot,
    "reshape": _reshape,
    "transpose": _transpose,
    "repeat": _repeat,
    "window": _window,
    "reverse": _reverse,
    "restore": _restore,
    "strip": _strip,
}
"""The function of each operation by its name."""
