"""Convolutions and poolings of two dimensions over a text as an image, whose windows span all features."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from drupelet.operations.convolution import Convolution
from drupelet.operations.reduce import Reduce
from drupelet.operations.window_pool import WindowPool
from drupelet_export.reading.layers.activation import activate
from drupelet_export.reading.layers.arrays import array_of, bias_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.padding import same_padding
from drupelet_export.reading.layers.value import Value


def _convolution(layer: Any, call: Call) -> Value:
    value = _image(layer, call)
    kernel = array_of(layer.kernel)
    size, across, channels, filters = kernel.shape
    width = call.type(value).width
    if value.layout == "image" and (across != width or layer.padding != "valid"):
        call.refuse(f"has windows of {across} of {width} features, expected all of them, with padding 'valid'")
    if across * channels != width or layer.groups != 1:
        call.refuse(f"has windows of {across} x {channels} features in {layer.groups} groups, expected {width} in one")
    stride, dilation = int(layer.strides[0]), int(layer.dilation_rate[0])
    left, right = _padding(layer, call, value, (size - 1) * dilation + 1, stride)
    weights = {"kernel": kernel.reshape(-1, filters), "bias": bias_of(layer, filters)}
    operation = Convolution(filters, size, stride, dilation, 1, left, right)
    convolved = call.add(operation, [value.number], weights, owner=(layer, "convolution"))
    return activate(call, Value(convolved.number, "strip"), layer.activation)


def _pool(layer: Any, call: Call, function: str) -> Value:
    value = _image(layer, call)
    size, across = layer.pool_size
    if value.layout != "strip" or across != 1:
        call.refuse(f"pools over {across} features, expected 1, behind a convolution over all features")
    stride = int((layer.strides or layer.pool_size)[0])
    left, right = _padding(layer, call, value, int(size), stride)
    return Value(call.add(WindowPool(function, int(size), stride, left, right), [value.number]).number, "strip")


def _global(layer: Any, call: Call, function: str) -> Value:
    value = _image(layer, call)
    if value.layout != "strip" or layer.keepdims:
        call.refuse("pools over features, or keeps axes; expected a convolution over all features before it")
    return call.add(Reduce(function), [value.number])


def _image(layer: Any, call: Call) -> Value:
    value = call.value
    if layer.data_format != "channels_last" or value.layout not in ("image", "strip"):
        call.refuse("reads no image of a text, expected (steps, features, 1) with data_format='channels_last'")
    return value


def _padding(layer: Any, call: Call, value: Value, span: int, stride: int) -> tuple[int, int]:
    return same_padding(call, call.type(value).length, span, stride) if layer.padding == "same" else (0, 0)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {
        layers.Conv2D: _convolution,
        layers.MaxPooling2D: partial(_pool, function="max"),
        layers.AveragePooling2D: partial(_pool, function="average"),
        layers.GlobalMaxPooling2D: partial(_global, function="max"),
        layers.GlobalAveragePooling2D: partial(_global, function="average"),
    }
