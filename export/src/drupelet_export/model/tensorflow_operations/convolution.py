"""A convolution as one matrix product of the windows of steps.

The steps that a window reads are put side by side, and the kernel stays the matrix that it is: it is stored, quantized and
checked like that of a dense layer.
"""

from __future__ import annotations

from typing import Any

from drupelet.operations.convolution import Convolution
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def convolution(operation: Convolution, call: Call) -> Tensor:
    """(length, width) -> (output length, filters)."""
    import tensorflow as tf

    [x], [kind] = call.inputs, call.types
    if operation.left or operation.right:
        x = tf.pad(x, [[operation.left, operation.right], [0, 0]])
    if 1 < operation.groups == kind.width:
        return _depthwise(operation, call, x)
    taps = _taps(operation, call, x)
    if operation.groups == 1:
        return tf.matmul(tf.concat(taps, axis=1), call.weights["kernel"]) + call.weights["bias"]
    width, filters = kind.width // operation.groups, operation.filters // operation.groups
    products = []
    for group in range(operation.groups):
        windows = tf.concat([tap[:, group * width : (group + 1) * width] for tap in taps], axis=1)
        kernel = call.weights.columns("kernel", group * filters, (group + 1) * filters)
        products.append(tf.matmul(windows, kernel))
    return tf.concat(products, axis=1) + call.weights["bias"]


def _taps(operation: Convolution, call: Call, x: Tensor) -> list[Tensor]:
    """The steps that meet each step of the kernel, (output length, width) each."""
    reach = ((call.output.length or 0) - 1) * operation.stride + 1
    starts = range(0, operation.kernel_size * operation.dilation, operation.dilation)
    return [x[start : start + reach : operation.stride] for start in starts]


def _depthwise(operation: Convolution, call: Call, x: Tensor) -> Tensor:
    """One feature a group: an operator of its own is quicker than a product for each feature."""
    import tensorflow as tf

    stride = operation.stride
    if operation.dilation > 1:  # TensorFlow has either a dilation or a stride
        taps = tf.stack(_taps(operation, call, x), axis=1)
        x, stride = tf.reshape(taps, (-1, operation.groups)), operation.kernel_size
    shape = (operation.kernel_size, 1, operation.groups, operation.filters // operation.groups)
    kernel = tf.reshape(call.weights["kernel"], shape)
    filtered = tf.nn.depthwise_conv2d(
        tf.reshape(x, (1, -1, 1, operation.groups)), kernel, (1, stride, stride, 1), "VALID"
    )
    return tf.reshape(filtered, (call.output.length, call.output.width)) + call.weights["bias"]
