"""An engine in plain Python and float64, written to be right and to be read: the reference of the tests of engines.

It is built from docs/format.md and Keras's definitions, shares no code with an engine, and needs no library.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import Union

from drupelet.architecture import Architecture, Recurrent
from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier
from drupelet.manifest import ModelEntry
from drupelet.model_file import read_model_file
from runtime.format_writer import FLOAT16, FLOAT32, INT4, INT8, UINT8, stored_tensors
from runtime.networks import Model, tensor_shapes

Vector = list[float]
Matrix = list[Vector]
Payload = Union[bytes, memoryview]
LETTERS = {FLOAT32: "f", FLOAT16: "e", INT8: "b", INT4: "B", UINT8: "B"}
"""Letters of :mod:`struct` by type."""


class Oracle:
    """A network and its weights, decoded once: kernels by column, the embedding and biases by row."""

    def __init__(self, network: Architecture, scheme: str, tensors: Mapping[str, Payload]) -> None:
        self._network = network
        self._weights: dict[str, Matrix] = {}
        for name, shape in tensor_shapes(network).items():
            rows = decoded(name, shape, scheme, tensors)
            self._weights[name] = [list(column) for column in zip(*rows)] if name.endswith("kernel") else rows

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text, for its ids."""
        return [self._logits(ids) for ids in batch]

    def _logits(self, ids: Sequence[int]) -> Vector:
        network, weights = self._network, self._weights
        steps = [weights["embedding"][row] for row in ids]
        vector: Vector = []
        for place, layer in enumerate(network.recurrent):
            runs = [_run(layer, way, f"recurrent.{place}.{way}", weights, steps) for way in _ways(layer)]
            vector = _merged(layer.merge, [last for _, last in runs])
            steps = [_merged(layer.merge, outputs) for outputs in zip(*(outputs for outputs, _ in runs))]
        if network.pooling == "max":
            below = network.pool_zero_below
            zeros = [[0.0] * len(vector)] if not steps or (below is not None and len(steps) < below) else []
            vector = [_largest(column) for column in zip(*steps, *zeros)]
        elif network.pooling == "average":
            count = len(vector)
            vector = [sum(column) / len(steps) for column in zip(*steps)] if steps else [math.nan] * count
        for place, dense in enumerate(network.dense):
            (bias,) = weights[f"dense.{place}.bias"]
            vector = _sum(_product(vector, weights[f"dense.{place}.kernel"]), bias)
            vector = [ACTIVATIONS[dense.activation](value) for value in vector]
        return vector


class OracleEngine:
    """The oracle as an engine: reads .drupelet files."""

    name = "oracle"
    format = "drupelet"

    def check(self) -> None:
        """None: the oracle always runs."""

    def libraries(self) -> tuple[str, ...]:
        """No foreign module."""
        return ()

    def load(self, bundle: Bundle, model: ModelEntry) -> Oracle:
        """The network of a .drupelet file."""
        file = read_model_file(bundle.read(model.entry), bundle.path)
        return Oracle(file.architecture, file.scheme, file.tensors)

    def version(self) -> str:
        """The name alone: the oracle has no version."""
        return "oracle"


def oracle_of(model: Model, scheme: str = "f32") -> Oracle:
    """The oracle of a model as a scheme stores it."""
    tensors = {name: payload for name, _, _, payload in stored_tensors(model, scheme)}
    return Oracle(model.architecture, scheme, tensors)


def oracle_classifier(location: Path) -> Classifier:
    """A classifier on the first .drupelet file of a bundle: drupelet reads the texts, the oracle runs the network."""
    bundle = open_bundle(location)
    model = bundle.model("drupelet")
    assert model is not None, "a bundle without a .drupelet file"
    return Classifier(bundle, OracleEngine(), model)


