"""The activations, as Keras 3 defines them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from drupelet.operations.activation import Activation
from drupelet_export.model.oracle.call import Call, Values


def activation(operation: Activation, call: Call) -> Values:
    """The function of every number."""
    [x] = call.inputs
    return activated(operation.function, x, operation.alpha, operation.beta, operation.gamma)


def activated(function: str, x: Values, alpha: float = 1.0, beta: float = 0.0, gamma: float = 0.0) -> Values:
    """A function of every number. ``alpha`` is 1 where elu is the activation of a recurrent layer."""
    return np.asarray(FUNCTIONS[function](x, alpha, beta, gamma))


def _sigmoid(x: Values) -> Values:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _softplus(x: Values) -> Values:
    return np.asarray(np.logaddexp(0, x))


def _exp_minus_1(x: Values) -> Values:
    """e^x - 1 for x <= 0, else 0: its value above 0 is never used, and would overflow."""
    return np.asarray(np.expm1(np.minimum(x, 0)))


_erf = np.vectorize(math.erf, otypes=[np.float64])
Function = Callable[[Values, float, float, float], Values]
FUNCTIONS: dict[str, Function] = {
    "linear": lambda x, a, b, c: x,
    "relu": lambda x, a, b, c: np.maximum(x, 0),
    "tanh": lambda x, a, b, c: np.tanh(x),
    "sigmoid": lambda x, a, b, c: _sigmoid(x),
    "hard_sigmoid": lambda x, a, b, c: np.clip(x / 6 + 0.5, 0, 1),
    "elu": lambda x, a, b, c: np.where(x > 0, x, a * _exp_minus_1(x)),
    # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha.
    "selu": lambda x, a, b, c: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * _exp_minus_1(x)),
    "silu": lambda x, a, b, c: x * _sigmoid(x),
    "softsign": lambda x, a, b, c: x / (1 + np.abs(x)),
    "hard_sigmoid_2": lambda x, a, b, c: np.clip(0.2 * x + 0.5, 0, 1),
    "relu6": lambda x, a, b, c: np.clip(x, 0, 6),
    "softplus": lambda x, a, b, c: _softplus(x),
    # Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", arXiv:1606.08415, and its approximation.
    "gelu": lambda x, a, b, c: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x, a, b, c: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "exponential": lambda x, a, b, c: np.exp(x),
    "leaky_relu": lambda x, a, b, c: np.where(x > 0, x, a * x),
    "bounded_relu": lambda x, a, b, c: np.where(x > c, np.minimum(x, b), a * (x - c)),
    "mish": lambda x, a, b, c: x * np.tanh(_softplus(x)),
    "log_sigmoid": lambda x, a, b, c: -_softplus(-x),
    "hard_silu": lambda x, a, b, c: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x, a, b, c: np.clip(x, -1, 1),
    "tanh_shrink": lambda x, a, b, c: x - np.tanh(x),
    "soft_shrink": lambda x, a, b, c: np.where(x > a, x - a, np.where(x < -a, x + a, 0)),
    "hard_shrink": lambda x, a, b, c: np.where(np.abs(x) > a, x, 0),
    "celu": lambda x, a, b, c: np.maximum(x, 0) + a * _exp_minus_1(x / a),
    "squareplus": lambda x, a, b, c: (x + np.sqrt(x**2 + a)) / 2,
    "sparse_plus": lambda x, a, b, c: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4)),
    "sparse_sigmoid": lambda x, a, b, c: np.clip((x + 1) / 2, 0, 1),
    "threshold": lambda x, a, b, c: np.where(x > a, x, b),
}
"""Each function of x, alpha, beta and gamma."""
