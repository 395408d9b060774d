"""The sections of a .drupelet file that are not tensors: each field is written where docs/format.md says, and checked."""

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
    SCHEMES,
    Architecture,
    Dense,
    Recurrent,
)
from drupelet.errors import FormatError
from drupelet.model_file import HEADER, SECTION, read_model_file
from drupelet.model_sections import (
    ARCHITECTURE_HEAD,
    DENSE_RECORD,
    RECURRENT_RECORD,
    decode_architecture,
    decode_labels,
)
from runtime.format_writer import architecture_section, labels_section
from runtime.native.file_surgery import patched, u32, with_payload


@pytest.mark.parametrize("name", ["architecture", "labels"])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_section_that_ends_early_or_late(drupelet_file, name, change):
    (size,) = (s.size_bytes for s in read_model_file(drupelet_file).sections if s.name == name)
    content = with_payload(drupelet_file, name, lambda payload: payload[:-1] if change < 0 else payload + b"\0")
    wrong = rf"ends after {size - 1} bytes, expected {size} or more" if change < 0 else "has 1 bytes too many"
    with pytest.raises(FormatError, match=rf"^here: section {name} {wrong}; export it again"):
        read_model_file(content, "here")


@pytest.mark.parametrize("name", ["architecture", "labels"])
def test_an_empty_section(drupelet_file, name):
    with pytest.raises(FormatError, match=rf"section {name} ends after 0 bytes"):
        read_model_file(with_payload(drupelet_file, name, lambda _: b""))


LSTM = Recurrent("lstm", "forward", "none", 4, 3, "tanh", "sigmoid", False)


