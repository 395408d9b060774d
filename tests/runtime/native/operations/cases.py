"""Cases of every operation: sizes around whole vectors, lengths from 1, strides, dilation, groups, missing ends."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dot import Dot
from drupelet.operations.normalization import Normalization
from drupelet.operations.operation import Operation
from drupelet.operations.prelu import PRelu
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.reverse import Reverse
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.softmax import Softmax
from drupelet.operations.transpose import Transpose
from drupelet.operations.value_type import ValueType, steps_of, vector_of
from drupelet.operations.window import Window
from drupelet.operations.window_pool import WindowPool
from runtime.native.operations.runner import Case, float32
from runtime.oracle_operations import Matrix

SCALES = "kernel.scales"


def drawn(rng: random.Random, rows: int, columns: int) -> Matrix:
    return [[float32(rng.gauss(0, 1)) for _ in range(columns)] for _ in range(rows)]


def case(
    operation: Operation, types: Sequence[ValueType], seed: object = 0, tokens: int = 0, quantized: bool = False
) -> Case:
    """A case with drawn numbers."""
    rng = random.Random(f"{operation} {types} {seed}")  # noqa: S311
    inputs = tuple((each, drawn(rng, each.steps_in(tokens), each.width)) for each in types)
    tensors = {}
    for name, shape in operation.tensor_shapes(types).items():
        tensors[name] = drawn(rng, *(shape if len(shape) == 2 else (1, shape[0])))
    if quantized:
        rows, columns = len(tensors["kernel"]), len(tensors["kernel"][0])
        tensors["kernel"] = [[float(rng.randint(-127, 127)) for _ in range(columns)] for _ in range(rows)]
        tensors[SCALES] = [[float32(rng.uniform(0.001, 0.01)) for _ in range(columns)]]
    return Case(operation, inputs, tensors, tokens, quantized)


def padded(each: Case, first: int, count: int) -> Case:
    """The case with ``count`` steps from ``first`` on that are one step, as padding is."""
    [(kind, steps)] = each.inputs
    repeated = [*steps[:first], *[steps[first]] * count, *steps[first + count :]]
    return replace(each, inputs=((kind, repeated),))


def parameters(name: str) -> dict[str, float]:
    values = {"alpha": 0.75, "beta": 1.5, "gamma": 0.25}
    return {parameter: values[parameter] for parameter in PARAMETERS.get(name, ())}


def convolutions() -> Iterator[tuple[Convolution, int, int]]:
    """Convolutions with the length and the width that they read."""
    for kernel_size in range(1, 8):
        yield Convolution(19, kernel_size, 1, 1, 1, kernel_size - 1, 0), 7, 17
        yield Convolution(33, kernel_size, 1, 1, 1, kernel_size // 2, (kernel_size - 1) // 2), 41, 16
        yield Convolution(5, kernel_size, 1, 1, 1, 0, 0), kernel_size, 18
    for length in range(1, 12):
        yield Convolution(3, 3, 1, 1, 1, 1, 1), length, 20
    yield Convolution(64, 3, 1, 1, 1, 0, 0), 100, 48
    yield Convolution(40, 5, 1, 1, 1, 2, 2), 90, 37
    yield Convolution(7, 3, 2, 1, 1, 1, 1), 10, 21
    yield Convolution(7, 3, 3, 1, 1, 0, 2), 11, 5
    yield Convolution(7, 3, 1, 4, 1, 8, 0), 13, 9
    yield Convolution(7, 3, 2, 3, 1, 3, 3), 13, 33
    yield Convolution(2, 2, 1, 1, 1, 9, 9), 3, 16
    yield Convolution(2, 3, 5, 2, 1, 9, 9), 3, 4
    for groups, filters, width in ((3, 6, 9), (17, 17, 17), (4, 32, 4), (2, 36, 34)):
        yield Convolution(filters, 3, 1, 1, groups, 1, 1), 6, width
        yield Convolution(filters, 2, 2, 2, groups, 0, 1), 6, width


def cases() -> Iterator[Case]:
    for name in ACTIVATIONS:
        yield case(Activation(name, **parameters(name)), [vector_of(19)])
    yield case(Activation("relu"), [steps_of(None, 17)], tokens=3)
    yield case(Activation("gelu"), [steps_of(None, 17)], tokens=0)
    yield case(Activation("bounded_relu", 0.0, float("inf"), 0.0), [vector_of(16)])
    for convolution, length, width in convolutions():
        yield case(convolution, [steps_of(length, width)])
        yield case(convolution, [steps_of(length, width)], quantized=True)
    for quantized in (False, True):
        for kernel_size in range(1, 6):
            same = Convolution(20, kernel_size, 1, 1, 1, kernel_size // 2, (kernel_size - 1) // 2)
            each = case(same, [steps_of(150, 18)], quantized=quantized)
            yield padded(each, 0, 100)
            yield padded(each, 27, 120)
        yield padded(case(Convolution(5, 3, 1, 2, 1, 0, 0), [steps_of(40, 18)], quantized=quantized), 4, 30)
        yield padded(case(Convolution(5, 3, 2, 1, 1, 0, 0), [steps_of(40, 18)], quantized=quantized), 4, 30)
    for width in (1, 3, 16, 33):
        for kind in (vector_of(width), steps_of(4, width), steps_of(None, width)):
            for function in ("layer", "rms", "unit"):
                yield case(Normalization(function, float32(1e-3)), [kind], tokens=5)
            yield case(ScaleShift(), [kind], tokens=5)
            yield case(PRelu(False), [kind], tokens=5)
            for function in ("softmax", "log_softmax"):
                yield case(Softmax("features", function), [kind], tokens=3)
                if kind.kind == "steps":
                    yield case(Softmax("steps", function), [kind], tokens=3)
        yield case(PRelu(True), [steps_of(3, width)])
        yield case(Reverse(), [steps_of(None, width)], tokens=4)
        yield case(Repeat(3), [vector_of(width)])
        yield case(Repeat(2), [steps_of(3, width)])
        yield case(Transpose(), [steps_of(5, width)])
        yield case(Reshape(None, 6 * width), [steps_of(6, width)])
        yield case(Reshape(3, 2 * width), [steps_of(6, width)])
        yield case(Reshape(2 * width, 3), [vector_of(6 * width)])
        yield case(Window(1, 2, 0, 0), [steps_of(5, width)])
        yield case(Window(0, 0, 2, 1), [steps_of(5, width)])
        yield case(Window(1, 3, 1, 2), [steps_of(5, width)])
        for function in ("max", "average"):
            for size, stride, left, right in ((2, 2, 0, 0), (3, 1, 1, 1), (4, 3, 3, 2), (1, 1, 0, 0), (5, 2, 0, 4)):
                yield case(WindowPool(function, size, stride, left, right), [steps_of(6, width)])
    for heads, width, value_width in ((1, 5, 3), (1, 16, 16), (2, 34, 6), (3, 9, 48), (8, 64, 64)):
        for score in ("dot", "additive"):
            for causal in (False, True):
                attention = Attention(heads, score, float32(0.4), causal)
                for queries, keys in ((1, 1), (5, 5), (17, 19), (3, 16)):
                    types = [steps_of(queries, width), steps_of(keys, width), steps_of(keys, value_width)]
                    yield case(attention, types)
                for tokens in (0, 1, 35):
                    types = [steps_of(None, width), steps_of(None, width), steps_of(None, value_width)]
                    yield case(attention, types, tokens=tokens)
                    yield case(attention, [steps_of(2, width), *types[1:]], tokens=tokens)
    for normalize in (False, True):
        yield case(Dot("features", "features", normalize), [vector_of(19), vector_of(19)])
        yield case(Dot("features", "features", normalize), [steps_of(5, 7), vector_of(7)])
        yield case(Dot("steps", "features", normalize), [steps_of(5, 7), vector_of(5)])
        yield case(Dot("features", "features", normalize), [vector_of(7), steps_of(18, 7)])
        yield case(Dot("features", "steps", normalize), [vector_of(18), steps_of(18, 7)])
        for a, b in (("features", "features"), ("features", "steps"), ("steps", "features"), ("steps", "steps")):
            one = steps_of(17, 18) if a == "steps" else steps_of(18, 17)
            other = steps_of(17, 3) if b == "steps" else steps_of(3, 17)
            yield case(Dot(a, b, normalize), [one, other])
        yield case(Dot("steps", "steps", normalize), [steps_of(None, 18), steps_of(None, 3)], tokens=6)
        yield case(Dot("steps", "steps", normalize), [steps_of(None, 18), steps_of(None, 3)], tokens=0)
        yield case(Dot("features", "features", normalize), [steps_of(None, 4), steps_of(3, 4)], tokens=6)
