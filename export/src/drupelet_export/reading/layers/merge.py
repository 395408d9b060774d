"""Concatenate, Add, Subtract, Multiply, Average, Maximum and Minimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from drupelet.operations.merge import Merge
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.choice import ones_at_padding, other_at_padding, zeros_at_padding
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
    function = "concat" if along == "features" else "concat_steps"
    if all(value.layout == "strip" for value in values):
        return Value(call.add(Merge(function), [value.number for value in values]).number, "strip")
    return call.add(Merge(function), values)


def _concatenate(layer: Any, call: Call) -> Value:
    return concatenated(call, merge_inputs(call), layer.axis)


def _merge(layer: Any, call: Call, function: str) -> Value:
    return call.merge(function, merge_inputs(call))


def _multiply(layer: Any, call: Call) -> Value:
    """A masked step of one factor counts as ones; where all factors are masked, the product is zeros."""
    values = merge_inputs(call)
    masked = [call.carries_mask(place) for place in range(len(values))]
    if all(masked):
        return zeros_at_padding(call, call.merge("multiply", values))
    factors = [ones_at_padding(call, value) if each else value for value, each in zip(values, masked, strict=True)]
    return call.merge("multiply", factors)


def _extreme(layer: Any, call: Call, function: str) -> Value:
    """A masked step takes no part: what came before it stays, or else what comes after it counts."""
    result, *values = merge_inputs(call)
    is_masked = call.carries_mask(0)
    for place, value in enumerate(values, start=1):
        joined = call.merge(function, [result, value])
        if call.carries_mask(place):
            result = other_at_padding(call, joined, result)
        else:
            result = other_at_padding(call, joined, value) if is_masked else joined
        is_masked = is_masked and call.carries_mask(place)
    return result


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {
        layers.Add: partial(_merge, function="add"), layers.Subtract: partial(_merge, function="subtract"),
        layers.Average: partial(_merge, function="average"), layers.Multiply: _multiply,
        layers.Maximum: partial(_extreme, function="maximum"), layers.Minimum: partial(_extreme, function="minimum"),
        layers.Concatenate: _concatenate,
    }  # fmt: skip
