"""Activations, as functions in the arguments of layers and as layers of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import RECURRENT_ACTIVATIONS
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.softmax import softmax
from drupelet_export.reading.layers.value import Value

SOFTMAXES = ("softmax", "log_softmax")


def functions() -> Mapping[Any, tuple[str, dict[str, float]]]:
    """The name in the graph, and the parameters, of each activation of Keras, by the function itself."""
    from keras import activations

    from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2

    plain = (
        "linear", "relu", "tanh", "sigmoid", "hard_sigmoid", "selu", "silu", "softsign", "relu6", "softplus", "gelu",
        "exponential", "mish", "log_sigmoid", "hard_silu", "hard_tanh", "tanh_shrink", "sparse_plus", "sparse_sigmoid",
        "softmax", "log_softmax",
    )  # fmt: skip
    table: dict[Any, tuple[str, dict[str, float]]] = {getattr(activations, name): (name, {}) for name in plain}
    table[hard_sigmoid_keras2] = ("hard_sigmoid_2", {})
    table[activations.elu] = ("elu", {"alpha": 1.0})
    table[activations.leaky_relu] = ("leaky_relu", {"alpha": 0.2})
    table[activations.celu] = ("celu", {"alpha": 1.0})
    table[activations.soft_shrink] = ("soft_shrink", {"alpha": 0.5})
    table[activations.hard_shrink] = ("hard_shrink", {"alpha": 0.5})
    table[activations.squareplus] = ("squareplus", {"alpha": 4.0})
    return table


def activate(call: Call, value: Value, activation: Any) -> Value:
    """The activation of a value: a function of Keras, a layer, or None."""
    import keras

    if activation is None:
        return value
    if isinstance(activation, keras.layers.Layer):
        return call.apply(activation, value)
    name, parameters = _known(call, activation)
    if name in SOFTMAXES:
        return softmax(call, value, -1, name)
    return function(call, value, name, **parameters)


def function(call: Call, value: Value, name: str, **parameters: float) -> Value:
    """A function of every number, by its name in the graph."""
    if name == "linear":
        return value
    held = {key: _float32(number) for key, number in parameters.items()}
    return call.same(value, lambda number: call.add(Activation(name, **held), [number]))


def recurrent_activation(call: Call, activation: Any) -> str:
    """The name of an activation of a recurrent layer."""
    name, _ = ("linear", {}) if activation is None else _known(call, activation)
    if name not in RECURRENT_ACTIVATIONS:
        call.refuse(
            f"has the activation {name}, expected one of {', '.join(RECURRENT_ACTIVATIONS)} in a recurrent layer"
        )
    return name


def _known(call: Call, activation: Any) -> tuple[str, dict[str, float]]:
    known = functions()
    if activation not in known:
        name = getattr(activation, "__name__", type(activation).__name__)
        call.refuse(
            f"has the activation {name!r}, expected one of Keras: {', '.join(sorted(name for name, _ in known.values()))}"
        )
    return known[activation]


def _float32(number: float) -> float:
    return float(np.float32(number))


def _activation(layer: Any, call: Call) -> Value:
    return activate(call, call.value, layer.activation)


def _relu(layer: Any, call: Call) -> Value:
    slope, bound, threshold = float(layer.negative_slope), layer.max_value, float(layer.threshold)
    if bound is None and threshold == 0:
        return (
            function(call, call.value, "relu") if slope == 0 else function(call, call.value, "leaky_relu", alpha=slope)
        )
    return function(
        call, call.value, "bounded_relu", alpha=slope, beta=math.inf if bound is None else float(bound), gamma=threshold
    )


def _leaky_relu(layer: Any, call: Call) -> Value:
    return function(call, call.value, "leaky_relu", alpha=float(layer.negative_slope))


def _elu(layer: Any, call: Call) -> Value:
    return function(call, call.value, "elu", alpha=float(layer.alpha))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Activation: _activation, layers.ReLU: _relu, layers.LeakyReLU: _leaky_relu, layers.ELU: _elu}
