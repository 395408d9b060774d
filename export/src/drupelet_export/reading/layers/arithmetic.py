"""Arithmetic of keras.ops: with tensors, and with constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from drupelet.operations.reduce import Reduce
from drupelet_export.reading.layers.activation import function
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.dense import project
from drupelet_export.reading.layers.dot import product
from drupelet_export.reading.layers.merge import concatenated, merge_inputs
from drupelet_export.reading.layers.value import Value

SYMMETRIC = ("add", "multiply", "maximum", "minimum")


def _arithmetic(layer: Any, call: Call, name: str) -> Value:
    a, b = call.values[:2]
    if isinstance(a, Value) and isinstance(b, Value):
        a, b = call.numeric(a), call.numeric(b)
        if call.rank(a) != call.rank(b):
            call.refuse("joins tensors with different numbers of axes, expected as many in both")
        if name == "divide":
            return _masked_average(call, a, b)
        return call.merge(name, [a, b])
    if isinstance(a, Value):
        return _with_constant(call, a, np.asarray(b, np.float32), name)
    if not isinstance(b, Value):
        call.refuse("joins two constants, expected something that depends on the ids of the text")
    constant = np.asarray(a, np.float32)
    if name == "subtract" and _flat(constant).ndim < 2:
        return call.scaled(b, -1.0, _flat(constant))
    if name == "subtract":
        return _with_constant(call, call.scaled(b, -1.0, 0.0), constant, "add")
    if name == "divide":
        call.refuse("divides by a number that depends on the text, which is not supported")
    return _with_constant(call, b, constant, name)


def _masked_average(call: Call, total: Value, count: Value) -> Value:
    """``sum(x * mask) / sum(mask)``: the only quotient of two values that depend on the text."""
    summed, counted = (_summed(call, value) for value in (total, count))
    indicator = call.network.indicator
    product = None if summed is None else call.node(summed)
    if (
        indicator is None
        or counted != indicator
        or product is None
        or vars(product.operation).get("function") != "multiply"
    ):
        call.refuse("divides by a number that depends on the text, which is not supported")
    others = [number for number in product.inputs if number != indicator]
    if len(others) != 1 or len(product.inputs) != 2:
        call.refuse("divides by a number that depends on the text, which is not supported")
    return call.add(Reduce("average"), others, masked=True)


def _summed(call: Call, value: Value) -> int | None:
    """The number of the steps whose sum a value is, None for any other value."""
    node = call.node(value.number)
    is_sum = node is not None and node.operation == Reduce("sum") and value.layout == "plain"
    return node.inputs[0] if is_sum and node is not None else None


def _with_constant(call: Call, value: Value, constant: Any, name: str) -> Value:
    value = call.numeric(value)
    if name == "divide":
        constant, name = 1.0 / constant, "multiply"
    if name == "subtract":
        constant, name = -constant, "add"
    constant = _flat(constant)
    if constant.ndim > 1:
        if call.rank(value) != 3 or constant.ndim > 2:
            call.refuse(f"works with a constant of shape {constant.shape}, expected (width,) or (steps, width)")
        value = Value(call.plain(value))
        return call.merge(name, [value, call.constant_steps(value, constant)])
    if name == "add":
        return call.scaled(value, 1.0, constant)
    if name == "multiply":
        return call.scaled(value, constant, 0.0)
    if name == "maximum":
        return call.scaled(function(call, call.scaled(value, 1.0, -constant), "relu"), 1.0, constant)
    return call.scaled(function(call, call.scaled(value, -1.0, constant), "relu"), -1.0, constant)


def _flat(constant: Any) -> Any:
    """A constant without leading axes of length 1."""
    constant = np.asarray(constant)
    while constant.ndim > 1 and constant.shape[0] == 1:
        constant = constant[0]
    return constant


def _clip(layer: Any, call: Call) -> Value:
    low, high = (np.asarray(bound, np.float32) for bound in (layer.x_min, layer.x_max))
    return _with_constant(call, _with_constant(call, call.value, low, "maximum"), high, "minimum")


def _where(layer: Any, call: Call) -> Value:
    """``where(mask, x, constant)``: x at tokens, the constant elsewhere; or the other way round."""
    mask, kept, other = call.values[:3]
    if not isinstance(mask, Value) or "mask" not in mask.layout or isinstance(kept, Value) == isinstance(other, Value):
        call.refuse("chooses other than between a tensor and a constant, by the mask of the ids; this is not supported")
    chosen = call.numeric(mask)
    rest = call.scaled(chosen, -1.0, 1.0)
    value, constant = (kept, other) if isinstance(kept, Value) else (other, kept)
    here, there = (chosen, rest) if value is kept else (rest, chosen)
    if np.size(constant) != 1 or call.rank(here) != call.rank(value):
        call.refuse(
            "chooses between tensors of different shapes, expected one number, and as many axes in mask and tensor"
        )
    return call.merge(
        "add", [call.merge("multiply", [value, here]), call.scaled(there, np.asarray(constant).reshape(-1), 0.0)]
    )


def _negative(layer: Any, call: Call) -> Value:
    return call.scaled(call.value, -1.0, 0.0)


def _square(layer: Any, call: Call) -> Value:
    return call.merge("multiply", [call.value, call.value])


def _matmul(layer: Any, call: Call) -> Value:
    a, b = call.values[:2]
    if isinstance(a, Value) and isinstance(b, Value):
        return product(call, a, b, -1, -2 if call.rank(b) == 3 else -1)
    if not isinstance(a, Value) or np.ndim(b) != 2:
        call.refuse("multiplies with a constant, expected a matrix on the right")
    return project(call, a, np.asarray(b, np.float32), np.zeros(b.shape[1], np.float32), (layer, "kernel"))


def _concatenate(layer: Any, call: Call) -> Value:
    return concatenated(call, merge_inputs(call), layer.axis)


def _stack(layer: Any, call: Call) -> Value:
    values = merge_inputs(call)
    if layer.axis not in (1, -2) or any(call.rank(value) != 2 or value.layout != "plain" for value in values):
        call.refuse(f"stacks along axis {layer.axis}, expected vectors along axis 1")
    return concatenated(call, [Value(value.number, "single") for value in values], 1)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras.src.ops import numpy

    classes = {
        numpy.Add: "add", numpy.Subtract: "subtract", numpy.Multiply: "multiply", numpy.Divide: "divide",
        numpy.TrueDivide: "divide", numpy.Maximum: "maximum", numpy.Minimum: "minimum",
    }  # fmt: skip
    readers: dict[type, Callable[[Any, Call], Value]] = {
        kind: partial(_arithmetic, name=name) for kind, name in classes.items()
    }
    return {
        **readers, numpy.Negative: _negative, numpy.Square: _square, numpy.Matmul: _matmul, numpy.Dot: _matmul,
        numpy.Clip: _clip, numpy.Where: _where, numpy.Concatenate: _concatenate, numpy.Stack: _stack,
    }  # fmt: skip
