"""The graph that grows knows its types and whose weights it has."""

import numpy as np
import pytest

from drupelet.errors import FormatError
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.value_type import steps_of
from drupelet_export.reading.layers.network import Network


def test_types_and_shared_weights():
    network, layer = Network(5), object()
    steps = network.add(Embedding(3, 2), [0], {"table": np.zeros((3, 2))})
    weights = {"kernel": np.ones((2, 2)), "bias": np.zeros(2)}
    one = network.add(Dense(2), [steps], weights, owner=(layer, "kernel"))
    two = network.add(Dense(2), [one], weights, owner=(layer, "kernel"))
    network.add(Dense(2), [two], weights, owner=(layer, "other"))
    assert network.types[1:] == [steps_of(5, 2)] * 4
    assert [node.weights_of for node in network.builder.nodes] == [None, None, 1, None]
    assert [name for name in network.builder.tensors if "kernel" in name] == ["dense.1.kernel", "dense.3.kernel"]


def test_an_operation_that_does_not_take_its_inputs_adds_nothing():
    network = Network(None)
    with pytest.raises(FormatError, match="reads ids"):
        network.add(Dense(2), [0], {"kernel": np.zeros((1, 2)), "bias": np.zeros(2)})
    assert network.builder.nodes == ()
