"""Nodes that no answer needs go, and shared tensors stay with the next node that has them."""

import numpy as np

from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet_export.model.graph_builder import GraphBuilder
from drupelet_export.reading.live_nodes import live_nodes


def network():
    builder = GraphBuilder()
    steps = builder.add(Embedding(3, 2), [0], {"table": np.zeros((3, 2))})
    weights = {"kernel": np.ones((2, 2)), "bias": np.zeros(2)}
    dead = builder.add(Dense(2), [steps], weights)
    live = builder.add(Dense(2), [steps], weights_of=dead)
    again = builder.add(Dense(2), [live], weights_of=dead)
    pooled = builder.add(Reduce("max"), [again])
    builder.add(Activation("relu"), [pooled])
    return builder, pooled


def test_dead_nodes_go_and_their_tensors_are_inherited():
    builder, output = network()
    nodes, tensors = live_nodes(builder.nodes, builder.tensors, output)
    assert [(node.operation.name, node.inputs, node.weights_of) for node in nodes] == [
        ("embedding", (0,), None), ("dense", (1,), None), ("dense", (2,), 1), ("reduce", (3,), None),
    ]  # fmt: skip
    assert list(tensors) == ["embedding.0.table", "dense.1.kernel", "dense.1.bias"]


def test_values_that_are_read_in_place_of_others():
    builder, output = network()
    nodes, _ = live_nodes(builder.nodes, builder.tensors, output, {4: 3, 3: 1})
    assert [(node.operation.name, node.inputs) for node in nodes] == [("embedding", (0,)), ("reduce", (1,))]
