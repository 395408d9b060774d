"""A convolution over steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.convolution import Convolution


def convolve(operation: Convolution, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps (output length, filters)."""
    import numpy as np

    [steps] = inputs
    size, groups, stride, dilation = operation.kernel_size, operation.groups, operation.stride, operation.dilation
    length = (len(steps) + operation.left + operation.right - (size - 1) * dilation - 1) // stride + 1
    # The steps as (groups, length, features of a group), the kernel as (kernel_size, groups, features, filters of a group).
    grouped = steps.reshape(len(steps), groups, -1).transpose(1, 0, 2)
    kernels = weights["kernel"].reshape(size, -1, groups, operation.filters // groups).transpose(0, 2, 1, 3)
    total = np.zeros((groups, length, operation.filters // groups), np.float32)
    for k, kernel in enumerate(kernels):
        offset = k * dilation - operation.left  # of the step that the first result reads; those outside are zeros
        first = max(0, -(offset // stride))
        last = min(length, (len(steps) - 1 - offset) // stride + 1)
        if first < last:
            start = first * stride + offset
            total[:, first:last] += grouped[:, start : start + (last - first - 1) * stride + 1 : stride] @ kernel
    outputs: Array = total.transpose(1, 0, 2).reshape(length, operation.filters) + weights["bias"]
    return outputs
