"""Graphs whose values share memory in ways that could go wrong: the kernel answers like the oracle, on every tier alike."""

from __future__ import annotations

import pytest

from drupelet.errors import FormatError, InputError
from drupelet.graph import MAX_TEXT_BYTES, MAX_WORK, Graph, Node
from drupelet.graph_section import decode_graph
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.schemes import SCHEMES
from runtime.costly_networks import attention_of
from runtime.format_writer import graph_section, model_file
from runtime.native.file_surgery import with_payload
from runtime.networks import Model, activation_of, model_of
from runtime.oracle import oracle_of

ROWS = 11
TEXTS = [[1, 2, 3], [], [4] * 9, [10, 9]]


def lstm(direction: str = "forward", merge: str = "none", returns: str = "steps") -> Recurrent:
    """An LSTM of four units."""
    return Recurrent("lstm", direction, merge, 4, "tanh", "sigmoid", False, returns)


def graph_of(*nodes: Node, max_tokens: int | None = None) -> Graph:
    """A graph that reads exact tokens, with a softmax behind it."""
    return Graph(nodes, "softmax", max_tokens, "none")


def assert_answers(native, model: Model, scheme: str) -> None:
    """Every tier answers like the oracle, and all alike."""
    content = model_file(model, scheme)
    tiers = [tier for tier, lacks in native.tiers().items() if lacks is None]
    answers = [native.Model(content, "graph", tier).run(TEXTS) for tier in tiers]
    assert all(answer == answers[0] for answer in answers)
    for expected, found in zip(oracle_of(model, scheme).run(TEXTS), answers[0]):
        assert found == pytest.approx(expected, abs=1e-5 if scheme in ("f32", "f16") else 0.02)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("direction", "merge"),
    [("forward", "none"), ("backward", "none"), ("bidirectional", "concat"), ("bidirectional", "sum")],
)
def test_restored_ids_stay_until_the_layer_that_projects_rows_has_read_them(native, scheme, direction, merge):
    graph = graph_of(
        Node(Restore("pre", 9, "zeros"), (0,)),
        Node(Embedding(ROWS, 5), (1,)),
        Node(Embedding(ROWS, 3), (0,)),  # would take the memory of the ids
        Node(Reduce("sum"), (3,)),
        Node(lstm(direction, merge), (2,)),
        Node(Reduce("max"), (5,)),
        Node(Merge("concat"), (4, 6)),
        Node(Dense(2), (7,)),
        max_tokens=9,
    )
    assert_answers(native, model_of(graph), scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_value_that_is_read_again_is_not_overwritten_in_place(native, scheme):
    graph = graph_of(
        Node(Embedding(ROWS, 5), (0,)),
        Node(activation_of("relu"), (1,)),
        Node(activation_of("tanh"), (2,)),
        Node(activation_of("sigmoid"), (2,)),
        Node(Merge("add"), (3, 4)),
        Node(Merge("concat"), (1, 5)),
        Node(Reduce("sum"), (6,)),
        Node(Dense(2), (7,)),
    )
    assert_answers(native, model_of(graph), scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_state_and_cell_of_one_layer(native, scheme):
    graph = graph_of(
        Node(Embedding(ROWS, 5), (0,)),
        Node(lstm(), (1,)),
        Node(lstm(returns="last"), (1,), weights_of=1),
        Node(lstm(returns="cell"), (1,), weights_of=1),
        Node(lstm(), (2, 3, 4)),
        Node(Reduce("last"), (5,)),
        Node(Dense(2), (6,)),
    )
    assert_answers(native, model_of(graph), scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_dense_layer_shared_by_a_vector_and_by_steps(native, scheme):
    graph = graph_of(
        Node(Embedding(ROWS, 5), (0,)),
        Node(Reduce("sum"), (1,)),
        Node(Dense(3), (1,)),
        Node(Dense(3), (2,), weights_of=2),
        Node(Reduce("max"), (3,)),
        Node(Merge("concat"), (4, 5)),
        Node(Dense(2), (6,)),
    )
    assert_answers(native, model_of(graph), scheme)


def test_a_text_whose_values_take_too_much_memory_is_refused_before_it_is_computed(native):
    wide = [Node(activation_of("relu"), (2 + number,)) for number in range(20)]
    graph = graph_of(
        Node(Embedding(ROWS, 1), (0,)),
        Node(Dense(4096), (1,)),
        *wide,
        Node(Reduce("sum"), (22,)),
        Node(Dense(2), (23,)),
    )
    per_token = graph.text_bytes(1) - graph.text_bytes(0)
    most = (MAX_TEXT_BYTES - graph.text_bytes(0)) // per_token
    loaded = native.Model(model_file(model_of(graph)), "graph")
    assert len(loaded.run([[1]])[0]) == 2
    message = rf"^graph: a text of {most + 1} tokens, which takes too much memory or time; cut it to {most}$"
    with pytest.raises(InputError, match=message):
        loaded.run([[1] * (most + 1)])


def test_a_text_that_takes_too_long_is_refused_before_it_is_computed(native):
    graph = attention_of(1)
    most = next(tokens for tokens in range(90_000, 0, -1) if graph.work(tokens) <= MAX_WORK)
    loaded = native.Model(model_file(model_of(graph)), "graph")
    assert len(loaded.run([[1]])[0]) == 2
    message = rf"^graph: a text of {most + 1} tokens, which takes too much memory or time; cut it to {most}$"
    with pytest.raises(InputError, match=message):
        loaded.run([[1] * (most + 1)])


def test_a_text_with_more_tokens_than_are_restored_is_refused(native):
    graph = graph_of(
        Node(Embedding(ROWS, 2), (0,)), Node(Restore("post", 4, "zeros"), (1,)), Node(Reduce("max"), (2,)), max_tokens=4
    )
    loaded = native.Model(model_file(model_of(graph)), "graph")
    assert len(loaded.run([[1] * 4])[0]) == 2
    with pytest.raises(InputError, match=r"^graph: a text of 5 ids, the network reads 4; cut or pad it$"):
        loaded.run([[1] * 5])


def test_weights_are_shared_whole(native):
    """A layer of one direction among the weights of both directions: the names that it wants are there, and others too."""
    both, one = lstm("bidirectional", "sum"), lstm()
    nodes = [Node(Embedding(ROWS, 2), (0,)), Node(both, (1,)), Node(both, (1,), 1), Node(Reduce("max"), (3,))]
    model = model_of(graph_of(*nodes))
    content = model_file(model)
    assert native.Model(content, "graph").run([[1]])
    section = graph_section(replace_unchecked(model.graph, nodes=(*nodes[:2], Node(one, (1,), 1), nodes[3])), "f32")
    with pytest.raises(
        FormatError, match=r"operation 2 \(recurrent\) uses the weights of operation 1, whose shapes differ"
    ):
        decode_graph(memoryview(section))
    with pytest.raises(
        FormatError, match=r"operation 2 \(recurrent\): uses weights of another, which has none or others"
    ):
        native.Model(with_payload(content, "graph", lambda _: section), "graph")


def replace_unchecked(graph: Graph, **changes: object) -> Graph:
    """The graph with other fields, which no check has seen."""
    changed = object.__new__(Graph)
    vars(changed).update({**vars(graph), **changes})
    return changed
