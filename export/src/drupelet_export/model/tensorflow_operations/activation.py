"""The activations, of operators that TFLite has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from drupelet.operations.activation import Activation
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def activation(operation: Activation, call: Call) -> Tensor:
    """The function of every number."""
    [x] = call.inputs
    return activated(operation.function, x, operation.alpha, operation.beta, operation.gamma, call.one)


def activated(
    function: str, x: Tensor, alpha: float = 1.0, beta: float = 0.0, gamma: float = 0.0, one: Tensor = 1.0
) -> Tensor:
    """A function of every number. ``alpha`` is 1 where elu is the activation of a recurrent layer. ``one``: see Call."""
    if function in OF_PARAMETERS:
        return OF_PARAMETERS[function](x, one, alpha, beta, gamma)
    return FUNCTIONS[function](x, one)


def _tf() -> Any:
    import tensorflow as tf

    return tf


def _elu(x: Tensor, alpha: float) -> Tensor:
    tf = _tf()
    if alpha == 1:
        return tf.nn.elu(x)
    return tf.nn.relu(x) + alpha * tf.nn.elu(tf.minimum(x, 0.0))


def _selu(x: Tensor) -> Tensor:
    """Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale, and scale * alpha."""
    tf = _tf()
    return 1.0507009873554805 * tf.nn.relu(x) + 1.7580993408473766 * tf.nn.elu(tf.minimum(x, 0.0))


def _softplus(x: Tensor) -> Tensor:
    """log(1 + e^x) without overflow. TFLite has no operator for it."""
    tf = _tf()
    return tf.nn.relu(x) + tf.math.log(1.0 + tf.exp(-tf.abs(x)))


def _log_sigmoid(x: Tensor) -> Tensor:
    """-log(1 + e^-x) without overflow."""
    tf = _tf()
    return tf.minimum(x, 0.0) - tf.math.log(1.0 + tf.exp(-tf.abs(x)))


def _hard_sigmoid(x: Tensor, one: Tensor) -> Tensor:
    return _tf().nn.relu6(x + 3.0) * (one * (1.0 / 6.0))


def _bounded_relu(x: Tensor, one: Tensor, alpha: float, beta: float, gamma: float) -> Tensor:
    tf = _tf()
    above = x if math.isinf(beta) else tf.minimum(x, beta)
    return tf.where(x > gamma, above, (one * alpha) * (x - gamma))


def _celu(x: Tensor, alpha: float) -> Tensor:
    tf = _tf()
    return tf.nn.relu(x) + alpha * tf.nn.elu(tf.minimum(x, 0.0) * (1 / alpha))


def _sparse_plus(x: Tensor) -> Tensor:
    tf = _tf()
    return tf.square(tf.clip_by_value(x, -1.0, 1.0) + 1.0) * 0.25 + tf.nn.relu(x - 1.0)


def _gelu(x: Tensor) -> Tensor:
    """x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", arXiv:1606.08415).

    TFLite has no erf. The converter makes one GELU of this where nothing else reads its parts, 0.5 * x and -x; so no other
    function here has these.
    """
    return _tf().nn.gelu(x, approximate=False)


def _gelu_tanh(x: Tensor) -> Tensor:
    """x (1 + tanh(u)) / 2 as x sigmoid(2 u), which is exact far below zero too."""
    return x * _tf().sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


def _mish(x: Tensor) -> Tensor:
    """x tanh(log(1 + e)) with e = e^x: the hyperbolic tangent of a logarithm is a fraction."""
    tf = _tf()
    power = tf.exp(tf.minimum(x, 20.0))  # above 20 the fraction is 1
    part = power * (power + 2.0)
    return x * (part / (part + 2.0))


def _squareplus(x: Tensor, alpha: float) -> Tensor:
    """(x + sqrt(x^2 + alpha)) / 2, without the difference of two large numbers."""
    tf = _tf()
    if alpha == 0:
        return tf.nn.relu(x)
    return tf.nn.relu(x) + 0.5 * alpha / (tf.abs(x) + tf.sqrt(x * x + alpha))


FUNCTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "linear": lambda x, one: x,
    "relu": lambda x, one: _tf().nn.relu(x),
    "tanh": lambda x, one: _tf().tanh(x),
    "sigmoid": lambda x, one: _tf().sigmoid(x),
    "hard_sigmoid": _hard_sigmoid,
    "selu": lambda x, one: _selu(x),
    "silu": lambda x, one: x * _tf().sigmoid(x),
    "softsign": lambda x, one: x / (1.0 + _tf().abs(x)),
    "hard_sigmoid_2": lambda x, one: _tf().clip_by_value((one * 0.2) * x + 0.5, 0.0, 1.0),
    "relu6": lambda x, one: _tf().nn.relu6(x),
    "softplus": lambda x, one: _softplus(x),
    "gelu": lambda x, one: _gelu(x),
    "gelu_tanh": lambda x, one: _gelu_tanh(x),
    "exponential": lambda x, one: _tf().exp(x),
    "mish": lambda x, one: _mish(x),
    "log_sigmoid": lambda x, one: _log_sigmoid(x),
    "hard_silu": lambda x, one: x * _hard_sigmoid(x, one),
    "hard_tanh": lambda x, one: _tf().clip_by_value(x, -1.0, 1.0),
    "tanh_shrink": lambda x, one: x - _tf().tanh(x),
    "sparse_plus": lambda x, one: _sparse_plus(x),
    "sparse_sigmoid": lambda x, one: _tf().clip_by_value((one * 0.5) * (x + 1.0), 0.0, 1.0),
}
"""Functions of x. The other argument is 1, see :class:`Call`."""
OF_PARAMETERS: dict[str, Callable[[Tensor, Tensor, float, float, float], Tensor]] = {
    "elu": lambda x, one, a, b, c: _elu(x, a),
    "leaky_relu": lambda x, one, a, b, c: _tf().nn.leaky_relu(x, a),
    "bounded_relu": _bounded_relu,
    "soft_shrink": lambda x, one, a, b, c: x - _tf().clip_by_value(x, -a, a),
    "hard_shrink": lambda x, one, a, b, c: _tf().where(_tf().abs(x) > a, x, 0.0),
    "celu": lambda x, one, a, b, c: _celu(x, a),
    "squareplus": lambda x, one, a, b, c: _squareplus(x, a),
    "threshold": lambda x, one, a, b, c: _tf().where(x > a, x, b),
}
"""Functions of x that have parameters: x, 1, alpha, beta and gamma."""
