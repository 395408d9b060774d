"""An .onnx file with numbers in another file is refused, wherever a tensor can stand; any other is walked quickly."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.engines.onnx_file import MAX_DEPTH, refuse_external_data
from drupelet.errors import FormatError

onnx = pytest.importorskip("onnx", reason="onnx writes the files of these tests")
from onnx import TensorProto, helper  # noqa: E402 - only where it is installed

OUTSIDE = r"model\.onnx: the numbers of 'weights' lie in another file, expected all of them in this one; do not use"


def varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def message(*fields):
    """The bytes of (number, value) pairs: an integer, or bytes."""
    return b"".join(
        varint(number << 3) + varint(value)
        if isinstance(value, int)
        else varint(number << 3 | 2) + varint(len(value)) + value
        for number, value in fields
    )


def tensor(external=True, mark=True):
    made = helper.make_tensor("weights", TensorProto.FLOAT, [2], [1.0, 2.0])
    if external:
        made.ClearField("float_data")
        made.external_data.add(key="location", value="../private.bin")
    if mark:
        made.data_location = TensorProto.EXTERNAL
    return made


def graph(**parts):
    return helper.make_graph([], "graph", [], [], **parts)


def node(**attributes):
    made = helper.make_node("Constant", [], ["out"])
    for name, value in attributes.items():
        made.attribute.append(helper.make_attribute(name, value))
    return made


def sparse():
    indices = helper.make_tensor("indices", TensorProto.INT64, [1], [0])
    return helper.make_sparse_tensor(tensor(), indices, [3])


def of(made):
    return helper.make_model(made).SerializeToString()


def with_nodes(*nodes):
    return helper.make_graph(nodes, "graph", [], [])


def in_function():
    model = helper.make_model(graph())
    model.functions.append(helper.make_function("own", "f", [], ["out"], [node(value=tensor())], []))
    return model.SerializeToString()


def in_training():
    model = helper.make_model(graph())
    model.training_info.add().algorithm.CopyFrom(graph(initializer=[tensor()]))
    return model.SerializeToString()


PLACES = {
    "initializer": lambda: of(graph(initializer=[tensor()])),
    "location alone": lambda: of(graph(initializer=[tensor(mark=False)])),
    "mark alone": lambda: of(graph(initializer=[tensor(external=False)])),
    "sparse initializer": lambda: of(graph(sparse_initializer=[sparse()])),
    "attribute": lambda: of(with_nodes(node(value=tensor()))),
    "attribute with tensors": lambda: of(with_nodes(node(values=[tensor()]))),
    "attribute with a sparse tensor": lambda: of(with_nodes(node(value=sparse()))),
    "attribute with sparse tensors": lambda: of(with_nodes(node(values=[sparse()]))),
    "graph in a node": lambda: of(with_nodes(node(body=graph(initializer=[tensor()])))),
    "graphs in a node": lambda: of(with_nodes(node(bodies=[graph(), graph(initializer=[tensor()])]))),
    "function": in_function,
    "training": in_training,
    "a graph in two parts": lambda: of(graph()) + message((7, graph(initializer=[tensor()]).SerializeToString())),
    "a location of more than 32 bits": lambda: message((7, message((5, message((8, b"weights"), (14, 1 << 32 | 1)))))),
    "a location of all bits": lambda: message((7, message((5, message((8, b"weights"), (14, (1 << 64) - 1)))))),
}


@pytest.mark.parametrize("place", PLACES)
def test_numbers_in_another_file_are_refused(place):
    with pytest.raises(FormatError, match=OUTSIDE):
        refuse_external_data(PLACES[place](), "model.onnx")


def test_a_whole_file_is_accepted():
    inner = graph(initializer=[tensor(external=False, mark=False)])
    sparse_inside = helper.make_sparse_tensor(
        tensor(external=False, mark=False), helper.make_tensor("indices", TensorProto.INT64, [1], [0]), [3]
    )
    nodes = [node(body=inner, value=tensor(external=False, mark=False), sparse=sparse_inside, number=3, text="x")]
    made = helper.make_graph(nodes, "graph", [], [], initializer=[tensor(external=False, mark=False)])
    refuse_external_data(of(made), "model.onnx")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"no model", r"not a protocol buffer \(wire type 6 at byte 1\); export it again"),
        (b"\x08", r"not a protocol buffer \(a number at byte 1 does not end\)"),
        (b"\x08" + b"\xff" * 11, r"not a protocol buffer \(a number at byte 1 does not end\)"),
        (b"\x3a\x05abc", r"cut short: 5 bytes expected at byte 2 of 5; export it again"),
        (b"\x39abc", r"cut short: 8 bytes expected at byte 1 of 4"),
        (b"\x18\x00\x00\x00ORTM", "a file of onnxruntime's own format, expected ONNX; export it again"),
    ],
)
def test_other_bytes_are_refused(content, expected):
    with pytest.raises(FormatError, match=f"here: {expected}"):
        refuse_external_data(content, "here")


def test_messages_may_not_nest_without_end():
    inside = b""
    for _ in range(MAX_DEPTH):
        inside = message((6, message((1, message((5, inside))))))
    with pytest.raises(FormatError, match="messages in more than 100 others, no ONNX file"):
        refuse_external_data(message((7, message((1, message((5, inside)))))), "here")


@given(st.binary(max_size=200))
def test_any_bytes_are_accepted_or_refused_by_name(content):
    for given_bytes in (content, message((7, content)), message((7, message((5, content), (1, content))))):
        try:
            refuse_external_data(given_bytes, "here")
        except FormatError as error:
            said = str(error)
        else:
            said = "here: "
        assert said.startswith("here: ")


@given(st.data())
def test_what_onnx_reads_as_external_is_refused(data):
    """Changed bytes of a file with numbers outside: whenever onnx still sees the location, the file is refused."""
    content = bytearray(PLACES[data.draw(st.sampled_from(sorted(PLACES)))]())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = onnx.load_model_from_string(bytes(content))
    except Exception:  # noqa: BLE001 - protobuf's errors have no common class
        return
    if "external_data" in str(read) or "data_location: EXTERNAL" in str(read):
        with pytest.raises(FormatError):
            refuse_external_data(bytes(content), "here")


def test_ten_megabytes_take_milliseconds():
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [10, 262144], bytes(10 << 20), raw=True)
    content = of(graph(initializer=[weights]))
    began = time.perf_counter()
    refuse_external_data(content, "here")
    assert time.perf_counter() - began < 0.1
