"""Conv1D, DepthwiseConv1D and SeparableConv1D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.convolution import Convolution
from drupelet.operations.value_type import MAX_LENGTH
from drupelet_export.reading.layers.activation import activate
from drupelet_export.reading.layers.arrays import array_of, bias_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.dense import project
from drupelet_export.reading.layers.padding import same_padding
from drupelet_export.reading.layers.value import Value


def _number(setting: Any) -> int:
    return int(setting[0] if isinstance(setting, (list, tuple)) else setting)


def _convolve(layer: Any, call: Call, kernel: Any, bias: Any, groups: int) -> Value:
    """``kernel``: (kernel size, width / groups, filters)."""
    if layer.data_format != "channels_last":
        call.refuse(f"has data_format={layer.data_format!r}, expected 'channels_last'")
    value = Value(call.plain(call.value))
    size, stride, dilation = kernel.shape[0], _number(layer.strides), _number(layer.dilation_rate)
    span = (size - 1) * dilation + 1
    if layer.padding == "same":
        left, right = same_padding(call, call.type(value).length, span, stride)
    else:
        left, right = (span - 1 if layer.padding == "causal" else 0), 0
    if max(size, stride, dilation) > MAX_LENGTH:
        call.refuse(f"has a kernel of {size}, expected at most {MAX_LENGTH} steps")
    weights = {"kernel": kernel.reshape(-1, kernel.shape[2]), "bias": bias}
    operation = Convolution(kernel.shape[2], size, stride, dilation, groups, left, right)
    return call.add(operation, [value], weights, owner=(layer, "convolution"))


def _conv(layer: Any, call: Call) -> Value:
    kernel = array_of(layer.kernel)
    convolved = _convolve(layer, call, kernel, bias_of(layer, kernel.shape[2]), int(layer.groups))
    return activate(call, convolved, layer.activation)


def _depthwise_kernel(weight: Any) -> tuple[Any, int]:
    kernel = array_of(weight)
    size, width, multiplier = kernel.shape
    return kernel.reshape(size, 1, width * multiplier), width


def _depthwise(layer: Any, call: Call) -> Value:
    kernel, width = _depthwise_kernel(layer.kernel)
    return activate(call, _convolve(layer, call, kernel, bias_of(layer, kernel.shape[2]), width), layer.activation)


def _separable(layer: Any, call: Call) -> Value:
    kernel, width = _depthwise_kernel(layer.depthwise_kernel)
    convolved = _convolve(layer, call, kernel, np.zeros(kernel.shape[2], np.float32), width)
    pointwise = array_of(layer.pointwise_kernel)[0]
    projected = project(call, convolved, pointwise, bias_of(layer, pointwise.shape[1]), (layer, "pointwise"))
    return activate(call, projected, layer.activation)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Conv1D: _conv, layers.DepthwiseConv1D: _depthwise, layers.SeparableConv1D: _separable}
