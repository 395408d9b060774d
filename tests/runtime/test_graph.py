"""Graphs: what one may be made of, and what it tells about itself."""

import re
from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.graph import MAX_NODES, MAX_TEXT_BYTES, MAX_WORK, OUTPUTS, PADDINGS, Graph, Node, with_rows
from drupelet.operations.activation import Activation
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.strip import Strip
from drupelet.operations.value_type import ids_of, steps_of, vector_of
from drupelet.schemes import SCHEMES
from runtime.costly_networks import COSTLY, longest
from runtime.networks import SAMPLES, chain

EMBEDDING = Embedding(14, 4)
LSTM = Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "last")
POOLED = chain(EMBEDDING, Reduce("sum"), Dense(2))


def test_the_order_of_names_is_their_code_in_files_and_never_changes():
    assert OUTPUTS == ("softmax", "sigmoid", "logits", "probabilities")
    assert PADDINGS == ("none", "pre", "post")
    assert SCHEMES == ("f32", "f16", "wi8", "wi4")


def test_each_value_has_a_type():
    assert chain(EMBEDDING, LSTM, Dense(2)).types == (ids_of(None), steps_of(None, 4), vector_of(3), vector_of(2))
    padded = chain(EMBEDDING, LSTM, Dense(2), max_tokens=7, padding="pre")
    assert padded.types[:2] == (ids_of(7), steps_of(7, 4))
    assert (padded.padded, POOLED.padded) == (True, False)


def test_tensors_are_named_after_their_node_and_stored_by_their_role():
    assert chain(EMBEDDING, LSTM, Dense(2)).tensors() == {
        "embedding.0.table": ((14, 4), "rows"),
        "recurrent.1.forward.kernel": ((4, 12), "columns"),
        "recurrent.1.forward.recurrent_kernel": ((3, 12), "columns"),
        "recurrent.1.forward.bias": ((12,), "floats"),
        "dense.2.kernel": ((3, 2), "columns"),
        "dense.2.bias": ((2,), "floats"),
    }


def test_a_shared_layer_has_the_tensors_of_its_owner():
    graph = SAMPLES["shared layer"]
    assert [graph.tensor_prefix(number) for number in (0, 1, 3, 4, 9)] == [
        "embedding.0.", "dense.1.", "embedding.0.", "dense.1.", "dense.9."
    ]  # fmt: skip
    assert [name for name in graph.tensor_shapes() if name.startswith(("embedding", "dense"))] == [
        "embedding.0.table", "dense.1.kernel", "dense.1.bias", "dense.9.kernel", "dense.9.bias"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("last", "output", "logits", "classes", "multi_label"),
    [
        (Dense(3), "softmax", 3, 3, False),
        (Dense(3), "sigmoid", 3, 3, True),
        (Dense(1), "sigmoid", 1, 2, False),
        (Dense(1), "logits", 1, 2, False),
        (Dense(2), "probabilities", 2, 2, False),
    ],
)
def test_logits_and_classes(last, output, logits, classes, multi_label):
    graph = chain(EMBEDDING, Reduce("sum"), last, output=output)
    assert (graph.logit_count, graph.class_count, graph.is_multi_label) == (logits, classes, multi_label)


def test_memory_and_products_of_a_text():
    graph = chain(EMBEDDING, LSTM, Dense(2))
    assert graph.text_bytes(5) == 4 * (5 + 5 * 16 + 16 + 16)
    assert graph.work(5) == 5 * (4 + 3) * 12 + 3 * 2 + 5 + 5 * 4 + 3  # the last three: ids, and numbers, that are read


@pytest.mark.parametrize("make", COSTLY.values(), ids=COSTLY)
def test_a_network_takes_a_bounded_time(make):
    tokens, message = longest(make)
    assert MAX_WORK * 0.9 < make(tokens).work(tokens) <= MAX_WORK
    assert re.match(rf"a text takes \d+ multiplications, expected at most {MAX_WORK}; shorten max_tokens$", message)


