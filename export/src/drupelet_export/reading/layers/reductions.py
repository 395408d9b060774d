"""Sum, mean, maximum and minimum of keras.ops along one axis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from drupelet.operations.dense import Dense
from drupelet.operations.reduce import Reduce
from drupelet.operations.transpose import Transpose
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.network import zeros
from drupelet_export.reading.layers.value import Value


def _reduce(layer: Any, call: Call, function: str) -> Value:
    value = call.numeric(call.value)
    axis, keepdims = layer.axis, bool(layer.keepdims)
    along = call.axis(axis, value)
    if along == "batch":
        call.refuse("reduces the texts of a batch")
    if value.layout == "row":
        reduced = call.add(Reduce(function), [value.number])
        if not keepdims:
            call.refuse("gives one number without an axis of features; set keepdims=True")
        return reduced
    if value.layout == "single" and along == "steps":
        return value if keepdims else Value(value.number)
    if along == "steps":
        reduced = call.add(Reduce(function), [value])
        return Value(reduced.number, "single") if keepdims else reduced
    return _features(call, Value(call.plain(value)), function, keepdims)


def _features(call: Call, value: Value, function: str, keepdims: bool) -> Value:
    kind = call.type(value)
    if kind.kind == "vector" and not keepdims:
        call.refuse("gives one number without an axis of features; set keepdims=True")
    if function in ("sum", "average"):
        factor = 1.0 if function == "sum" else 1.0 / kind.width
        weights = {"kernel": np.full((kind.width, 1), factor, np.float32), "bias": zeros(1)}
        reduced = call.add(Dense(1), [value], weights)
    elif kind.kind == "steps":
        vector = call.add(Reduce(function), [call.add(Transpose(), [value])])
        if not keepdims:
            return vector
        call.refuse("keeps an axis after a maximum over features; set keepdims=False")
    else:
        call.refuse("is a maximum or minimum over the features of a vector, which is not supported")
    return reduced if keepdims or kind.kind == "vector" else Value(reduced.number, "row")


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras.src.ops import numpy

    classes = {
        numpy.Sum: "sum", numpy.Mean: "average", numpy.Max: "max", numpy.Amax: "max", numpy.Min: "min", numpy.Amin: "min",
    }  # fmt: skip
    return {kind: partial(_reduce, function=function) for kind, function in classes.items()}
