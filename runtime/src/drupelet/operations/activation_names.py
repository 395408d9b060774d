"""The activations, functions of one number. Definitions are Keras 3's; x is a float32."""

from __future__ import annotations

ACTIVATIONS = (
    "linear",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",  # clip(x / 6 + 0.5, 0, 1)
    "elu",  # x > 0 ? x : alpha (e^x - 1)
    "selu",  # 1.0507009873554805 (x > 0 ? x : 1.6732632423543772 (e^x - 1))
    "silu",  # x sigmoid(x)
    "softsign",  # x / (1 + |x|)
    "hard_sigmoid_2",  # clip(0.2 x + 0.5, 0, 1), the hard_sigmoid of Keras 1 and 2
    "relu6",  # min(max(x, 0), 6)
    "softplus",  # log(1 + e^x)
    "gelu",  # x (1 + erf(x / sqrt 2)) / 2
    "gelu_tanh",  # x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
    "exponential",  # e^x
    "leaky_relu",  # x > 0 ? x : alpha x
    "bounded_relu",  # x > gamma ? min(x, beta) : alpha (x - gamma), beta may be infinite; the layer ReLU
    "mish",  # x tanh(softplus(x))
    "log_sigmoid",  # -softplus(-x)
    "hard_silu",  # x hard_sigmoid(x)
    "hard_tanh",  # clip(x, -1, 1)
    "tanh_shrink",  # x - tanh(x)
    "soft_shrink",  # x > alpha ? x - alpha : x < -alpha ? x + alpha : 0
    "hard_shrink",  # |x| > alpha ? x : 0
    "celu",  # max(x, 0) + min(alpha (e^(x / alpha) - 1), 0)
    "squareplus",  # (x + sqrt(x^2 + alpha)) / 2
    "sparse_plus",  # x <= -1 ? 0 : x >= 1 ? x : (x + 1)^2 / 4
    "sparse_sigmoid",  # x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2
    "threshold",  # x > alpha ? x : beta
)
PARAMETERS = {
    "elu": ("alpha",),
    "leaky_relu": ("alpha",),
    "bounded_relu": ("alpha", "beta", "gamma"),
    "soft_shrink": ("alpha",),
    "hard_shrink": ("alpha",),
    "celu": ("alpha",),
    "squareplus": ("alpha",),
    "threshold": ("alpha", "beta"),
}
"""The parameters of an activation; the others of alpha, beta and gamma are 0."""
RECURRENT_ACTIVATIONS = (*(name for name in ACTIVATIONS if name not in PARAMETERS), "elu")
"""Activations of recurrent layers, for gates and for the state. They have no parameters; elu has alpha 1."""