def test_a_summary_names_what_is_not_the_operation_before():
    assert chain(EMBEDDING, LSTM, Dense(2)).summary() == ["Embedding(14 x 4)", "LSTM(3)", "Dense(2)", "softmax"]
    assert SAMPLES["text cnn"].summary()[4:8] == [
        "Conv1D(3, kernel 3) of operation 0",
        "relu",
        "max pooling",
        "Conv1D(3, kernel 4) of operation 0",
    ]
    assert SAMPLES["shared layer"].summary()[2:4] == ["padding to 6 of ids", "Embedding(14 x 4)"]


def test_embeddings_with_other_rows():
    graph = with_rows(SAMPLES["shared layer"], 20)
    assert graph.vocabulary_rows == 20
    assert with_rows(graph, 14) == SAMPLES["shared layer"]


def nodes(*given):
    return tuple(Node(operation, inputs if isinstance(inputs, tuple) else (inputs,)) for operation, inputs in given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": "argmax"}, r"output is 'argmax', expected one of softmax, sigmoid, logits, probabilities"),
        ({"padding": "both"}, r"padding is 'both', expected one of none, pre, post"),
        ({"max_tokens": 0}, r"max_tokens is 0, expected 1 to 4294967294, or none at all"),
        ({"max_tokens": 3.0}, r"max_tokens is 3\.0, expected 1 to 4294967294"),
        ({"max_tokens": True}, r"max_tokens is True, expected 1 to 4294967294"),
        ({"max_tokens": 1 << 32}, r"max_tokens is 4294967296, expected 1 to 4294967294"),
        ({"max_tokens": 10**4299}, r"max_tokens is 10{39}, expected 1 to 4294967294"),
        ({"nodes": nodes((EMBEDDING, 0.0))}, r"operation 0 \(embedding\) reads values \[0\.0\]"),
        ({"padding": "pre"}, r"padding 'pre' without max_tokens: expected the length that is padded to"),
        ({"nodes": ()}, rf"0 operations, expected 1 to {MAX_NODES}"),
        ({"nodes": nodes((EMBEDDING, 0)) * (MAX_NODES + 1)}, rf"1025 operations, expected 1 to {MAX_NODES}"),
        ({"nodes": nodes((EMBEDDING, 0), (Dense(2), 1))}, r"the last operation gives steps \(tokens, 2\), expected a vector"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), 1), (Dense(1), 2))},
         r"softmax of a single number, expected at least two, or sigmoid"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), 1), (Dense(1), 2)), "output": "probabilities"},
         r"probabilities of a single number"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), 2))},
         r"operation 1 \(reduce\) reads values \[2\], expected some of 0 to 1"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), -1))}, r"operation 1 \(reduce\) reads values \[-1\]"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), ()))}, r"operation 1 \(reduce\) reads values \[\]"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), 0))},
         r"operation 1 \(reduce\): reads ids \(tokens,\), expected steps"),
        ({"nodes": nodes((EMBEDDING, 0), (Embedding(15, 4), 0), (Reduce("sum"), 1), (Dense(2), 3))},
         r"embeddings with \[14, 15\] rows, expected one number: ids mean the same in each"),
        ({"nodes": nodes((EMBEDDING, 0), (Reduce("sum"), 1), (Dense(1 << 21), 2))
          + nodes(*[(ScaleShift(), number) for number in range(3, 40)])},
         rf"the values of a text take \d+ bytes, expected at most {MAX_TEXT_BYTES}; shorten max_tokens"),
        ({"max_tokens": 1 << 24}, rf"the values of a text take \d+ bytes, expected at most {MAX_TEXT_BYTES}"),
    ],
)  # fmt: skip
def test_a_graph_that_cannot_be(changes, message):
    with pytest.raises(FormatError, match=rf"^{message}"):
        replace(POOLED, **changes)


