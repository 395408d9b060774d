"""Padding counts unless masks, or zeros, make it meaningless."""

import numpy as np
import pytest

from drupelet.operations.attention import Attention
from drupelet.operations.dense import Dense
from drupelet.operations.dot import Dot
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.reshape import Reshape
from drupelet.operations.reverse import Reverse
from drupelet.operations.softmax import Softmax
from drupelet_export.model.graph_builder import GraphBuilder
from drupelet_export.reading.padding_effect import padding_counts, read_at_padding

ATTENTION = Attention(1, "dot", 1.0, False)
WEIGHTS = Softmax("steps", "softmax")


def gru(returns, units=4):
    return Recurrent("gru", "forward", "none", units, "tanh", "sigmoid", True, returns)


def network(*nodes, zero_row=False):
    """An embedding, then (operation, inputs..., ``masked`` or not)."""
    builder = GraphBuilder()
    table = np.ones((3, 4))
    table[0] = 0 if zero_row else 1
    builder.add(Embedding(3, 4), [0], {"table": table})
    for operation, *inputs in nodes:
        masked = inputs[-1] == "masked"
        builder.add(operation, inputs[:-1] if masked else inputs, masked=masked)
    return builder


@pytest.mark.parametrize(
    ("nodes", "counts"),
    [
        ([(gru("last"), 1, "masked")], False),
        ([(gru("last"), 1)], True),
        ([(Dense(4), 1), (gru("steps"), 2, "masked"), (Reduce("average"), 3, "masked")], False),
        ([(gru("steps"), 1, "masked"), (Reduce("max"), 2)], True),
        ([(gru("steps"), 1, "masked"), (Reduce("average"), 2)], True),
        ([(gru("steps"), 1), (Reduce("average"), 2, "masked")], True),
        ([(Reverse(), 1), (gru("last"), 2, "masked")], True),
        ([(Dense(1), 1), (WEIGHTS, 2, "masked"), (Merge("multiply"), 1, 3), (Reduce("sum"), 4)], False),
        ([(Dense(1), 1), (WEIGHTS, 2), (Merge("multiply"), 1, 3), (Reduce("sum"), 4)], True),
        ([(Dense(1), 1), (WEIGHTS, 2, "masked"), (Dot("steps", "steps", False), 3, 1), (Reshape(None, 4), 4)], False),
        ([(ATTENTION, 1, 1, 1, "masked"), (Reduce("average"), 2, "masked")], False),
        ([(ATTENTION, 1, 1, 1), (Reduce("average"), 2, "masked")], True),
        (
            [(gru("last"), 1, "masked"), (Reshape(1, 4), 2), (ATTENTION, 3, 1, 1, "masked"), (Reshape(None, 4), 4)],
            False,
        ),
        ([(gru("last"), 1, "masked"), (Reduce("max"), 1), (Merge("add"), 2, 3)], True),
    ],
)
def test_masks(nodes, counts):
    builder = network(*nodes)
    assert padding_counts(builder.nodes, builder.tensors) is counts


def test_a_sum_over_rows_of_zeros():
    for zero_row, counts in ((True, False), (False, True)):
        builder = network((Reduce("sum"), 1), zero_row=zero_row)
        assert padding_counts(builder.nodes, builder.tensors) is counts


def test_who_reads_padding():
    builder = network((Dense(4), 1), (gru("steps"), 2, "masked"), (Dense(2), 3), (Reduce("average"), 4, "masked"))
    assert read_at_padding(builder.nodes) == {5}
    builder = network((ATTENTION, 1, 1, 1, "masked"), (Reduce("max"), 2))
    assert read_at_padding(builder.nodes) == {0, 1, 2, 3}
    builder = network((ATTENTION, 1, 1, 1, "masked"), (gru("last"), 2, "masked"))
    assert read_at_padding(builder.nodes) == {3}
