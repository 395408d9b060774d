"""Random models as Keras computes them with masks: a hypothesis strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from drupelet.operations.activation import Activation
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.normalization import Normalization
from drupelet.operations.operation import Operation
from drupelet.operations.prelu import PRelu
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.reverse import Reverse
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.softmax import Softmax
from drupelet.operations.value_type import ValueType, ids_of
from drupelet.operations.window_pool import WindowPool
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, check, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder

ROWS = 9
WIDTH = 4
"""Features of every value but a few, so that most values fit together."""
Draw = Callable[[st.SearchStrategy[Any]], Any]
KINDS = (
    "embedding", "dense", "activation", "scale_shift", "normalization", "prelu", "softmax", "softmax over steps", "merge",
    "recurrent", "attention", "reduce", "convolution", "window_pool", "reverse", "flatten", "repeat", "shared",
)  # fmt: skip


class _Growing:
    """The nodes so far. Any layer that reads ``length`` steps may get the mask."""

    def __init__(self, draw: Draw, length: int) -> None:
        self.draw = draw
        self.length = length
        self.built = GraphBuilder()
        self.types: list[ValueType] = [ids_of(length)]
        self.random = np.random.default_rng(draw(st.integers(0, 1 << 16)))

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def pick(self, test: Callable[[ValueType], bool]) -> int:
        """The number of a value whose type passes, rather a late one."""
        found = [number for number, held in enumerate(self.types) if test(held)]
        return int(self.one_of(*found, *found[-2:]))

    def steps(self) -> int:
        """The number of steps that may be masked, with WIDTH features."""
        return self.pick(lambda held: held.kind == "steps" and (held.length, held.width) == (self.length, WIDTH))

    def vector(self) -> int:
        """The number of a vector with WIDTH features."""
        if not any(held.kind == "vector" and held.width == WIDTH for held in self.types):
            self.add(Reduce("sum"), self.steps())
        return self.pick(lambda held: held.kind == "vector" and held.width == WIDTH)

    def add(self, operation: Operation, *inputs: int, masked: bool = False, zero_output: bool = False) -> int:
        types = [self.types[read] for read in inputs]
        weights = {role: self.random.normal(0, 0.6, shape) for role, shape in operation.tensor_shapes(types).items()}
        if operation.name == "embedding" and self.draw(st.booleans()):
            weights["table"][0] = 0
        number = self.built.add(
            operation, inputs, {role: frozen(held) for role, held in weights.items()}, layer=f"layer_{len(self.types)}",
            masked=masked, zero_output=zero_output,
        )  # fmt: skip
        self.types.append(operation.output(types))
        return number

    def share(self) -> None:
        """The same layer once more, on other steps of the same type."""
        owners = [
            number
            for number, node in enumerate(self.built.nodes, start=1)
            if node.operation.name in ("dense", "recurrent", "scale_shift", "embedding") and len(node.inputs) == 1
            and node.weights_of is None
        ]  # fmt: skip
        owner = self.one_of(*owners)
        node = self.built.nodes[owner - 1]
        read = self.pick(lambda held: held == self.types[node.inputs[0]])
        self.built.add(
            node.operation, [read], weights_of=owner, layer=f"{node.layer}_again", masked=node.masked,
            zero_output=node.zero_output,
        )  # fmt: skip
        self.types.append(self.types[owner])

    def grow(self, kind: str) -> None:
        """Adds an operation of a kind."""
        masked = self.draw(st.booleans())
        if kind == "embedding":
            self.add(Embedding(ROWS, WIDTH), IDS)
        elif kind == "recurrent":
            self._recurrent(masked)
        elif kind == "attention":
            score, heads, causal = self.one_of("dot", "additive"), self.one_of(1, 2), self.one_of(False, False, True)
            query = self.pick(lambda held: held.kind == "steps" and held.width == WIDTH)
            keys, values = self.steps(), self.steps()
            self.add(Attention(heads, score, 1.0, causal), query, keys, values, masked=masked)
        elif kind == "softmax over steps":
            self.add(Softmax("steps", self.one_of("softmax", "softmax", "log_softmax")), self.steps(), masked=masked)
        elif kind == "merge":
            function = self.one_of("add", "multiply", "multiply", "maximum", "subtract")
            self.add(Merge(function), self.steps(), self.one_of(self.steps(), self.steps(), self.vector()))
        elif kind == "reduce":
            function = self.one_of("max", "average", "sum", "first", "last", "min")
            self.add(Reduce(function), self.steps(), masked=masked and function == "average")
        elif kind == "convolution":
            self.add(Convolution(WIDTH, 3, 1, 1, 1, *self.one_of((1, 1), (2, 0), (0, 0))), self.steps())
        elif kind == "window_pool":
            self.add(WindowPool("max", 2, 1, 0, self.one_of(0, 1)), self.steps())
        elif kind == "flatten":
            flat = self.add(Reshape(None, self.length * WIDTH), self.steps())
            self.add(Dense(WIDTH), flat)
        elif kind == "repeat":
            self.add(Repeat(self.length), self.vector())
        elif kind == "shared":
            self.share()
        else:
            by_step = {
                "dense": Dense(WIDTH),
                "activation": Activation(self.one_of("tanh", "relu", "sigmoid")),
                "scale_shift": ScaleShift(),
                "normalization": Normalization("layer", 0.125),
                "prelu": PRelu(self.draw(st.booleans())),
                "softmax": Softmax("features", "softmax"),
                "reverse": Reverse(),
            }
            self.add(by_step[kind], self.steps())

    def _recurrent(self, masked: bool) -> None:
        cell = self.one_of("lstm", "gru", "rnn")
        both = self.one_of(False, False, True)
        direction = "bidirectional" if both else self.one_of("forward", "backward")
        returns = self.one_of("steps", "steps", "last")
        layer = Recurrent(
            cell, direction, self.one_of("sum", "mul") if both else "none", WIDTH, "tanh",
            "linear" if cell == "rnn" else "sigmoid", cell == "gru" and self.draw(st.booleans()), returns,
        )  # fmt: skip
        states = [] if both or self.one_of(True, True, False) else [self.vector()] * (2 if cell == "lstm" else 1)
        zero_output = masked and returns == "steps" and (both or self.draw(st.booleans()))
        self.add(layer, self.steps(), *states, masked=masked, zero_output=zero_output)

    def finish(self) -> None:
        """Joins what nothing reads, and gives two logits."""
        read = {number for node in self.built.nodes for number in node.inputs}
        for number in range(1, len(self.types)):
            if number not in read and self.types[number].kind == "steps":
                function = self.one_of("max", "average", "sum", "last")
                self.add(
                    Reduce(function), number, masked=function == "average" and self.types[number].length == self.length
                )
        read = {number for node in self.built.nodes for number in node.inputs}
        vectors = [number for number in range(1, len(self.types)) if number not in read]
        joined = self.add(Merge("concat"), *vectors) if len(vectors) > 1 else vectors[0]
        self.add(Dense(2), joined)


@st.composite
def masked_models(draw: Draw, padding: str | None = None) -> ModelDescription:
    """A model of some layers, most of which may get the mask of the ids that are not 0."""
    length = draw(st.integers(3, 5))
    growing = _Growing(draw, length)
    growing.grow("embedding")
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=7)):
        growing.grow(kind)
    growing.finish()
    model = ModelDescription(
        text_rules=replace(ALNUM, max_tokens=length, unknown_id=1),
        vocabulary=(None, None, *(f"w{row}" for row in range(2, ROWS))),
        labels=("bad", "good"),
        nodes=growing.built.nodes,
        tensors=growing.built.tensors,
        output="softmax",
        masking="mask",
        padding=padding or draw(st.sampled_from(("pre", "post"))),
    )
    check(model)
    return model


texts = st.lists(st.sampled_from([*(f"w{row}" for row in range(2, ROWS)), "unheard"]), max_size=7).map(" ".join)
"""Texts of no token to more than ``max_tokens``, with unknown words."""
