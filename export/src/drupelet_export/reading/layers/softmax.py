"""The layer Softmax, and softmax as an activation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drupelet.operations.softmax import Softmax
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def softmax(call: Call, value: Value, axis: Any, function: str = "softmax", masked: bool = False) -> Value:
    """A softmax along an axis of Keras's tensor."""
    value = call.numeric(value)
    along = call.axis(axis, value)
    if along == "batch":
        call.refuse("is a softmax over the texts of a batch")
    if (value.layout, along) in (("row", "features"), ("rows", "features"), ("columns", "steps")):
        return replace(value, number=call.add(Softmax("steps", function), [value.number], masked=masked).number)
    if masked:
        call.refuse("is a softmax over features with a mask of steps, which is not supported")
    if value.layout == "single" and along == "features":
        return replace(value, number=call.add(Softmax("features", function), [value.number]).number)
    if along == "features" and call.type(value).width == 1 and call.type(value).kind == "vector":
        call.refuse("is a softmax over one unit, which is always 1; use sigmoid")
    return call.add(Softmax(along, function), [value])


def _softmax(layer: Any, call: Call) -> Value:
    masked = call.masked()
    value = call.numeric(call.value)
    if masked and value.layout == "plain" and call.axis(layer.axis, value) == "steps":
        return call.add(Softmax("steps", "softmax"), [value], masked=True)
    return softmax(call, value, layer.axis, "softmax", masked)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Softmax: _softmax}