def decoded(name: str, shape: Sequence[int], scheme: str, tensors: Mapping[str, Payload]) -> Matrix:
    """A tensor of a file as rows of float32 numbers; a vector is one row."""
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    if scheme == "f32" or name.endswith("bias"):
        return _rows(_numbers(FLOAT32, tensors[name]), columns)
    if scheme == "f16":
        return _rows(_numbers(FLOAT16, tensors[name]), columns)
    if name != "embedding":
        scales = _numbers(FLOAT32, tensors[f"{name}.scales"])
        return [_float32(map(mul, row, scales)) for row in _rows(_numbers(INT8, tensors[name]), columns)]
    if scheme == "wi8":
        integers = _rows(_numbers(INT8, tensors[name]), columns)
    else:
        integers = [_nibbles(row)[:columns] for row in _rows(_numbers(INT4, tensors[name]), (columns + 1) // 2)]
    table = _numbers(FLOAT32, tensors["embedding.scale_table"])
    codes = _numbers(UINT8, tensors["embedding.scale_codes"])
    return [_float32(value * table[int(codes[row])] for value in integers[row]) for row in range(rows)]


def _numbers(dtype: int, payload: Payload) -> Sequence[float]:
    letter = LETTERS[dtype]
    return struct.unpack(f"<{len(payload) // struct.calcsize(letter)}{letter}", payload)


def _rows(values: Sequence[float], columns: int) -> Matrix:
    return [list(values[start : start + columns]) for start in range(0, len(values), columns)]


def _nibbles(row: Sequence[float]) -> Vector:
    """The int4 numbers of a row of bytes: the low nibbles, then the high ones."""
    return [byte % 16 - 8 for byte in row] + [byte // 16 - 8 for byte in row]


def _float32(values: Iterable[float]) -> Vector:
    """The nearest float32 of each; what is too large becomes infinite."""
    return list(array("f", values))


def _ways(layer: Recurrent) -> tuple[str, ...]:
    return ("forward", "backward") if layer.direction == "bidirectional" else (layer.direction,)


def _run(layer: Recurrent, way: str, name: str, weights: Mapping[str, Matrix], steps: Matrix) -> tuple[Matrix, Vector]:
    """The outputs of one direction in the order of the text, and its last state."""
    h, c = [0.0] * layer.units, [0.0] * layer.units
    outputs: Matrix = []
    for x in steps if way == "forward" else reversed(steps):
        h, c = _step(layer, name, weights, x, h, c)
        outputs.append(h)
    return (outputs if way == "forward" else outputs[::-1]), h


def _step(
    layer: Recurrent, name: str, weights: Mapping[str, Matrix], x: Vector, h: Vector, c: Vector
) -> tuple[Vector, Vector]:
    """State and cell after one step. Gate order: LSTM input, forget, cell, output; GRU update, reset, candidate."""
    activation, gate = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
    kernel, recurrent, bias = (weights[f"{name}.{part}"] for part in ("kernel", "recurrent_kernel", "bias"))
    units = layer.units
    of_input = _sum(_product(x, kernel), bias[0])
    if layer.cell == "lstm":
        total = _sum(of_input, _product(h, recurrent))
        i, f, g, o = (total[start : start + units] for start in range(0, 4 * units, units))
        c = [gate(f[n]) * c[n] + gate(i[n]) * activation(g[n]) for n in range(units)]
        return [gate(o[n]) * activation(c[n]) for n in range(units)], c
    if layer.reset_after:
        of_state = _sum(_product(h, recurrent), bias[1])
        r = [gate(of_input[units + n] + of_state[units + n]) for n in range(units)]
        of_candidate = [r[n] * of_state[2 * units + n] for n in range(units)]
    else:
        of_state = _product(h, recurrent[: 2 * units])
        r = [gate(of_input[units + n] + of_state[units + n]) for n in range(units)]
        of_candidate = _product(list(map(mul, r, h)), recurrent[2 * units :])
    z = [gate(of_input[n] + of_state[n]) for n in range(units)]
    candidate = [activation(of_input[2 * units + n] + of_candidate[n]) for n in range(units)]
    return [z[n] * h[n] + (1 - z[n]) * candidate[n] for n in range(units)], c


def _product(vector: Vector, columns: Matrix) -> Vector:
    return [sum(map(mul, vector, column)) for column in columns]


def _sum(a: Vector, b: Vector) -> Vector:
    return [x + y for x, y in zip(a, b)]


def _merged(merge: str, parts: Sequence[Vector]) -> Vector:
    if merge == "none":
        return parts[0]
    if merge == "concat":
        return [value for part in parts for value in part]
    joins: dict[str, Callable[[float, float], float]] = {
        "sum": lambda a, b: a + b,
        "mul": mul,
        "ave": lambda a, b: (a + b) / 2,
    }
    return list(map(joins[merge], *parts))


def _largest(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


def _sigmoid(x: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * x))


def _relu(x: float) -> float:
    return x if x > 0 or math.isnan(x) else 0.0


def _elu(x: float, alpha: float = 1.0) -> float:
    return alpha * math.expm1(x) if x < 0 else x


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "linear": lambda x: x,
    "relu": _relu,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: x if math.isnan(x) else max(0.0, min(1.0, x / 6 + 0.5)),
    "elu": _elu,
    # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha.
    "selu": lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772),
    "silu": lambda x: x * _sigmoid(x),
    "softsign": lambda x: x / (1 + abs(x)),
}
"""Activations by name, as Keras 3 defines them."""
