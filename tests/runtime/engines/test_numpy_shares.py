"""The shares of ids in small networks whose numbers anyone can follow. An embedding of two numbers, and a dense layer."""

import pytest

from drupelet.graph import Graph, Node
from drupelet.linear_ending import linear_ending
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce

TABLE = ((0.0, 0.0), (1.0, -2.0), (3.0, 1.0), (-1.0, 1.0))
BIAS = (0.5, 0.25)


@pytest.fixture
def shares(numpy):
    """A function that gives the shares of ids for a reduction, with the identity as the dense layer's kernel."""
    import numpy as np

    from drupelet.engines.numpy_operations.table import function_of
    from drupelet.engines.numpy_shares import shares_of

    def share(ids, *reductions, padded=None):
        merge = [Node(Merge("concat"), (2, 3))] if len(reductions) > 1 else []
        nodes = [Node(Embedding(4, 2), (0,)), *(Node(reduction, (1,)) for reduction in reductions), *merge]
        graph = Graph((*nodes, Node(Dense(2), (len(nodes),))), "logits", padded, "post" if padded else "none")
        kernel = np.vstack([np.eye(2, dtype=np.float32)] * len(reductions))
        weights = [{"table": np.array(TABLE, np.float32)}, *[{}] * (len(nodes) - 1)]
        weights.append({"kernel": kernel, "bias": np.array(BIAS, np.float32)})
        functions = [function_of(node.operation.name) for node in graph.nodes]
        return shares_of(linear_ending(graph), graph.nodes, functions, weights, np.array(ids, np.int32))

    return share


def test_a_maximum_is_of_the_first_step_that_has_it(shares):
    assert shares([1, 2, 3, 3], Reduce("max")) == [[0, 0], [3, 1], [0, 0], [0, 0], [*BIAS]]


def test_a_maximum_that_is_a_zero_of_padding_is_of_no_step(shares):
    assert shares([1], Reduce("max", 5)) == [[1, 0], [*BIAS]]


def test_a_minimum(shares):
    assert shares([1, 2, 3], Reduce("min")) == [[0, -2], [0, 0], [-1, 0], [*BIAS]]


def test_an_average_is_of_all_steps(shares):
    assert shares([1, 2], Reduce("average")) == [[0.5, -1], [1.5, 0.5], [*BIAS]]
    assert shares([1, 2], Reduce("sum")) == [[1, -2], [3, 1], [*BIAS]]


def test_a_last_step_is_what_each_changed(shares):
    assert shares([1, 2, 3], Reduce("last")) == [[1, -2], [2, 3], [-4, 0], [*BIAS]]
    assert shares([1, 2, 3], Reduce("first")) == [[-2, -3], [4, 0], [-1, 1], [*BIAS]]


def test_vectors_side_by_side_are_added(shares):
    assert shares([1, 2], Reduce("max"), Reduce("sum")) == [[1, -2], [6, 2], [*BIAS]]


def test_padding_that_counts_has_its_share(shares):
    assert shares([2, 0], Reduce("average"), padded=2) == [[1.5, 0.5], [0, 0], [*BIAS]]


def test_no_id_leaves_the_bias(shares):
    assert shares([], Reduce("sum")) == [[*BIAS]]


def test_both_directions_change_in_their_own_order(numpy):
    import numpy as np

    from drupelet.engines.numpy_shares import _changes

    states = np.array([[1, 10], [2, 7], [4, 5]], np.float32)
    assert _changes(states, 1, "bidirectional").tolist() == [[1, 3], [1, 2], [2, 5]]
