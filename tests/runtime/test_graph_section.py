"""The GRPH section: literal bytes, every field checked, and any bytes at all."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.graph import MAX_NODES, Graph, Node
from drupelet.graph_section import MAX_NODE_INPUTS, decode_graph, encode_graph
from drupelet.model_file import read_model_file
from drupelet.operations.activation import Activation
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.reshape import Reshape
from drupelet.operations.table import OPERATIONS, operation_class
from drupelet.schemes import SCHEMES
from drupelet.value import field_names
from runtime import format_writer
from runtime.format_writer import graph_section
from runtime.native.file_surgery import patched, u32, with_payload
from runtime.networks import SAMPLES, chain
from runtime.random_graphs import graphs

NONE = 0xFFFFFFFF
POOLED = chain(Embedding(14, 4), Recurrent("gru", "bidirectional", "mul", 3, "relu", "sigmoid", True, "steps"),
               Activation("bounded_relu", 0.5, math.inf, -0.25), Reduce("max", 6), max_tokens=8)  # fmt: skip
LITERAL = (
    u32(2, 0, 8, 0, 4)
    + u32(0, NONE, 1, 2, 0, 14, 4)
    + u32(1, NONE, 1, 8, 1, 1, 2, 3, 3, 1, 3, 1, 0)
    + u32(3, NONE, 1, 4, 2, 16) + bytes.fromhex("0000003f 0000807f 000080be")
    + u32(8, NONE, 1, 2, 3, 0, 6)
)  # fmt: skip
"""The section of POOLED under wi8."""


def decoded(content):
    return decode_graph(memoryview(content))


def test_a_section_written_out_byte_by_byte():
    assert encode_graph(POOLED, "wi8") == LITERAL
    assert decoded(LITERAL) == (POOLED, "wi8")


def test_absent_numbers_and_shared_weights():
    nodes = (Node(Embedding(5, 2), (0,)), Node(Embedding(5, 2), (0,), 0), Node(Reshape(None, 6), (2,)))
    graph = Graph(nodes, "logits", 3, "post")
    content = (
        u32(0, 2, 3, 2, 3) + u32(0, NONE, 1, 2, 0, 5, 2) + u32(0, 0, 1, 2, 0, 5, 2) + u32(14, NONE, 1, 2, 2, NONE, 6)
    )
    assert encode_graph(graph, "f32") == content
    assert decoded(content) == (graph, "f32")


def test_codes_and_attributes_are_those_of_the_specification():
    """format_writer states them all once more, as docs/format.md does."""
    assert list(format_writer.OPERATIONS) == list(OPERATIONS)
    for name, attributes in format_writer.OPERATIONS.items():
        operation = operation_class(name)
        assert list(attributes) == list(field_names(operation))
        for attribute, kind in attributes.items():
            annotation = operation.__annotations__[attribute]
            expected = {"float": "float", "bool": "flag", "str": operation.choices.get(attribute)}
            assert kind == expected.get(annotation, "number"), (name, attribute)
        for role, storage in operation.storage.items():
            assert format_writer.STORAGE[role] == storage


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("graph", SAMPLES.values(), ids=list(SAMPLES))
def test_samples_are_written_as_the_specification_says(graph, scheme):
    assert encode_graph(graph, scheme) == graph_section(graph, scheme)
    assert decoded(graph_section(graph, scheme)) == (graph, scheme)


@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
def test_any_graph_round_trips(name, data):
    graph = data.draw(graphs(name))
    content = graph_section(graph, "f16")
    assert encode_graph(graph, "f16") == content
    assert decoded(content) == (graph, "f16")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (0, 4, r"scheme has code 4, this release knows 4; upgrade drupelet"),
        (1, 4, r"output has code 4, this release knows 4; upgrade drupelet"),
        (2, 0, r"max_tokens is 0, expected 1 to 4294967294"),
        (3, 3, r"padding has code 3, this release knows 3; upgrade drupelet"),
        (4, MAX_NODES + 1, r"section graph: 1025 operations, expected at most 1024"),
        (4, NONE, r"section graph: 4294967295 operations, expected at most 1024"),
        (4, 0, r"section graph has 144 bytes too many"),
        (4, 3, r"section graph has 28 bytes too many"),
        (4, 5, r"section graph ends after 164 bytes, expected 180 or more"),
        (5, 21, r"operation 0 has code 21, this release knows 21; upgrade drupelet"),
        (5, NONE, r"operation 0 has code 4294967295"),
        (6, 0, r"operation 0 \(embedding\) uses the weights of operation 0, expected an earlier one"),
        (7, MAX_NODE_INPUTS + 1, r"operation 0 reads 65 values, expected at most 64"),
        (7, NONE, r"operation 0 reads 4294967295 values"),
        (8, 3, r"operation 0 \(embedding\) has 3 attributes, expected 2; upgrade drupelet"),
        (8, NONE, r"operation 0 \(embedding\) has 4294967295 attributes, expected 2"),
        (9, 1, r"operation 0 \(embedding\) reads values \[1\], expected some of 0 to 0"),
        (10, 0, r"operation 0 \(embedding\): rows is 0, expected 1 to 2147483647"),
        (10, NONE, r"operation 0 \(embedding\): rows has no value"),
        (17, 3, r"operation 1 \(recurrent\): cell has code 3, this release knows 3; upgrade drupelet"),
        (23, 2, r"operation 1 \(recurrent\): reset_after has code 2, this release knows 2"),
        (30, 29, r"operation 2 \(activation\): function has code 29, this release knows 29"),
        (31, 0x7FC00000, r"operation 2 \(activation\): alpha is nan, expected a float32"),
        (31, 0x7F800000, r"operation 2 \(activation\): bounded_relu with alpha inf, expected a finite number"),
        (39, 6, r"operation 3 \(reduce\): function has code 6, this release knows 6"),
    ],
)
def test_each_field_is_checked(drupelet_file, field, value, message):
    content = patched(LITERAL, 4 * field, u32(value))
    with pytest.raises(FormatError, match=rf"^{message}"):
        decoded(content)
    with pytest.raises(FormatError, match=rf"^here: {message}.*; export it again$"):
        read_model_file(with_payload(drupelet_file, "graph", lambda _: content), "here")


@pytest.mark.parametrize("size", range(0, len(LITERAL), 4))
def test_a_section_that_ends_early(size):
    with pytest.raises(FormatError, match=rf"^section graph ends after {size} bytes, expected \d+ or more$"):
        decoded(LITERAL[:size])


def test_a_section_that_ends_late():
    with pytest.raises(FormatError, match=r"^section graph has 1 bytes too many$"):
        decoded(LITERAL + b"\0")


def test_a_graph_that_would_take_gigabytes_is_refused_without_taking_them():
    huge = u32(0, 0, NONE, 0, 2) + u32(0, NONE, 1, 2, 0, 14, 65536) + u32(14, NONE, 1, 2, 1, 1 << 20, 1 << 22)
    with pytest.raises(
        FormatError, match=r"^operation 1 \(reshape\): reads steps \(tokens, 65536\), expected a fixed number"
    ):
        decoded(huge)
    padded = patched(huge, 8, u32(1 << 20, 1))
    with pytest.raises(
        FormatError, match=r"reads steps \(1048576, 65536\), gives 4398046511104 numbers; expected as many"
    ):
        decoded(padded)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_graph_or_a_named_error(content):
    try:
        graph, scheme = decoded(content)
    except FormatError:
        return
    assert encode_graph(graph, scheme) == content


@given(st.data())
def test_any_changed_number_is_a_graph_or_a_named_error(data):
    content = graph_section(data.draw(graphs()), "f32")
    numbers = st.sampled_from((0, 1, 2, 3, 64, 1 << 16, 1 << 20, 1 << 22, 1 << 31, NONE - 1, NONE)) | st.integers(
        0, NONE
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) // 4 - 1))
        content = patched(content, 4 * place, u32(data.draw(numbers)))
    try:
        graph, scheme = decoded(content)
    except FormatError:
        return
    assert encode_graph(graph, scheme) == content or b"\0\0\0\x80" in content  # -0.0 in place of 0.0
    assert struct.unpack_from("<I", content, 16)[0] == len(graph.nodes)


def test_a_scheme_that_is_none():
    with pytest.raises(FormatError, match=r"^scheme 'f64', expected one of f32, f16, wi8, wi4$"):
        encode_graph(next(iter(SAMPLES.values())), "f64")
