"""Models that tests build node by node, with random weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.value_type import ids_of
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, check, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder

LENGTH, WIDTH, ROWS = 6, 4, 9
TEXTS = ("", "w2 w3 w4 w5 w6 w7 w8 w2", "w5", "w3 unheard w4")
"""Texts without a token, with more than LENGTH, with one, with an unknown word."""


class Drawn:
    """A model that grows. ``x`` is the number of the embedding's value; calling it adds a node and returns its value's."""

    def __init__(self, zero_row=False):
        self.built = GraphBuilder()
        self.types = [ids_of(LENGTH)]
        self.random = np.random.default_rng(0)
        self.x = self(Embedding(ROWS, WIDTH), IDS, layer="embedding", zero_row=zero_row)

    def __call__(self, operation, *inputs, zero_row=False, weights_of=None, **how):
        types = [self.types[read] for read in inputs]
        shapes = operation.tensor_shapes(types) if weights_of is None else {}
        weights = {role: self.random.normal(0, 0.6, shape) for role, shape in shapes.items()}
        if zero_row:
            weights["table"][0] = 0
        held = {role: frozen(array) for role, array in weights.items()}
        self.types.append(operation.output(types))
        return self.built.add(operation, inputs, held, weights_of=weights_of, **how)

    def lstm(self, value, returns="steps", **how):
        """A masked LSTM."""
        layer = Recurrent("lstm", "forward", "none", WIDTH, "tanh", "sigmoid", False, returns)
        return self(layer, value, masked=True, layer="lstm", **how)

    def model(self, value, padding="pre", masking="mask", head=True, **rules):
        """The model that ends with the maximum of steps, and a dense layer of two classes where ``head`` says so."""
        if self.types[value].kind == "steps":
            value = self(Reduce("max"), value)
        if head:
            self(Dense(2), value, layer="head")
        found = ModelDescription(
            text_rules=replace(ALNUM, **{"max_tokens": LENGTH, "unknown_id": 1, **rules}),
            vocabulary=(None, None, *(f"w{row}" for row in range(2, ROWS))),
            labels=tuple(f"label {number}" for number in range(self.types[-1].width)),
            nodes=self.built.nodes,
            tensors=self.built.tensors,
            output="softmax",
            masking=masking,
            padding=padding,
        )
        check(found)
        return found


def operations(model):
    """The names of the operations of a model, in order."""
    return [node.operation.name for node in model.nodes]
