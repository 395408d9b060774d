"""MaxPooling1D, AveragePooling1D, and their global kinds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from drupelet.operations.reduce import Reduce
from drupelet.operations.window_pool import WindowPool
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.padding import same_padding
from drupelet_export.reading.layers.value import Value


def _window(layer: Any, call: Call, function: str) -> Value:
    _check(layer, call)
    value = Value(call.plain(call.value))
    size = int(layer.pool_size[0] if isinstance(layer.pool_size, (list, tuple)) else layer.pool_size)
    strides = layer.strides if layer.strides is not None else size
    stride = int(strides[0] if isinstance(strides, (list, tuple)) else strides)
    left, right = same_padding(call, call.type(value).length, size, stride) if layer.padding == "same" else (0, 0)
    return call.add(WindowPool(function, size, stride, left, right), [value])


def _global(layer: Any, call: Call, function: str) -> Value:
    _check(layer, call)
    masked = function == "average" and call.masked()
    pooled = call.add(Reduce(function), [call.value], masked=masked)
    return Value(pooled.number, "single") if layer.keepdims else pooled


def _check(layer: Any, call: Call) -> None:
    if layer.data_format != "channels_last":
        call.refuse(f"has data_format={layer.data_format!r}, expected 'channels_last'")


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {
        layers.MaxPooling1D: partial(_window, function="max"),
        layers.AveragePooling1D: partial(_window, function="average"),
        layers.GlobalMaxPooling1D: partial(_global, function="max"),
        layers.GlobalAveragePooling1D: partial(_global, function="average"),
    }
