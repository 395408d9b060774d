"""Every operation in plain Python and float64, number by number, as drupelet/operations says it.

A value is a list of steps, and a step is a list of floats; a vector is one step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from drupelet.operations.activation import Activation
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dot import Dot
from drupelet.operations.normalization import Normalization
from drupelet.operations.operation import Operation
from drupelet.operations.prelu import PRelu
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.softmax import Softmax
from drupelet.operations.window import Window
from drupelet.operations.window_pool import WindowPool

Steps = Sequence[Sequence[float]]
Tensors = dict[str, Steps]
"""Tensors by name; a vector is a matrix of one row."""


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(max(x, -700.0)) / (1 + math.exp(max(x, -700.0)))


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def squareplus(x: float, alpha: float) -> float:
    root = math.sqrt(x * x + alpha)
    return alpha / 2 / (root - x) if x < 0 and root > x else (x + root) / 2


def exponential(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


FUNCTIONS: dict[str, Callable[[float, Activation], float]] = {
    "linear": lambda x, _: x,
    "relu": lambda x, _: max(x, 0.0),
    "tanh": lambda x, _: math.tanh(x),
    "sigmoid": lambda x, _: sigmoid(x),
    "hard_sigmoid": lambda x, _: clip(x / 6 + 0.5, 0, 1),
    "elu": lambda x, a: x if x > 0 else a.alpha * math.expm1(x),
    "selu": lambda x, _: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "silu": lambda x, _: x * sigmoid(x),
    "softsign": lambda x, _: x / (1 + abs(x)),
    "hard_sigmoid_2": lambda x, _: clip(0.2 * x + 0.5, 0, 1),
    "relu6": lambda x, _: clip(x, 0, 6),
    "softplus": lambda x, _: softplus(x),
    "gelu": lambda x, _: x * math.erfc(-x / math.sqrt(2)) / 2,
    "gelu_tanh": lambda x, _: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "exponential": lambda x, _: exponential(x),
    "leaky_relu": lambda x, a: x if x > 0 else a.alpha * x,
    "bounded_relu": lambda x, a: min(x, a.beta) if x >= a.gamma else a.alpha * (x - a.gamma),
    "mish": lambda x, _: x * math.tanh(softplus(x)),
    "log_sigmoid": lambda x, _: -softplus(-x),
    "hard_silu": lambda x, _: x * clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x, _: clip(x, -1, 1),
    "tanh_shrink": lambda x, _: x - math.tanh(x),
    "soft_shrink": lambda x, a: x - a.alpha if x > a.alpha else x + a.alpha if x < -a.alpha else 0.0,
    "hard_shrink": lambda x, a: x if abs(x) > a.alpha else 0.0,
    "celu": lambda x, a: x if x > 0 else a.alpha * math.expm1(x / a.alpha),
    "squareplus": lambda x, a: squareplus(x, a.alpha),
    "sparse_plus": lambda x, _: 0.0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
    "sparse_sigmoid": lambda x, _: clip((x + 1) / 2, 0, 1),
    "threshold": lambda x, a: x if x > a.alpha else a.beta,
}


def activation(operation: Activation, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    function = FUNCTIONS[operation.function]
    return [[function(x, operation) for x in step] for step in inputs[0]]


def convolution(operation: Convolution, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    [steps] = inputs
    group_width, group_filters = len(steps[0]) // operation.groups, operation.filters // operation.groups
    zeros = [0.0] * len(steps[0])
    padded = [zeros] * operation.left + list(steps) + [zeros] * operation.right
    span = (operation.kernel_size - 1) * operation.dilation + 1

    def output(start: int, f: int) -> float:
        first = f // group_filters * group_width
        return tensors["bias"][0][f] + math.fsum(
            padded[start + k * operation.dilation][first + i] * tensors["kernel"][k * group_width + i][f]
            for k in range(operation.kernel_size)
            for i in range(group_width)
        )

    return [
        [output(start, f) for f in range(operation.filters)]
        for start in range(0, len(padded) - span + 1, operation.stride)
    ]


def window_pool(operation: WindowPool, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    [steps] = inputs
    present = [None] * operation.left + list(steps) + [None] * operation.right
    found = []
    for start in range(0, len(present) - operation.size + 1, operation.stride):
        columns = list(zip(*[step for step in present[start : start + operation.size] if step is not None]))
        found.append(
            [max(column) if operation.function == "max" else math.fsum(column) / len(column) for column in columns]
        )
    return found


def scale_shift(operation: Operation, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    return [[x * a + b for x, a, b in zip(step, tensors["scale"][0], tensors["shift"][0])] for step in inputs[0]]


def normalization(operation: Normalization, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    def normalized(step: Sequence[float]) -> list[float]:
        mean = math.fsum(step) / len(step) if operation.function == "layer" else 0.0
        squares = math.fsum((x - mean) ** 2 for x in step)
        unit = operation.function == "unit"
        size = max(squares, operation.epsilon) if unit else squares / len(step) + operation.epsilon
        return [(x - mean) / math.sqrt(size) for x in step]

    return scale_shift(operation, [[normalized(step) for step in inputs[0]]], tensors)


def softmax_of(values: Sequence[float], logarithm: bool = False) -> list[float]:
    largest = max(values)
    total = math.fsum(math.exp(x - largest) for x in values)
    return [x - largest - math.log(total) if logarithm else math.exp(x - largest) / total for x in values]


def transposed(steps: Steps) -> Steps:
    return [list(column) for column in zip(*steps)]


def softmax(operation: Softmax, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    steps = inputs[0] if operation.axis == "features" else transposed(inputs[0])
    found = [softmax_of(step, operation.function == "log_softmax") for step in steps]
    return found if operation.axis == "features" else transposed(found)


def attention(operation: Attention, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    query, keys, values = inputs
    width, value_width = len(query[0]) // operation.heads, len(values[0]) // operation.heads

    def score(q: int, n: int, head: int) -> float:
        pairs = [(query[q][k], keys[n][k], k) for k in range(head * width, (head + 1) * width)]
        if operation.score == "dot":
            return operation.scale * math.fsum(a * b for a, b, _ in pairs)
        weight = tensors["weight"][0]
        return math.fsum(weight[k] * math.tanh(operation.scale * (a + b)) for a, b, k in pairs)

    found = []
    for q in range(len(query)):
        step: list[float] = []
        seen = range(min(q + 1, len(keys)) if operation.causal else len(keys))
        for head in range(operation.heads):
            weights = softmax_of([score(q, n, head) for n in seen])
            for k in range(head * value_width, (head + 1) * value_width):
                step.append(math.fsum(weights[n] * values[n][k] for n in seen))
        found.append(step)
    return found


def dot(operation: Dot, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    def rows(value: Steps, axis: str) -> list[list[float]]:
        """One row for each number of the axis that is left; the other is summed over."""
        found = [list(row) for row in (value if axis == "features" else transposed(value))]
        if operation.normalize:
            found = [[x / math.sqrt(max(math.fsum(y * y for y in row), 1e-12)) for x in row] for row in found]
        return found

    a, b = rows(inputs[0], operation.a_axis), rows(inputs[1], operation.b_axis)
    return [[math.fsum(x * y for x, y in zip(row, other)) for other in b] for row in a]


def prelu(operation: PRelu, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    slopes = tensors["slope"]
    return [
        [x if x > 0 else slope * x for x, slope in zip(step, slopes[t if operation.per_step else 0])]
        for t, step in enumerate(inputs[0])
    ]


def reshape(operation: Reshape, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    numbers = [x for step in inputs[0] for x in step]
    return [numbers[at : at + operation.width] for at in range(0, len(numbers), operation.width)]


def transpose(operation: Operation, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    return transposed(inputs[0])


def repeat(operation: Repeat, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    return [step for step in inputs[0] for _ in range(operation.times)]


def window(operation: Window, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    kept = inputs[0][operation.drop_first : len(inputs[0]) - operation.drop_last]
    zeros = [0.0] * len(inputs[0][0])
    return [*[zeros] * operation.zeros_first, *kept, *[zeros] * operation.zeros_last]


def reverse(operation: Operation, inputs: Sequence[Steps], tensors: Tensors) -> Steps:
    return list(reversed(inputs[0]))
