"""Which graphs end in a sum over ids."""

import pytest

from drupelet.graph import Graph, Node
from drupelet.linear_ending import linear_ending
from drupelet.operations.activation import Activation
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.reverse import Reverse

LSTM = Recurrent("lstm", "bidirectional", "concat", 3, "tanh", "sigmoid", False, "steps")
LAST = Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "last")


def graph(*nodes, output="softmax", padding="none", max_tokens=None):
    """A graph of an embedding and these nodes."""
    return Graph((Node(Embedding(9, 4), (0,)), *nodes), output, max_tokens, padding)


SUMS = {
    "a maximum": (graph(Node(LSTM, (1,)), Node(Reduce("max"), (2,)), Node(Dense(2), (3,))), {2: 0}),
    "an average of the embedding": (graph(Node(Reduce("average"), (1,)), Node(Dense(1), (2,)), output="sigmoid"), {1: 0}),
    "a last state": (graph(Node(LAST, (1,)), Node(Dense(2), (2,))), {1: 0}),
    "several side by side": (
        graph(
            Node(LSTM, (1,)), Node(Reduce("max"), (2,)), Node(Reduce("average"), (2,)), Node(LAST, (1,)),
            Node(Merge("concat"), (3, 4)), Node(Merge("concat"), (5, 6)), Node(Dense(2), (7,)),
        ), {4: 0, 2: 3, 3: 9},
    ),
    "steps that count padding": (
        graph(Node(Dense(3), (1,)), Node(Reduce("sum"), (2,)), Node(Dense(2), (3,)), padding="post", max_tokens=7), {2: 0}
    ),
}  # fmt: skip
NO_SUMS = {
    "a second dense layer": graph(
        Node(Reduce("max"), (1,)), Node(Dense(3), (2,)), Node(Activation("relu"), (3,)), Node(Dense(2), (4,))
    ),
    "an activation at the end": graph(
        Node(Reduce("max"), (1,)), Node(Dense(2), (2,)), Node(Activation("tanh"), (3,)), output="logits"
    ),
    "probabilities": graph(Node(Reduce("max"), (1,)), Node(Dense(2), (2,)), output="probabilities"),
    "steps in another order": graph(Node(Reverse(), (1,)), Node(Reduce("max"), (2,)), Node(Dense(2), (3,))),
    "the same vector twice": graph(Node(Reduce("max"), (1,)), Node(Merge("concat"), (2, 2)), Node(Dense(2), (3,))),
    "a sum of both directions": graph(
        Node(Recurrent("lstm", "bidirectional", "sum", 3, "tanh", "sigmoid", False, "last"), (1,)), Node(Dense(2), (2,))
    ),
    "a convolution": graph(
        Node(Convolution(3, 2, 1, 1, 1, 1, 0), (1,)),
        Node(Reduce("max"), (2,)),
        Node(Dense(2), (3,)),
        padding="post",
        max_tokens=7,
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_over_ids(name):
    found, places = SUMS[name]
    ending = linear_ending(found)
    assert (ending.dense, ending.places) == (len(found.nodes) - 1, places)


@pytest.mark.parametrize("name", NO_SUMS)
def test_what_is_no_sum_over_ids(name):
    assert linear_ending(NO_SUMS[name]) is None