NETWORKS = [
    Architecture(14, 4, (LSTM,), "last", (Dense(3, 2, "linear"),), "softmax", None, "none", None),
    Architecture(
        9,
        5,
        (
            Recurrent("gru", "bidirectional", "concat", 5, 2, "relu", "hard_sigmoid", True),
            Recurrent("lstm", "backward", "none", 4, 7, "tanh", "sigmoid", False),
            Recurrent("gru", "bidirectional", "mul", 7, 3, "tanh", "sigmoid", False),
        ),
        "max",
        (Dense(3, 4, "selu"), Dense(4, 1, "linear")),
        "sigmoid",
        250,
        "none",
        250,
    ),
    Architecture(9, 4, (LSTM,), "average", (Dense(3, 5, "linear"),), "logits", 12, "pre", None),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_round_trip(network):
    assert decode_architecture(memoryview(architecture_section(network, "f32"))) == (network, "f32")
    for scheme in SCHEMES:
        assert decode_architecture(memoryview(architecture_section(network, scheme))) == (network, scheme)


def test_a_network_section_written_out_byte_by_byte():
    assert architecture_section(NETWORKS[2], "f32") == (
        u32(9, 4, 1, POOLINGS.index("average"), 1, OUTPUTS.index("logits"), 12, PADDINGS.index("pre"), 0xFFFFFFFF, 0)
        + u32(CELLS.index("lstm"), 0, 0, 4, 3, RECURRENT_ACTIVATIONS.index("tanh"), 1, 0)
        + u32(3, 5, ACTIVATIONS.index("linear"))
    )
    assert (CELLS[0], DIRECTIONS[0], MERGES[0], POOLINGS[2], OUTPUTS[2], PADDINGS[1], ACTIVATIONS[0]) == (
        "lstm", "forward", "none", "average", "logits", "pre", "linear"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (0, 0, r"vocabulary_rows is 0, expected at least 1"),
        (1, 0, r"embedding_dim is 0, expected at least 1"),
        (2, 65, r"section architecture: 65 recurrent and 1 dense layers, expected at most 64 each"),
        (2, 0xFFFFFFFF, r"4294967295 recurrent and 1 dense"),
        (2, 2, r"section architecture ends after 84 bytes, expected 104 or more"),
        (2, 0, r"input_dim is 0, expected at least 1"),  # the recurrent record is read as a dense one
        (4, 0, r"section architecture has 12 bytes too many"),
        (3, 3, r"pooling has code 3, this release knows 3; upgrade drupelet"),
        (4, 65, r"1 recurrent and 65 dense"),
        (4, 2, r"section architecture ends after 84 bytes, expected 96 or more"),
        (5, 3, r"output has code 3, this release knows 3; upgrade drupelet"),
        (6, 0, r"max_tokens is 0, expected at least 1"),
        (7, 3, r"padding has code 3, this release knows 3; upgrade drupelet"),
        (7, 1, r"padding 'pre' without max_tokens: expected the length that is padded to"),
        (8, 5, r"pool_zero_below without an unpadded max pooling: expected none"),
        (9, 4, r"scheme has code 4, this release knows 4; upgrade drupelet"),
        (9, 0xFFFFFFFF, r"scheme has code 4294967295, this release knows 4; upgrade drupelet"),
        (10, 2, r"cell has code 2, this release knows 2; upgrade drupelet"),
        (11, 3, r"direction has code 3, this release knows 3"),
        (12, 5, r"merge has code 5, this release knows 5"),
        (12, 1, r"a forward layer with merge 'concat': only bidirectional layers merge"),
        (13, 0, r"input_dim is 0, expected at least 1"),
        (13, 5, r"layer 0 reads 5 features, the one before gives 4"),
        (14, 0, r"units is 0, expected at least 1"),
        (15, 4, r"activation has code 4, this release knows 4"),
        (16, 4, r"recurrent_activation has code 4, this release knows 4"),
        (17, 2, r"reset_after has code 2, this release knows 2"),
        (17, 1, r"an LSTM layer with reset_after: only GRU has it"),
        (18, 4, r"layer 1 reads 4 features, the one before gives 3"),
        (19, 1, r"softmax over a single unit is always 1"),
        (20, 9, r"activation has code 9, this release knows 9"),
        (20, 1, r"the last dense layer has activation 'relu', expected 'linear'"),
    ],
)
def test_each_field_of_a_network_is_checked(drupelet_file, field, value, message):
    content = patched(architecture_section(NETWORKS[0], "f32"), 4 * field, u32(value))
    with pytest.raises(FormatError, match=message):
        decode_architecture(memoryview(content))
    with pytest.raises(FormatError, match=rf"^here: .*{message}.*; export it again"):
        read_model_file(with_payload(drupelet_file, "architecture", lambda _: content), "here")


def test_the_records_have_the_sizes_of_the_specification():
    sizes = [r.size for r in (HEADER, SECTION, ARCHITECTURE_HEAD, RECURRENT_RECORD, DENSE_RECORD)]
    assert sizes == [64, 96, 40, 32, 12]


@pytest.mark.parametrize("labels", [("a", "b"), ("\u043f\u043b\u043e\u0445\u043e", "\U0001f600", "x" * 1024)])
def test_labels_round_trip(labels):
    assert decode_labels(memoryview(labels_section(labels))) == labels


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (u32(4097), r"section labels: 4097 labels, expected at most 4096"),
        (u32(0xFFFFFFFF), r"4294967295 labels"),
        (u32(1, 1025), r"section labels: a label of 1025 bytes, expected at most 1024"),
        (u32(1, 0xFFFFFFFF), r"a label of 4294967295 bytes"),
        (u32(1, 3) + b"no", r"section labels ends after 10 bytes, expected 11 or more"),
        (u32(2, 2) + b"no", r"section labels ends after 10 bytes, expected 14 or more"),
        (u32(1, 2) + b"no!", r"section labels has 1 bytes too many"),
        (u32(1, 1) + b"\xff", r"section labels holds text that is not UTF-8"),
    ],
)
def test_each_field_of_the_labels_is_checked(content, message):
    with pytest.raises(FormatError, match=message):
        decode_labels(memoryview(content))
