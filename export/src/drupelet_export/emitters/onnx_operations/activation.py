"""The activations in the operators of opset 13."""

from __future__ import annotations

import math
from collections.abc import Callable

from drupelet.operations.activation import Activation
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph

PLAIN = {
    "linear": "Identity", "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "selu": "Selu", "softsign": "Softsign",
    "softplus": "Softplus", "exponential": "Exp",
}  # fmt: skip
"""Functions that are an operator without attributes."""


def activation(operation: Activation, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    activated(operation.function, call.inputs[0], call.output, graph, operation.alpha, operation.beta, operation.gamma)


def activated(
    function: str, x: str, output: str, graph: OnnxGraph, alpha: float = 0.0, beta: float = 0.0, gamma: float = 0.0
) -> str:
    """Adds the nodes of a function of x, and returns ``output``."""
    if function in PLAIN:
        return graph.add(PLAIN[function], [x], output)
    if function in ("elu", "leaky_relu", "celu"):
        return graph.add({"elu": "Elu", "leaky_relu": "LeakyRelu", "celu": "Celu"}[function], [x], output, alpha=alpha)
    if function in ("hard_sigmoid", "hard_sigmoid_2"):
        return graph.add("HardSigmoid", [x], output, alpha=1 / 6 if function == "hard_sigmoid" else 0.2, beta=0.5)
    if function in ("soft_shrink", "hard_shrink"):
        return graph.add("Shrink", [x], output, lambd=alpha, bias=alpha if function == "soft_shrink" else 0.0)
    return COMPOSED[function](graph, x, output, alpha, beta, gamma)


Composed = Callable[[OnnxGraph, str, str, float, float, float], str]


def _clip(g: OnnxGraph, x: str, least: float, most: float, output: str) -> str:
    return g.add("Clip", [x, g.number(least), g.number(most)], output)


def _silu(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    return g.add("Mul", [x, g.add("Sigmoid", [x], f"{out}.gate")], out)


def _hard_silu(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    return g.add("Mul", [x, g.add("HardSigmoid", [x], f"{out}.gate", alpha=1 / 6, beta=0.5)], out)


def _gelu(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    scaled = g.add("Mul", [x, g.number(1 / math.sqrt(2))], f"{out}.scaled")
    erf = g.add("Erf", [scaled], f"{out}.erf")
    share = g.add("Mul", [g.add("Add", [erf, g.number(1)], f"{out}.erf_1"), g.number(0.5)], f"{out}.share")
    return g.add("Mul", [x, share], out)


def _gelu_tanh(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    square = g.add("Mul", [x, x], f"{out}.square")
    bent = g.add("Add", [g.add("Mul", [square, g.number(0.044715)], f"{out}.bend"), g.number(1)], f"{out}.bent")
    inner = g.add("Mul", [g.add("Mul", [x, bent], f"{out}.inner"), g.number(math.sqrt(2 / math.pi))], f"{out}.scaled")
    tanh = g.add("Tanh", [inner], f"{out}.tanh")
    share = g.add("Mul", [g.add("Add", [tanh, g.number(1)], f"{out}.tanh_1"), g.number(0.5)], f"{out}.share")
    return g.add("Mul", [x, share], out)


def _mish(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    tanh = g.add("Tanh", [g.add("Softplus", [x], f"{out}.softplus")], f"{out}.tanh")
    return g.add("Mul", [x, tanh], out)


def _log_sigmoid(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    return g.add("Neg", [g.add("Softplus", [g.add("Neg", [x], f"{out}.negative")], f"{out}.softplus")], out)


def _tanh_shrink(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    return g.add("Sub", [x, g.add("Tanh", [x], f"{out}.tanh")], out)


def _bounded_relu(g: OnnxGraph, x: str, out: str, alpha: float, beta: float, gamma: float) -> str:
    bounded = x if math.isinf(beta) else g.add("Min", [x, g.number(beta)], f"{out}.bounded")
    below = g.add("Mul", [g.add("Sub", [x, g.number(gamma)], f"{out}.over"), g.number(alpha)], f"{out}.below")
    return g.add("Where", [g.add("Greater", [x, g.number(gamma)], f"{out}.is_above"), bounded, below], out)


def _squareplus(g: OnnxGraph, x: str, out: str, alpha: float, *_: float) -> str:
    square = g.add("Add", [g.add("Mul", [x, x], f"{out}.square"), g.number(alpha)], f"{out}.square_b")
    total = g.add("Add", [x, g.add("Sqrt", [square], f"{out}.root")], f"{out}.total")
    return g.add("Mul", [total, g.number(0.5)], out)


def _sparse_plus(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    share = g.add("Add", [_clip(g, x, -1, 1, f"{out}.clipped"), g.number(1)], f"{out}.share")
    quarter = g.add("Mul", [g.add("Mul", [share, share], f"{out}.square"), g.number(0.25)], f"{out}.quarter")
    return g.add("Where", [g.add("Less", [x, g.number(1)], f"{out}.is_below"), quarter, x], out)


def _sparse_sigmoid(g: OnnxGraph, x: str, out: str, *_: float) -> str:
    return g.add("HardSigmoid", [x], out, alpha=0.5, beta=0.5)


def _threshold(g: OnnxGraph, x: str, out: str, alpha: float, beta: float, _: float) -> str:
    return g.add("Where", [g.add("Greater", [x, g.number(alpha)], f"{out}.is_above"), x, g.number(beta)], out)


COMPOSED: dict[str, Composed] = {
    "silu": _silu,
    "hard_silu": _hard_silu,
    "relu6": lambda g, x, out, *_: _clip(g, x, 0, 6, out),
    "hard_tanh": lambda g, x, out, *_: _clip(g, x, -1, 1, out),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "mish": _mish,
    "log_sigmoid": _log_sigmoid,
    "tanh_shrink": _tanh_shrink,
    "bounded_relu": _bounded_relu,
    "squareplus": _squareplus,
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "threshold": _threshold,
}
"""Functions of several operators: graph, x, name of the output, alpha, beta, gamma."""
