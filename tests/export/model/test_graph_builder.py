"""Nodes are numbered as values are, and tensors are named after the node that owns them."""

import numpy as np

from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet_export.model.graph_builder import IDS, GraphBuilder

TABLE = np.ones((5, 3), np.float32)
DENSE = {"kernel": np.ones((3, 3), np.float32), "bias": np.zeros(3, np.float32)}


def shared_layer():
    """A dense layer on a maximum, and the same one on an average."""
    network = GraphBuilder()
    steps = network.add(Embedding(5, 3), [IDS], {"table": TABLE}, layer="words")
    highest, mean = network.add(Reduce("max"), [steps]), network.add(Reduce("average"), [steps], masked=True)
    first = network.add(Dense(3), [highest], DENSE, layer="head")
    again = network.add(Dense(3), [mean], weights_of=first, layer="head")
    network.add(Merge("add"), [first, again])
    return network


def test_a_node_defines_the_value_after_its_number():
    nodes = shared_layer().nodes
    assert [node.inputs for node in nodes] == [(0,), (1,), (1,), (2,), (3,), (4, 5)]
    assert [node.layer for node in nodes] == ["words", "", "", "head", "head", ""]
    assert [node.masked for node in nodes] == [False, False, True, False, False, False]


def test_tensors_have_the_name_of_the_node_that_owns_them():
    network = shared_layer()
    assert list(network.tensors) == ["embedding.0.table", "dense.3.kernel", "dense.3.bias"]
    assert [node.weights_of for node in network.nodes] == [None, None, None, None, 3, None]


def test_what_was_handed_out_does_not_grow():
    network = shared_layer()
    nodes, tensors = network.nodes, network.tensors
    network.add(Dense(3), [6], DENSE)
    assert (len(nodes), len(network.nodes)) == (6, 7)
    assert len(tensors) == 3
