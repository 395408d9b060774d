"""Dense and EinsumDense, on vectors and on every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.operations.dense import Dense
from drupelet_export.reading.layers.activation import activate
from drupelet_export.reading.layers.arrays import array_of, bias_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def project(call: Call, value: Value, kernel: Any, bias: Any, owner: tuple[Any, str]) -> Value:
    """x kernel + bias, with the kernel as a matrix; a single step stays one."""
    units = int(kernel.shape[-1])
    weights = {"kernel": kernel, "bias": bias}
    value = call.numeric(value)
    if value.layout == "single":
        return call.same(value, lambda number: call.add(Dense(units), [number], weights, owner=owner))
    return call.add(Dense(units), [value], weights, owner=owner)


def _dense(layer: Any, call: Call) -> Value:
    kernel = array_of(layer.kernel)
    return activate(
        call, project(call, call.value, kernel, bias_of(layer, layer.units), (layer, "kernel")), layer.activation
    )


def _einsum_dense(layer: Any, call: Call) -> Value:
    left, _, output = layer.equation.replace(" ", "").partition("->")
    read, _, kernel_axes = left.partition(",")
    read, output = read.replace("...", ""), output.replace("...", "")
    summed = [axis for axis in read if axis not in output]
    if len(summed) != 1 or read[-1] != summed[0] or len(kernel_axes) != 2 or read[:-1] != output[:-1] or set(
        kernel_axes
    ) != {summed[0], output[-1]}:  # fmt: skip
        call.refuse(
            f"has the equation {layer.equation!r}, expected a matrix product with the last axis, as '...x,xy->...y'"
        )
    kernel = array_of(layer.kernel)
    if kernel_axes[0] != summed[0]:
        kernel = kernel.T
    bias = None if layer.bias is None else array_of(layer.bias)
    units = kernel.shape[1]
    if bias is not None and bias.size != units:
        call.refuse(f"has a bias of shape {bias.shape}, expected one number for each of {units} units")
    held = bias_of(layer, units)
    return activate(call, project(call, call.value, kernel, held, (layer, "kernel")), layer.activation)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Dense: _dense, layers.EinsumDense: _einsum_dense}