def test_no_embedding():
    with pytest.raises(FormatError, match=r"^operation 0 \(reduce\): reads ids"):
        chain(Reduce("sum"), Dense(2))


@pytest.mark.parametrize(
    ("owner", "own", "message"),
    [
        (2, Dense(4), r"operation 2 \(dense\) uses the weights of operation 2, expected an earlier one of its kind"),
        (3, Dense(4), r"uses the weights of operation 3, expected an earlier one"),
        (0, Dense(4), r"operation 2 \(dense\) uses the weights of operation 0, expected an earlier one of its kind"),
        (-1, Dense(4), r"uses the weights of operation -1, expected an earlier one"),
        (1, Dense(5), r"operation 2 \(dense\) uses the weights of operation 1, whose shapes differ"),
        (1, Activation("relu"), r"operation 2 \(activation\) uses the weights of operation 1, expected an earlier one"),
    ],
)
def test_weights_that_cannot_be_shared(owner, own, message):
    shared = [Node(EMBEDDING, (0,)), Node(Dense(4), (1,)), Node(own, (2,), owner), Node(Reduce("sum"), (3,))]
    with pytest.raises(FormatError, match=message):
        Graph(tuple(shared), "softmax", None, "none")


def test_operations_without_tensors_share_none():
    relu = Activation("relu")
    shared = [Node(EMBEDDING, (0,)), Node(relu, (1,)), Node(relu, (2,), 1), Node(Reduce("sum"), (3,))]
    with pytest.raises(
        FormatError, match=r"operation 2 \(activation\) uses the weights of operation 1, whose shapes differ"
    ):
        Graph(tuple(shared), "softmax", None, "none")


def test_weights_are_shared_with_an_owner_alone():
    shared = [Node(EMBEDDING, (0,)), Node(Dense(4), (1,)), Node(Dense(4), (2,), 1), Node(Dense(4), (3,), 2)]
    with pytest.raises(FormatError, match=r"operation 3 \(dense\) uses the weights of operation 2, .* of its own"):
        Graph((*shared, Node(Reduce("sum"), (4,))), "softmax", None, "none")


@pytest.mark.parametrize(
    ("max_tokens", "padding", "message"),
    [
        (
            None,
            "none",
            r"operation 1 \(restore\) in a network with padding 'none' and max_tokens None, expected padding",
        ),
        (7, "none", r"operation 1 \(restore\): steps \(6, 4\) for texts of 7 tokens, expected at least as many steps"),
    ],
)
def test_there_is_room_for_every_token_where_padding_is_put_back(max_tokens, padding, message):
    with pytest.raises(FormatError, match=message):
        chain(EMBEDDING, Restore("pre", 6, "zeros"), Reduce("max"), max_tokens=max_tokens, padding=padding)
    assert chain(EMBEDDING, Restore("pre", 6, "zeros"), Reduce("max"), max_tokens=6).types[2] == steps_of(6, 4)


def test_tokens_are_picked_from_as_many_steps():
    convolution = Convolution(2, 3, 1, 1, 1, 0, 0)
    with pytest.raises(FormatError, match=r"operation 3 \(strip\): steps \(4, 2\) for texts of 6 tokens"):
        chain(EMBEDDING, Restore("pre", 6, "zeros"), convolution, Strip("pre"), Reduce("max"), max_tokens=6)
    with pytest.raises(FormatError, match=r"operation 1 \(strip\) in a network with padding 'post' and max_tokens 6"):
        chain(EMBEDDING, Strip("pre"), Reduce("max"), max_tokens=6, padding="post")


def test_attention_reads_three_values():
    graph = chain(EMBEDDING, Reduce("sum"), Dense(2))
    with pytest.raises(
        FormatError, match=r"operation 1 \(attention\): reads steps \(tokens, 4\), expected the steps of"
    ):
        replace(graph, nodes=nodes((EMBEDDING, 0), (Attention(1, "dot", 1.0, False), 1), (Reduce("sum"), 2)))
