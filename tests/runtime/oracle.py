"""An engine in plain Python and float64, written to be right and to be read: the reference of the tests of engines.

It is built from docs/format.md and Keras's definitions, shares no code with an engine, and needs no library.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import Union

from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier
from drupelet.graph import Graph
from drupelet.manifest import ModelEntry
from drupelet.model_file import read_model_file
from runtime.format_writer import FLOAT16, FLOAT32, INT4, INT8, STORAGE, UINT8, stored_tensors
from runtime.networks import Model
from runtime.oracle_operations import OPERATIONS, Matrix, Vector

Payload = Union[bytes, memoryview]
LETTERS = {FLOAT32: "f", FLOAT16: "e", INT8: "b", INT4: "B", UINT8: "B"}
"""Letters of :mod:`struct` by type."""


class Oracle:
    """A graph and its weights, decoded once."""

    def __init__(self, graph: Graph, scheme: str, tensors: Mapping[str, Payload]) -> None:
        self._graph = graph
        self._types = graph.types
        self._weights: list[dict[str, Matrix]] = []
        shapes = graph.tensor_shapes()
        for number in range(len(graph.nodes)):
            prefix = graph.tensor_prefix(number)
            self._weights.append(
                {
                    name[len(prefix) :]: decoded(name, shape, scheme, tensors)
                    for name, shape in shapes.items()
                    if name.startswith(prefix)
                }
            )

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text, for its ids."""
        return [self.values(ids)[-1][0] for ids in batch]

    def values(self, ids: Sequence[int]) -> list[Matrix]:
        """Every value of a text: the ids as rows of one number, then what each node gives; a vector is one row."""
        values: list[Matrix] = [[[row] for row in ids]]
        for node, weights in zip(self._graph.nodes, self._weights):
            inputs = [values[read] for read in node.inputs]
            types = [self._types[read] for read in node.inputs]
            values.append(OPERATIONS[node.operation.name](node.operation, inputs, types, weights, len(ids)))
        return values


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
        return Oracle(file.graph, file.scheme, file.tensors)

    def version(self) -> str:
        """The name alone: the oracle has no version."""
        return "oracle"


def oracle_of(model: Model, scheme: str = "f32") -> Oracle:
    """The oracle of a model as a scheme stores it."""
    tensors = {name: payload for name, _, _, payload in stored_tensors(model, scheme)}
    return Oracle(model.graph, scheme, tensors)


def oracle_classifier(location: Path) -> Classifier:
    """A classifier on the first .drupelet file of a bundle: drupelet reads the texts, the oracle runs the network."""
    bundle = open_bundle(location)
    model = bundle.model("drupelet")
    assert model is not None, "a bundle without a .drupelet file"
    return Classifier(bundle, OracleEngine(), model)


def decoded(name: str, shape: Sequence[int], scheme: str, tensors: Mapping[str, Payload]) -> Matrix:
    """A tensor of a file as rows of float32 numbers; a vector is one row."""
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    storage = STORAGE[name.rpartition(".")[2]]
    if scheme == "f32" or storage == "floats":
        return _rows(_numbers(FLOAT32, tensors[name]), columns)
    if scheme == "f16":
        return _rows(_numbers(FLOAT16, tensors[name]), columns)
    if storage == "columns":
        scales = _numbers(FLOAT32, tensors[f"{name}.scales"])
        return [_float32(map(mul, row, scales)) for row in _rows(_numbers(INT8, tensors[name]), columns)]
    if scheme == "wi8":
        integers = _rows(_numbers(INT8, tensors[name]), columns)
    else:
        integers = [_nibbles(row)[:columns] for row in _rows(_numbers(INT4, tensors[name]), (columns + 1) // 2)]
    table = _numbers(FLOAT32, tensors[f"{name}.scale_table"])
    codes = _numbers(UINT8, tensors[f"{name}.scale_codes"])
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
