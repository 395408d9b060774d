"""Small networks with weights, as values that tests change and write to files; of the standard library alone."""

from __future__ import annotations

import math
import random
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drupelet.graph import Graph, Node, with_rows
from drupelet.model_file import read_model_file
from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import PARAMETERS
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.normalization import Normalization
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.text.named import ALNUM
from drupelet.text.rules import TextRules

if TYPE_CHECKING:
    from drupelet.operations.operation import Operation

GOLDEN_BUNDLE = Path(__file__).parents[1] / "golden" / "bundle-v3"
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

    graph: Graph
    text_rules: TextRules
    labels: tuple[str, ...]
    words: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]
    first_id: int = FIRST_ID

    def with_graph(self, **changes: Any) -> Model:
        """The same weights in a graph with other fields: nodes, output, max_tokens, padding."""
        return replace(self, graph=replace(self.graph, **changes))

    def with_rows(self, rows: int) -> Model:
        """The same weights in a graph whose embeddings have so many rows."""
        return replace(self, graph=with_rows(self.graph, rows))

    def with_pooling(self, pooling: str, zero_below: int | None = None) -> Model:
        """The same weights in a network that pools the steps of its last recurrent layer so."""
        graph = self.graph
        last, layer = max(
            (n, held.operation) for n, held in enumerate(graph.nodes) if isinstance(held.operation, Recurrent)
        )
        pooled = [*graph.nodes[:last], *_pooled(last, layer, pooling, zero_below)]
        head = [node for node in graph.nodes[last + 1 :] if node.operation.name != "reduce"]
        nodes = [*pooled, *(Node(node.operation, (len(pooled) + n,)) for n, node in enumerate(head))]
        weights = dict(zip(replace(graph, nodes=tuple(nodes)).tensor_shapes(), self.weights.values()))
        return replace(self.with_graph(nodes=tuple(nodes)), weights=weights)

    def with_text_rules(self, rules: TextRules) -> Model:
        """The same network behind other text rules, whose max_tokens becomes the network's."""
        return replace(self.with_graph(max_tokens=rules.max_tokens), text_rules=rules)

    def with_weights(self, **changes: Sequence[float]) -> Model:
        """The same network with other weights; a name has "__" for each dot."""
        named = {name.replace("__", "."): tuple(map(float32, values)) for name, values in changes.items()}
        return replace(self, weights={**self.weights, **named})


def float32(value: float) -> float:
    """The nearest float32."""
    return array("f", [value])[0]


def tiny_model() -> Model:
    """The network of GOLDEN_BUNDLE. Its weights are multiples of 1/16, so that no library can round them differently."""
    file = read_model_file((GOLDEN_BUNDLE / "model.f32.drupelet").read_bytes())
    weights = {name: struct.unpack(f"<{len(held) // 4}f", held) for name, held in file.tensors.items()}
    return Model(file.graph, file.text_rules, file.labels, TINY_WORDS, weights)


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
    nodes = [Node(Embedding(rows, dim), (0,))]
    for place, (cell, direction, merge, activation, gate, reset_after) in enumerate(layers):
        layer = Recurrent(cell, direction, merge, units, activation, gate, reset_after, "steps")
        read = len(nodes)
        nodes += _pooled(read, layer, pooling, pool_zero_below) if place == len(layers) - 1 else [Node(layer, (read,))]
    for activation, width in dense:
        nodes.append(Node(Dense(width), (len(nodes),)))
        if activation != "linear":
            nodes.append(Node(activation_of(activation), (len(nodes),)))
    return model_of(Graph(tuple(nodes), output, max_tokens, padding), spread=spread, octaves=octaves, seed=seed)


def activation_of(name: str) -> Activation:
    """An activation with parameters that are neither 0 nor, but for the alpha of elu, 1."""
    values = {"alpha": 1.0 if name == "elu" else 0.25, "beta": 2.0, "gamma": 0.5}
    return Activation(name, **{parameter: values[parameter] for parameter in PARAMETERS.get(name, ())})


def _pooled(read: int, layer: Recurrent, pooling: str, zero_below: int | None) -> list[Node]:
    if pooling == "last":
        return [Node(replace(layer, returns="last"), (read,))]
    return [Node(replace(layer, returns="steps"), (read,)), Node(Reduce(pooling, zero_below), (read + 1,))]


