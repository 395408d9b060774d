"""Functions of keras.ops that work on every number, and softmax."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from drupelet_export.reading.layers.activation import function
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.softmax import softmax
from drupelet_export.reading.layers.value import Value

PARAMETERS = {
    "elu": ("alpha",), "leaky_relu": ("negative_slope",), "celu": ("alpha",), "squareplus": ("b",),
    "soft_shrink": ("threshold",), "hard_shrink": ("threshold",), "threshold": ("threshold", "default_value"),
}  # fmt: skip
"""The attributes of an operation that are alpha and beta."""


def _function(layer: Any, call: Call, name: str) -> Value:
    attributes = PARAMETERS.get(name, ())
    held = dict(zip(("alpha", "beta"), (float(getattr(layer, each)) for each in attributes), strict=False))
    return function(call, call.value, name, **held)


def _gelu(layer: Any, call: Call) -> Value:
    return function(call, call.value, "gelu_tanh" if layer.approximate else "gelu")


def _softmax(layer: Any, call: Call, name: str) -> Value:
    return softmax(call, call.value, layer.axis, name)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras.src.ops import nn, numpy

    classes = {
        nn.Relu: "relu", nn.Relu6: "relu6", nn.Sigmoid: "sigmoid", nn.Softplus: "softplus", nn.Softsign: "softsign",
        nn.Silu: "silu", nn.LogSigmoid: "log_sigmoid", nn.LeakyRelu: "leaky_relu", nn.HardSigmoid: "hard_sigmoid",
        nn.HardSilu: "hard_silu", nn.Elu: "elu", nn.Selu: "selu", nn.Celu: "celu", nn.HardTanh: "hard_tanh",
        nn.TanhShrink: "tanh_shrink", nn.SoftShrink: "soft_shrink", nn.HardShrink: "hard_shrink", nn.Squareplus: "squareplus",
        nn.SparsePlus: "sparse_plus", nn.SparseSigmoid: "sparse_sigmoid", nn.Threshold: "threshold", numpy.Tanh: "tanh",
        numpy.Exp: "exponential",
    }  # fmt: skip
    readers: dict[type, Reader] = {kind: partial(_function, name=name) for kind, name in classes.items()}
    return {
        **readers, nn.Gelu: _gelu, nn.Softmax: partial(_softmax, name="softmax"),
        nn.LogSoftmax: partial(_softmax, name="log_softmax"),
    }  # fmt: skip
