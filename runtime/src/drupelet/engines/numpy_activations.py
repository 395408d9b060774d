"""The activations in numpy, as Keras 3 defines them. :mod:`drupelet.operations.activation_names` says what each computes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]  # float32 throughout
    Activation = Callable[[Array], Array]

ERRORS_AT_ONCE = 1 << 16
"""Numbers whose error function is computed at a time: as objects of Python they take eight times the memory."""

# Klambauer et al. 2017, "Self-Normalizing Neural Networks"
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def function_of(name: str, alpha: float = 1.0, beta: float = 0.0, gamma: float = 0.0) -> Activation:
    """The activation of that name. alpha is that of ``elu`` in a recurrent layer where none is given."""
    import numpy as np

    one, a, b, c = (np.float32(number) for number in (1, alpha, beta, gamma))

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    def hard_sigmoid(x: Array) -> Array:
        return np.clip(x / np.float32(6) + np.float32(0.5), 0, 1)

    def elu(x: Array, factor: Any) -> Array:
        return np.where(x > 0, x, factor * np.expm1(x))

    def softplus(x: Array) -> Array:
        found: Array = np.logaddexp(x, np.float32(0))
        return found

    def gelu(x: Array) -> Array:
        # numpy has no error function.
        scaled = (x / np.float32(math.sqrt(2))).ravel()
        for start in range(0, scaled.size, ERRORS_AT_ONCE):
            block = scaled[start : start + ERRORS_AT_ONCE]
            block[:] = np.fromiter(map(math.erf, block.tolist()), np.float32, block.size)
        found: Array = x * (1 + scaled.reshape(x.shape)) / 2
        return found

    def gelu_tanh(x: Array) -> Array:
        inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
        found: Array = x * (1 + np.tanh(inner)) / 2
        return found

    functions: dict[str, Activation] = {
        "linear": lambda x: x,
        "relu": lambda x: np.maximum(x, np.float32(0)),
        "tanh": np.tanh,
        "sigmoid": sigmoid,
        "hard_sigmoid": hard_sigmoid,
        "elu": lambda x: elu(x, a),
        "selu": lambda x: np.float32(SELU_SCALE) * elu(x, np.float32(SELU_ALPHA)),
        "silu": lambda x: x * sigmoid(x),
        "softsign": lambda x: x / (1 + np.abs(x)),
        "hard_sigmoid_2": lambda x: np.clip(x * np.float32(0.2) + np.float32(0.5), 0, 1),
        "relu6": lambda x: np.clip(x, 0, 6),
        "softplus": softplus,
        "gelu": gelu,
        "gelu_tanh": gelu_tanh,
        "exponential": np.exp,
        "leaky_relu": lambda x: np.where(x > 0, x, a * x),
        "bounded_relu": lambda x: np.where(x > c, np.minimum(x, b), a * (x - c)),
        "mish": lambda x: x * np.tanh(softplus(x)),
        "log_sigmoid": lambda x: -softplus(-x),
        "hard_silu": lambda x: x * hard_sigmoid(x),
        "hard_tanh": lambda x: np.clip(x, -1, 1),
        "tanh_shrink": lambda x: x - np.tanh(x),
        "soft_shrink": lambda x: np.where(x > a, x - a, np.where(x < -a, x + a, np.float32(0))),
        "hard_shrink": lambda x: np.where(np.abs(x) > a, x, np.float32(0)),
        "celu": lambda x: np.maximum(x, 0) + np.minimum(a * np.expm1(np.minimum(x, 0) / a), 0),
        "squareplus": lambda x: (x + np.sqrt(x * x + a)) / 2,
        "sparse_plus": lambda x: np.where(x <= -1, np.float32(0), np.where(x >= 1, x, (x + one) * (x + one) / 4)),
        "sparse_sigmoid": lambda x: np.clip((x + one) / 2, 0, 1),
        "threshold": lambda x: np.where(x > a, x, b),
    }
    return functions[name]