def model_of(graph: Graph, *, spread: float = 0.5, octaves: tuple[float, float] = (-4, -1.5), seed: int = 29) -> Model:
    """A graph with weights drawn from a fixed seed, over the words w000, w001, ...; parameters as of :func:`drawn_model`."""
    generator = random.Random(seed)  # noqa: S311
    rows = graph.vocabulary_rows
    weights: dict[str, tuple[float, ...]] = {}
    for name, shape in graph.tensor_shapes().items():
        deviation = min(spread, 0.4 / shape[0] ** 0.5) if name.endswith("recurrent_kernel") else spread
        weights[name] = tuple(float32(generator.gauss(0, deviation)) for _ in range(math.prod(shape)))
    for name, shape in graph.tensor_shapes().items():
        if name.endswith(".table"):
            scales = [2.0 ** generator.uniform(*octaves) for _ in range(rows)]
            weights[name] = tuple(
                0.0 if row == 2 else float32(scales[row] * generator.uniform(-7, 7))
                for row in range(rows)
                for _ in range(shape[1])
            )
    return Model(
        graph=graph,
        text_rules=replace(ALNUM, max_tokens=graph.max_tokens, unknown_id=1),
        labels=tuple(f"label{number}" for number in range(graph.class_count)),
        words=tuple(f"w{number:03}" for number in range(rows - FIRST_ID)),
        weights=weights,
    )


ROWS = 14
"""Rows of the embeddings of the samples."""


def chain(
    *operations: Operation, output: str = "softmax", max_tokens: int | None = None, padding: str = "none"
) -> Graph:
    """A graph of operations of which each reads the one before."""
    return Graph(tuple(Node(held, (place,)) for place, held in enumerate(operations)), output, max_tokens, padding)


def _text_cnn() -> Graph:
    """Three convolutions of different widths side by side over padded text, each with its maximum over time."""
    nodes = [Node(Embedding(ROWS, 4), (0,))]
    pooled = []
    for width in (2, 3, 4):
        nodes.append(Node(Convolution(3, width, 1, 1, 1, 0, 0), (1,)))
        nodes.append(Node(Activation("relu"), (len(nodes),)))
        nodes.append(Node(Reduce("max"), (len(nodes),)))
        pooled.append(len(nodes))
    nodes.append(Node(Merge("concat"), tuple(pooled)))
    nodes.append(Node(Dense(3), (len(nodes),)))
    return Graph(tuple(nodes), "softmax", 9, "post")


def _transformer() -> Graph:
    """One block: self-attention of two heads with its projections, residual sums, normalization."""
    nodes = [
        Node(Embedding(ROWS, 4), (0,)),
        *(Node(Dense(4), (1,)) for _ in range(3)),
        Node(Attention(2, "dot", 0.5, False), (2, 3, 4)),
        Node(Dense(4), (5,)),
        Node(Merge("add"), (1, 6)),
        Node(Normalization("layer", 2.0**-10), (7,)),
        Node(Reduce("average"), (8,)),
        Node(Dense(2), (9,)),
    ]
    return Graph(tuple(nodes), "softmax", None, "none")


def _shared_layer() -> Graph:
    """An embedding and a dense layer that are used twice, and a masked text whose padding a convolution sees."""
    nodes = [
        Node(Embedding(ROWS, 4), (0,)),
        Node(Dense(4), (1,)),
        Node(Restore("pre", 6, "zeros"), (0,)),
        Node(Embedding(ROWS, 4), (3,), weights_of=0),
        Node(Dense(4), (4,), weights_of=1),
        Node(Convolution(4, 3, 1, 1, 1, 1, 1), (5,)),
        Node(Reduce("max"), (6,)),
        Node(Reduce("sum"), (2,)),
        Node(Merge("multiply"), (7, 8)),
        Node(Dense(1), (9,)),
    ]
    return Graph(tuple(nodes), "sigmoid", 6, "none")


SAMPLES: Mapping[str, Graph] = {
    "lstm": chain(
        Embedding(ROWS, 4), Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "last"), Dense(2)
    ),
    "two bidirectional grus": chain(
        Embedding(ROWS, 4),
        Recurrent("gru", "bidirectional", "concat", 3, "tanh", "sigmoid", True, "steps"),
        Recurrent("gru", "bidirectional", "sum", 2, "tanh", "hard_sigmoid", False, "steps"),
        Reduce("max", 5),
        Dense(3),
        Activation("relu"),
        Dense(1),
        output="sigmoid",
        max_tokens=5,
    ),
    "average of embeddings": chain(Embedding(ROWS, 4), Reduce("average"), Dense(3), output="logits"),
    "several labels": chain(Embedding(ROWS, 4), Reduce("sum"), Dense(3), output="sigmoid"),
    "text cnn": _text_cnn(),
    "transformer": _transformer(),
    "shared layer": _shared_layer(),
}
"""Small graphs of the kinds that people have."""
