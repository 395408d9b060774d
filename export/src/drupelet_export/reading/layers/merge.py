"""Concatenate, Add, Subtract, Multiply, Average, Maximum and Minimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from drupelet.operations.merge import Merge
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def merge_inputs(call: Call) -> list[Value]:
    """The inputs of a layer that merges. Refuses constants."""
    values = [value for value in call.values if value is not None]
    if not all(isinstance(value, Value) for value in values):
        call.refuse("merges a constant, expected values that depend on the ids of the text")
    return values


def concatenated(call: Call, values: Sequence[Value], axis: Any) -> Value:
    """Values joined along an axis of Keras's tensors."""
    values = [call.numeric(value) for value in values]
    if len(values) == 1:
        return values[0]
    along = call.axis(axis, values[0])
    if along == "batch":
        call.refuse("joins the texts of a batch")
    if along == "features" and all(value.layout == "single" for value in values):
        return Value(call.add(Merge("concat"), [value.number for value in values]).number, "single")
    return call.add(Merge("concat" if along == "features" else "concat_steps"), values)


def _concatenate(layer: Any, call: Call) -> Value:
    return concatenated(call, merge_inputs(call), layer.axis)


def _merge(layer: Any, call: Call, function: str) -> Value:
    return call.merge(function, merge_inputs(call))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    classes = {
        layers.Add: "add", layers.Subtract: "subtract", layers.Multiply: "multiply", layers.Average: "average",
        layers.Maximum: "maximum", layers.Minimum: "minimum",
    }  # fmt: skip
    readers: dict[type, Reader] = {kind: partial(_merge, function=function) for kind, function in classes.items()}
    return {**readers, layers.Concatenate: _concatenate}
