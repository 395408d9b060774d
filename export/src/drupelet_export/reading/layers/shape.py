"""Flatten, Reshape, Permute and RepeatVector, and the operations of keras.ops that only move numbers around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.transpose import Transpose
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def reshaped(call: Call, value: Value, shape: Sequence[int]) -> Value:
    """The value in the shape that Keras gave it, (B, ...), in row-major order."""
    _, *sizes = shape
    value = call.numeric(value)
    kind = call.type(value)
    steps = kind.kind == "steps"
    if len(sizes) == 3 and value.layout == "plain" and steps and kind.width in sizes[1:] and 1 in sizes[1:]:
        return Value(value.number, "image" if sizes[2] == 1 else "strip")
    if value.layout in ("image", "strip"):
        value = Value(value.number)
    if not 1 <= len(sizes) <= 2:
        call.refuse(f"gives {len(sizes) + 1} axes, expected 2 or 3: texts, steps, features")
    if len(sizes) == 1:
        if value.layout in ("single", "row") or not steps:
            return value if value.layout == "row" else Value(value.number)
        if value.layout == "plain" and kind.width == 1:
            return Value(value.number, "row")
        number = call.plain(value)
        kind = call.network.types[number]
        if kind.length is None:
            call.refuse("needs a fixed number of steps; give --max-tokens")
        return call.add(Reshape(None, kind.length * kind.width), [number])
    length, width = sizes
    if value.layout == "row":
        if width == 1:
            return Value(value.number)
        if length == 1:
            return replace(value, layout="rows", times=1)
    elif value.layout == "single" or not steps:
        if length == 1:
            return Value(value.number, "single")
        return call.add(Reshape(length, width), [value.number])
    elif value.layout == "plain" and kind.width == width and kind.length in (None, length):
        return value
    return call.add(Reshape(length, width), [value])


def permuted(call: Call, value: Value) -> Value:
    """Steps and features change places."""
    value = call.numeric(value)
    if value.layout in ("rows", "columns"):
        return replace(value, layout="columns" if value.layout == "rows" else "rows")
    if value.layout == "plain" and call.type(value).kind == "steps" and call.type(value).width == 1:
        return Value(value.number, "rows", 1)
    return call.add(Transpose(), [value])


def _flatten(layer: Any, call: Call) -> Value:
    if getattr(layer, "data_format", "channels_last") == "channels_first" and call.rank(call.value) > 2:
        call.refuse("has data_format='channels_first', expected 'channels_last'")
    return reshaped(call, call.value, call.shape)


def _reshape(layer: Any, call: Call) -> Value:
    return reshaped(call, call.value, call.shape)


def _permute(layer: Any, call: Call) -> Value:
    if tuple(layer.dims) == (1, 2):
        return call.value
    if tuple(layer.dims) != (2, 1):
        call.refuse(f"permutes axes to {layer.dims}, expected (2, 1)")
    return permuted(call, call.value)


def _transpose(layer: Any, call: Call) -> Value:
    if call.rank(call.value) != 3 or tuple(layer.axes or ()) != (0, 2, 1):
        call.refuse(f"permutes axes to {layer.axes}, expected (0, 2, 1)")
    return permuted(call, call.value)


def _swapaxes(layer: Any, call: Call) -> Value:
    if call.rank(call.value) != 3 or {layer.axis1 % 3, layer.axis2 % 3} != {1, 2}:
        call.refuse(f"swaps the axes {layer.axis1} and {layer.axis2}, expected 1 and 2")
    return permuted(call, call.value)


def _repeat_vector(layer: Any, call: Call) -> Value:
    value = call.numeric(call.value)
    if value.layout == "row":
        return Value(value.number, "rows", int(layer.n))
    return call.add(Repeat(int(layer.n)), [value])


def _unchanged(layer: Any, call: Call) -> Value:
    return call.value


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers
    from keras.src.ops import core, numpy

    return {
        layers.Flatten: _flatten, layers.Reshape: _reshape, layers.Permute: _permute, layers.RepeatVector: _repeat_vector,
        numpy.Reshape: _reshape, numpy.Squeeze: _reshape, numpy.ExpandDims: _reshape, numpy.Transpose: _transpose,
        numpy.Swapaxes: _swapaxes, core.Cast: _unchanged, core.ConvertToTensor: _unchanged, numpy.Copy: _unchanged,
    }  # fmt: skip
