"""Small networks with weights, as values that tests change and write to files; of the standard library alone."""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drupelet.architecture import Architecture, Dense, Recurrent
from drupelet.model_file import read_model_file
from drupelet.text.named import ALNUM
from drupelet.text.rules import TextRules

GOLDEN_BUNDLE = Path(__file__).parents[1] / "golden" / "bundle-v2"
"""The committed bundle of the tiny network, in every format: an LSTM of 3 units over 12 words and two labels."""
TINY_WORDS = ("a", "awful", "bad", "boring", "film", "good", "great", "movie", "the", "very", "wonder", "wonderful")
TINY_KERAS_IDS = [3, 12, 9, 13, 6, 7, 10, 5, 2, 8, 14, 11]
"""Keras's id of each of these words. Rows 4 and 15 of the Keras model belong to no word."""
FIRST_ID = 2
"""Id of the first word in a .drupelet file; 0 is padding, 1 the unknown word."""
Layer = tuple[str, str, str, str, str, bool]
"""A recurrent layer to be drawn: cell, direction, merge, activation, recurrent activation, reset_after."""


@dataclass(frozen=True)
class Model:
    """A network with its float32 weights, row-major by the names of docs/format.md, and what surrounds it in a file."""

    architecture: Architecture
    text_rules: TextRules
    labels: tuple[str, ...]
    words: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]
    first_id: int = FIRST_ID

    def with_network(self, **changes: Any) -> Model:
        """The same weights in a network with other fields."""
        return replace(self, architecture=replace(self.architecture, **changes))

    def with_text_rules(self, rules: TextRules) -> Model:
        """The same network behind other text rules, whose max_tokens becomes the network's."""
        return replace(self.with_network(max_tokens=rules.max_tokens), text_rules=rules)

    def with_weights(self, **changes: Sequence[float]) -> Model:
        """The same network with other weights; a name has "__" for each dot."""
        named = {name.replace("__", "."): tuple(map(float32, values)) for name, values in changes.items()}
        return replace(self, weights={**self.weights, **named})


def float32(value: float) -> float:
    """The nearest float32."""
    return array("f", [value])[0]


def tensor_shapes(network: Architecture) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor, in file order, as the table in docs/format.md says."""
    shapes: dict[str, tuple[int, ...]] = {"embedding": (network.vocabulary_rows, network.embedding_dim)}
    for place, layer in enumerate(network.recurrent):
        columns = {"lstm": 4, "gru": 3}[layer.cell] * layer.units
        ways = ("forward", "backward") if layer.direction == "bidirectional" else (layer.direction,)
        for way in ways:
            name = f"recurrent.{place}.{way}"
            shapes[f"{name}.kernel"] = (layer.input_dim, columns)
            shapes[f"{name}.recurrent_kernel"] = (layer.units, columns)
            shapes[f"{name}.bias"] = (2, columns) if layer.reset_after else (columns,)
    for place, dense in enumerate(network.dense):
        shapes[f"dense.{place}.kernel"] = (dense.input_dim, dense.units)
        shapes[f"dense.{place}.bias"] = (dense.units,)
    return shapes


def tiny_model() -> Model:
    """The network of GOLDEN_BUNDLE. Its weights are multiples of 1/16, so that no library can round them differently."""
    file = read_model_file((GOLDEN_BUNDLE / "model.f32.drupelet").read_bytes())
    weights = {name: struct.unpack(f"<{len(held) // 4}f", held) for name, held in file.tensors.items()}
    return Model(file.architecture, file.text_rules, file.labels, TINY_WORDS, weights)


def drawn_model(
    layers: Sequence[Layer],
    *,
    rows: int,
    dim: int = 5,
    units: int = 4,
    pooling: str = "last",
    dense: Sequence[tuple[str, int]] = (("linear", 2),),
    output: str = "softmax",
    padding: str = "none",
    max_tokens: int | None = None,
    pool_zero_below: int | None = None,
    spread: float = 0.5,
    octaves: tuple[float, float] = (-4, -1.5),
    seed: int = 29,
) -> Model:
    """A network of these layers over the words w000, w001, ... with weights drawn from a fixed seed.

    ``dense`` names activation and units of each dense layer. ``spread`` is the standard deviation of kernels and biases;
    that of recurrent kernels is smaller in wide layers, so that states neither die out nor, where nothing bounds them,
    explode. Rows of the embedding differ in scale by ``octaves``; row 2 is all zeros.
    """
    generator = random.Random(seed)  # noqa: S311
    recurrent, width = [], dim
    for cell, direction, merge, activation, gate, reset_after in layers:
        recurrent.append(Recurrent(cell, direction, merge, width, units, activation, gate, reset_after))
        width = recurrent[-1].output_dim
    head = []
    for activation, width_after in dense:
        head.append(Dense(width, width_after, activation))
        width = width_after
    network = Architecture(
        rows, dim, tuple(recurrent), pooling, tuple(head), output, max_tokens, padding, pool_zero_below
    )
    weights: dict[str, tuple[float, ...]] = {}
    for name, shape in tensor_shapes(network).items():
        deviation = min(spread, 0.4 / units**0.5) if name.endswith("recurrent_kernel") else spread
        count = shape[0] if len(shape) == 1 else shape[0] * shape[1]
        weights[name] = tuple(float32(generator.gauss(0, deviation)) for _ in range(count))
    scales = [2.0 ** generator.uniform(*octaves) for _ in range(rows)]
    embedding = [
        0.0 if row == 2 else float32(scales[row] * generator.uniform(-7, 7)) for row in range(rows) for _ in range(dim)
    ]
    return Model(
        architecture=network,
        text_rules=replace(ALNUM, max_tokens=max_tokens, unknown_id=1),
        labels=tuple(f"label{number}" for number in range(max(2, network.dense[-1].units))),
        words=tuple(f"w{number:03}" for number in range(rows - FIRST_ID)),
        weights={**weights, "embedding": tuple(embedding)},
    )
