"""The last function of a network is the output of its description, where it is one."""

import pytest

from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.merge import Merge
from drupelet.operations.reshape import Reshape
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.softmax import Softmax
from drupelet.operations.value_type import vector_of
from drupelet_export.model.description import ModelNode
from drupelet_export.reading.ending import ending

SOFTMAX, SIGMOID = Softmax("features", "softmax"), Activation("sigmoid")


def ended(*nodes, width=3):
    nodes = tuple(ModelNode(operation, inputs, layer=operation.name) for operation, *inputs in nodes)
    kept, tensors, output = ending(nodes, [vector_of(width)] * (len(nodes) + 1))
    assert not tensors or width == 1
    return kept, output


def test_a_softmax_or_sigmoid_is_taken_off():
    for last, output in ((SOFTMAX, "softmax"), (SIGMOID, "sigmoid")):
        nodes, found = ended((Dense(3), 0), (last, 1))
        assert (len(nodes), found) == (1, output)


def test_sigmoids_side_by_side_are_one():
    nodes, found = ended((Dense(1), 0), (SIGMOID, 1), (Dense(2), 0), (SIGMOID, 3), (Merge("concat"), 2, 4))
    assert (nodes[-1].inputs, found) == ((1, 3), "sigmoid")


@pytest.mark.parametrize(
    ("nodes", "output"),
    [
        ([(Dense(3), 0)], "logits"),
        ([(Dense(3), 0), (Activation("tanh"), 1)], "logits"),
        ([(Dense(3), 0), (Softmax("features", "log_softmax"), 1)], "logits"),
        ([(Dense(3), 0), (Activation("hard_sigmoid"), 1)], "probabilities"),
        ([(Dense(3), 0), (SOFTMAX, 1), (Dense(3), 0), (SOFTMAX, 3), (Merge("average"), 2, 4)], "probabilities"),
        ([(Dense(3), 0), (SOFTMAX, 1), (Dense(3), 0), (SOFTMAX, 3), (Merge("add"), 2, 4)], "logits"),
        ([(Dense(3), 0), (SOFTMAX, 1), (Merge("average"), 1, 2)], "logits"),
        ([(Dense(4), 0), (SOFTMAX, 1), (Reshape(2, 2), 2), (Reshape(None, 4), 3)], "probabilities"),
    ],
)
def test_values_from_0_to_1_are_probabilities(nodes, output):
    found, name = ended(*nodes)
    assert (len(found), name) == (len(nodes), output)


def test_one_number_from_0_to_1_becomes_the_two_of_its_labels():
    nodes, output = ended((Dense(1), 0), (Activation("hard_sigmoid"), 1), width=1)
    assert [node.operation for node in nodes[2:]] == [ScaleShift(), Merge("concat")]
    assert [node.inputs for node in nodes[2:]] == [(2,), (3, 2)]
    assert output == "probabilities"
    _, tensors, _ = ending(nodes[:2], [vector_of(1)] * 3)
    assert {name: list(tensor) for name, tensor in tensors.items()} == {
        "scale_shift.2.scale": [-1],
        "scale_shift.2.shift": [1],
    }
