"""Recurrent nodes of ONNX: layers whose states are read, and constants that somebody reads."""

import numpy as np
import onnx
import onnxruntime
import pytest

from drupelet.graph import Graph, Node
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.model.evaluator import evaluate_ids
from export.case_models import described
from runtime.operation_cases import random_tensors

TEXT = [1, 5, 2, 7]


def layer(cell, returns, activation="tanh"):
    gate = "linear" if cell == "rnn" else "sigmoid"
    return Recurrent(cell, "forward", "none", 3, activation, gate, cell == "gru", returns)


def states_of(cell):
    """A network that reads the last states of a layer, and the largest of all of them."""
    returns = ("last", "cell", "steps") if cell == "lstm" else ("last", "steps")
    nodes = [Node(Embedding(9, 2), (0,))]
    nodes += [Node(layer(cell, each), (1,), 1 if place else None) for place, each in enumerate(returns)]
    nodes.append(Node(Reduce("max"), (len(nodes),)))
    nodes.append(Node(Merge("concat"), (*range(2, len(nodes) - 1), len(nodes))))
    nodes.append(Node(Dense(2), (len(nodes),)))
    graph = Graph(tuple(nodes), "softmax", None, "none")
    return described(graph, random_tensors(graph))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_states_of_a_layer_are_read_from_equal_nodes(cell):
    model = states_of(cell)
    content = emit_onnx(model)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {"ids": np.array([TEXT], np.int32), "lengths": np.array([len(TEXT)], np.int32)}
    np.testing.assert_allclose(session.run(["logits"], feed)[0][0], evaluate_ids(model, TEXT), atol=1e-6)
    nodes = [node for node in onnx.load_from_string(content).graph.node if node.op_type == cell.upper()]
    assert [len(node.output) for node in nodes] == [3, 3, 3] if cell == "lstm" else [2, 2]
    assert all(all(node.output) for node in nodes)


def test_an_output_that_nobody_reads_has_no_name():
    graph = Graph(
        (Node(Embedding(9, 2), (0,)), Node(layer("lstm", "last"), (1,)), Node(Dense(2), (2,))), "softmax", None, "none"
    )
    [node] = [
        node
        for node in onnx.load_from_string(emit_onnx(described(graph, random_tensors(graph)))).graph.node
        if node.op_type == "LSTM"
    ]
    assert [bool(name) for name in node.output] == [False, True]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_every_constant_of_a_scan_is_read(cell):
    graph = Graph(
        (Node(Embedding(9, 2), (0,)), Node(layer(cell, "last", "gelu"), (1,)), Node(Dense(2), (2,))),
        "softmax",
        None,
        "none",
    )
    written = onnx.load_from_string(emit_onnx(described(graph, random_tensors(graph)))).graph
    [scan] = [node for node in written.node if node.op_type == "Scan"]
    inner = next(attribute.g for attribute in scan.attribute if attribute.name == "body")
    read = {name for nodes in (written.node, inner.node) for node in nodes for name in node.input}
    assert {constant.name for constant in written.initializer} <= read


@pytest.mark.parametrize(("cell", "guarded"), [("rnn", True), ("gru", False), ("lstm", False)])
def test_the_last_state_of_no_token_is_not_what_stood_in_memory(cell, guarded):
    """The node RNN of onnxruntime 1.15 to 1.19 leaves it unset, which test_table.py sees there."""
    nodes = [Node(Embedding(9, 2), (0,)), Node(layer(cell, "last"), (1,)), Node(Dense(2), (2,))]
    graph = Graph(tuple(nodes), "softmax", None, "none")
    proto = onnx.load_from_string(emit_onnx(described(graph, random_tensors(graph))))
    (where,) = [
        node.input[1:] for node in proto.graph.node if node.op_type == "Where" and "last" in node.output[0]
    ] or [None]
    assert (where is not None) == guarded
