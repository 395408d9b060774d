from dataclasses import replace

import pytest

from drupelet.architecture import (
    ACTIVATIONS,
    CELLS,
    DIRECTIONS,
    MERGES,
    OUTPUTS,
    PADDINGS,
    POOLINGS,
    RECURRENT_ACTIVATIONS,
    Architecture,
    Dense,
    Recurrent,
)
from drupelet.errors import FormatError

LSTM = Recurrent("lstm", "forward", "none", 4, 3, "tanh", "sigmoid", False)
NETWORK = Architecture(14, 4, (LSTM,), "last", (Dense(3, 2, "linear"),), "softmax", 8, "none", None)
STACKED = Architecture(
    14,
    4,
    (Recurrent("gru", "bidirectional", "concat", 4, 3, "tanh", "sigmoid", True), replace(LSTM, input_dim=6)),
    "max",
    (Dense(3, 5, "relu"), Dense(5, 1, "linear")),
    "sigmoid",
    None,
    "none",
    4,
)


def test_the_order_of_names_is_their_code_in_files_and_never_changes():
    assert CELLS == ("lstm", "gru")
    assert DIRECTIONS == ("forward", "backward", "bidirectional")
    assert MERGES == ("none", "concat", "sum", "mul", "ave")
    assert POOLINGS == ("last", "max", "average")
    assert OUTPUTS == ("softmax", "sigmoid", "logits")
    assert PADDINGS == ("none", "pre", "post")
    assert ACTIVATIONS == (
        "linear", "relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "softsign"
    )  # fmt: skip
    assert RECURRENT_ACTIVATIONS == ("tanh", "sigmoid", "hard_sigmoid", "relu")


def test_shapes_are_those_of_keras():
    assert NETWORK.tensor_shapes() == {
        "embedding": (14, 4),
        "recurrent.0.forward.kernel": (4, 12),
        "recurrent.0.forward.recurrent_kernel": (3, 12),
        "recurrent.0.forward.bias": (12,),
        "dense.0.kernel": (3, 2),
        "dense.0.bias": (2,),
    }
    shapes = STACKED.tensor_shapes()
    assert list(shapes) == [
        "embedding",
        *(
            f"recurrent.{layer}.{name}"
            for layer, ways in enumerate([("forward", "backward"), ("forward",)])
            for way in ways
            for name in (f"{way}.kernel", f"{way}.recurrent_kernel", f"{way}.bias")
        ),
        "dense.0.kernel",
        "dense.0.bias",
        "dense.1.kernel",
        "dense.1.bias",
    ]
    assert shapes["recurrent.0.backward.bias"] == (2, 9)
    assert shapes["recurrent.1.forward.kernel"] == (6, 12)


@pytest.mark.parametrize(("merge", "width"), [("concat", 6), ("sum", 3), ("mul", 3), ("ave", 3)])
def test_only_concat_widens(merge, width):
    assert replace(LSTM, direction="bidirectional", merge=merge).output_dim == width


def test_a_single_unit_has_two_classes():
    assert (NETWORK.class_count, STACKED.class_count) == (2, 2)
    assert replace(NETWORK, dense=(Dense(3, 7, "linear"),)).class_count == 7


def test_the_summary_is_a_line_a_layer():
    assert NETWORK.summary() == ["Embedding(14 x 4)", "LSTM(3)", "last state", "Dense(2, softmax)"]
    assert STACKED.summary() == [
        "Embedding(14 x 4)",
        "GRU(3, bidirectional concat)",
        "LSTM(3)",
        "max pooling",
        "Dense(5, relu)",
        "Dense(1, sigmoid)",
    ]
    assert replace(NETWORK, recurrent=(replace(LSTM, direction="backward"),)).summary()[1] == "LSTM(3, backward)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "rnn"}, r"cell is 'rnn', expected one of lstm, gru"),
        ({"direction": "sideways"}, r"direction is 'sideways', expected one of forward, backward, bidirectional"),
        ({"merge": "max"}, r"merge is 'max', expected one of none, concat, sum, mul, ave"),
        ({"activation": "selu"}, r"activation is 'selu', expected one of tanh, sigmoid, hard_sigmoid, relu"),
        ({"recurrent_activation": "linear"}, r"recurrent_activation is 'linear', expected one of tanh"),
        ({"direction": "bidirectional"}, r"a bidirectional layer with merge 'none': only bidirectional layers merge"),
        ({"merge": "sum"}, r"a forward layer with merge 'sum': only bidirectional layers merge"),
        ({"reset_after": True}, r"an LSTM layer with reset_after: only GRU has it"),
        ({"input_dim": 0}, r"input_dim is 0, expected at least 1"),
        ({"units": -1}, r"units is -1, expected at least 1"),
    ],
)
def test_impossible_recurrent_layers(changes, message):
    with pytest.raises(FormatError, match=message):
        replace(LSTM, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "gelu"}, r"activation is 'gelu', expected one of linear, relu"),
        ({"input_dim": 0}, r"input_dim is 0, expected at least 1"),
        ({"units": 0}, r"units is 0, expected at least 1"),
    ],
)
def test_impossible_dense_layers(changes, message):
    with pytest.raises(FormatError, match=message):
        replace(Dense(3, 2, "linear"), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary_rows": 0}, r"vocabulary_rows is 0, expected at least 1"),
        ({"embedding_dim": 0}, r"embedding_dim is 0, expected at least 1"),
        ({"pooling": "min"}, r"pooling is 'min', expected one of last, max, average"),
        ({"output": "argmax"}, r"output is 'argmax', expected one of softmax, sigmoid, logits"),
        ({"padding": "both"}, r"padding is 'both', expected one of none, pre, post"),
        ({"recurrent": ()}, r"a network without a recurrent or without a dense layer: expected at least one of each"),
        ({"dense": ()}, r"a network without a recurrent or without a dense layer"),
        ({"embedding_dim": 5}, r"layer 0 reads 4 features, the one before gives 5"),
        ({"recurrent": (LSTM, LSTM)}, r"layer 1 reads 4 features, the one before gives 3"),
        ({"dense": (Dense(4, 2, "linear"),)}, r"layer 1 reads 4 features, the one before gives 3"),
        ({"dense": (Dense(3, 2, "tanh"),)}, r"the last dense layer has activation 'tanh', expected 'linear'"),
        ({"dense": (Dense(3, 1, "linear"),)}, r"softmax over a single unit is always 1: expected at least two units"),
        ({"max_tokens": 0}, r"max_tokens is 0, expected at least 1"),
        ({"max_tokens": None, "padding": "pre"}, r"padding 'pre' without max_tokens: expected the length"),
        ({"pool_zero_below": 3}, r"pool_zero_below without an unpadded max pooling: expected none"),
        ({"pool_zero_below": 3, "pooling": "max", "padding": "post"}, r"pool_zero_below without an unpadded max"),
    ],
)
def test_impossible_networks(changes, message):
    with pytest.raises(FormatError, match=message):
        replace(NETWORK, **changes)


def test_padding_of_absurd_length_is_refused():
    # Every text of such a network is padded to max_tokens: a field in a file would ask for 32 GB.
    with pytest.raises(FormatError, match="max_tokens"):
        replace(NETWORK, max_tokens=0xFFFFFFFE, padding="pre")
