"""Writes model files and vocabulary files as docs/format.md specifies them, with the standard library alone.

It shares no code and no constant with the readers in drupelet nor with the writers of other distributions: a test of a
reader stands on the specification. Only the shapes of tensors are those that the graph states, which have tests of their own,
one for each operation. tests/integration/test_two_writers.py compares it with the writers that users have.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from drupelet.text.rules import Drop, DropWords, Keep, Lower, Replace, Split, Substitute, TextRules
from runtime.networks import Model, float32

if TYPE_CHECKING:
    from drupelet.graph import Graph
    from drupelet.operations.operation import Operation
    from drupelet.text.rules import Step

FLOAT32, FLOAT16, INT8, INT4, UINT8 = range(1, 6)
BLOCK_WORDS = 32
TABLE_BLOCK_WORDS = 128
NONE = 0xFFFFFFFF
ACTIVATIONS = (
    "linear",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "elu",
    "selu",
    "silu",
    "softsign",
    "hard_sigmoid_2",
    "relu6",
    "softplus",
    "gelu",
    "gelu_tanh",
    "exponential",
    "leaky_relu",
    "bounded_relu",
    "mish",
    "log_sigmoid",
    "hard_silu",
    "hard_tanh",
    "tanh_shrink",
    "soft_shrink",
    "hard_shrink",
    "celu",
    "squareplus",
    "sparse_plus",
    "sparse_sigmoid",
    "threshold",
)
RECURRENT_ACTIVATIONS = (
    "linear",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "selu",
    "silu",
    "softsign",
    "hard_sigmoid_2",
    "relu6",
    "softplus",
    "gelu",
    "gelu_tanh",
    "exponential",
    "mish",
    "log_sigmoid",
    "hard_silu",
    "hard_tanh",
    "tanh_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "elu",
)
NUMBER, FLAG, FLOAT = "number", "flag", "float"
OPERATIONS: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    "embedding": {"rows": NUMBER, "dim": NUMBER},
    "recurrent": {
        "cell": ("lstm", "gru", "rnn"),
        "direction": ("forward", "backward", "bidirectional"),
        "merge": ("none", "concat", "sum", "mul", "ave"),
        "units": NUMBER,
        "activation": RECURRENT_ACTIVATIONS,
        "recurrent_activation": RECURRENT_ACTIVATIONS,
        "reset_after": FLAG,
        "returns": ("steps", "last", "cell"),
    },
    "dense": {"units": NUMBER},
    "activation": {"function": ACTIVATIONS, "alpha": FLOAT, "beta": FLOAT, "gamma": FLOAT},
    "prelu": {"per_step": FLAG},
    "softmax": {"axis": ("features", "steps"), "function": ("softmax", "log_softmax")},
    "convolution": {
        "filters": NUMBER, "kernel_size": NUMBER, "stride": NUMBER, "dilation": NUMBER, "groups": NUMBER, "left": NUMBER,
        "right": NUMBER,
    },
    "window_pool": {
        "function": ("max", "average"), "size": NUMBER, "stride": NUMBER, "left": NUMBER, "right": NUMBER
    },
    "reduce": {"function": ("max", "average", "sum", "first", "last", "min"), "zero_below": NUMBER},
    "merge": {
        "function": (
            "concat", "concat_steps", "add", "multiply", "average", "maximum", "minimum", "subtract"
        )
    },
    "scale_shift": {},
    "normalization": {"function": ("layer", "rms", "unit"), "epsilon": FLOAT},
    "attention": {"heads": NUMBER, "score": ("dot", "additive"), "scale": FLOAT, "causal": FLAG},
    "dot": {"a_axis": ("steps", "features"), "b_axis": ("steps", "features"), "normalize": FLAG},
    "reshape": {"length": NUMBER, "width": NUMBER},
    "transpose": {},
    "repeat": {"times": NUMBER},
    "window": {"drop_first": NUMBER, "drop_last": NUMBER, "zeros_first": NUMBER, "zeros_last": NUMBER},
    "reverse": {},
    "restore": {"side": ("pre", "post"), "length": NUMBER, "fill": ("zeros", "previous", "next")},
    "strip": {"side": ("pre", "post")},
}  # fmt: skip
"""The operations in the order of their codes; of each, its attributes in order, those that are names with their codes."""
STORAGE = {
    "table": "rows", "kernel": "columns", "recurrent_kernel": "columns", "bias": "floats", "scale": "floats",
    "shift": "floats", "slope": "floats", "weight": "floats",
}  # fmt: skip
"""How schemes store a tensor, by the last part of its name."""
CODES = {
    "output": ("softmax", "sigmoid", "logits", "probabilities"),
    "padding": ("none", "pre", "post"),
    "scheme": ("f32", "f16", "wi8", "wi4"),
    "letters": ("unicode", "ascii"),
    "split": ("unicode", "ascii", "separator", "characters"),
    "keep": ("head", "tail", "ends"),
}  # fmt: skip
"""Codes of other names: the place in its list."""


class Stored(NamedTuple):
    """A tensor as a file holds it: name, code of its type, shape, bytes."""

    name: str
    dtype: int
    shape: tuple[int, ...]
    payload: bytes


def u32(*values: int) -> bytes:
    """Numbers as little-endian unsigned 32-bit integers."""
    return struct.pack(f"<{len(values)}I", *values)


def code(field: str, name: str) -> int:
    """The code of a name in a field of CODES."""
    return CODES[field].index(name)


def vocabulary_file(words: Sequence[str], first_id: int) -> bytes:
    """The vocabulary file of kind rank of these words, which must ascend by their UTF-8 bytes."""
    return _vocabulary(0, words, first_id + len(words), BLOCK_WORDS, b"")


def table_vocabulary_file(ids: Mapping[str, int], id_count: int) -> bytes:
    """The vocabulary file of kind table of words with these ids. Each id has as many bits as the largest may need."""
    words = sorted(ids, key=str.encode)
    bits = "".join(f"{ids[word]:0{(id_count - 1).bit_length()}b}"[::-1] for word in words) if id_count > 1 else ""
    table = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    return _vocabulary(1, words, id_count, TABLE_BLOCK_WORDS, table)


def _vocabulary(kind: int, words: Sequence[str], id_count: int, block_words: int, table: bytes) -> bytes:
    offsets, entries, before = [], b"", b""
    for place, word in enumerate(words):
        if place % block_words == 0:
            offsets.append(len(entries))
            before = b""
        encoded = word.encode()
        shared = 0
        while shared < min(len(before), len(encoded)) and before[shared] == encoded[shared]:
            shared += 1
        added = len(encoded) - shared
        entries += bytes([16 * min(shared, 15) + min(added, 15)])
        entries += b"".join(_leb128(length - 15) for length in (shared, added) if length >= 15)
        entries += encoded[shared:]
        before = encoded
    body = u32(*offsets) + entries + table
    return b"DRPVOCAB" + u32(2, kind, block_words, len(words), id_count, len(entries), zlib.crc32(body)) + body


def _leb128(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + _leb128(value // 128)


def model_file(model: Model, scheme: str = "f32", stored: Sequence[Stored] | None = None) -> bytes:
    """The .drupelet file of a model under a scheme, with the tensors of :func:`stored_tensors` unless others are given."""
    sections = [
        ("graph", b"GRPH", 0, (), graph_section(model.graph, scheme)),
        ("text_rules", b"TEXT", 0, (), text_rules_section(model.text_rules)),
        ("labels", b"LABL", 0, (), labels_section(model.labels)),
        ("vocabulary", b"VOCB", 0, (), vocabulary_file(model.words, model.first_id)),
        *((tensor.name, b"TENS", *tensor[1:]) for tensor in stored or stored_tensors(model, scheme)),
    ]
    table, body = b"", bytearray()
    body_at = _aligned(64 + 96 * len(sections))
    for name, kind, dtype, shape, payload in sections:
        body += bytes(_aligned(len(body)) - len(body))
        table += name.encode().ljust(48, b"\0") + kind + u32(dtype, len(shape), zlib.crc32(payload))
        table += u32(*(*shape, 0, 0, 0, 0)[:4]) + struct.pack("<QQ", body_at + len(body), len(payload))
        body += payload
    head = b"\x89DRPLT\r\n" + u32(3, 0x01020304) + struct.pack("<Q", body_at + len(body))
    head += u32(len(sections), zlib.crc32(table)) + bytes(32)
    return (head + table).ljust(body_at, b"\0") + bytes(body)


def _aligned(place: int) -> int:
    return (place + 63) // 64 * 64


def graph_section(graph: Graph, scheme: str) -> bytes:
    """The payload of GRPH."""
    payload = u32(
        code("scheme", scheme),
        code("output", graph.output),
        NONE if graph.max_tokens is None else graph.max_tokens,
        code("padding", graph.padding),
        len(graph.nodes),
    )
    for node in graph.nodes:
        name = node.operation.name
        shared = NONE if node.weights_of is None else node.weights_of
        payload += u32([*OPERATIONS].index(name), shared, len(node.inputs), len(OPERATIONS[name]), *node.inputs)
        payload += b"".join(_attribute(node.operation, attribute) for attribute in OPERATIONS[name])
    return payload


def _attribute(operation: Operation, attribute: str) -> bytes:
    held, kind = getattr(operation, attribute), OPERATIONS[operation.name][attribute]
    if kind == FLOAT:
        return struct.pack("<f", held)
    if isinstance(kind, tuple):
        return u32(kind.index(held))
    return u32(NONE if held is None else int(held))


def text_rules_section(rules: TextRules) -> bytes:
    """The payload of TEXT."""
    numbers = (rules.start_id, rules.end_id, rules.unknown_id, rules.max_tokens)
    payload = rules.name.encode("ascii").ljust(32, b"\0") + u32(
        0x0F0100,
        *(NONE if number is None else number for number in numbers),
        code("keep", rules.keep),
        len(rules.steps),
    )
    for step in rules.steps:
        kind, content = _step(step)
        payload += u32(kind, len(content)) + content
    return payload


def _step(step: Step) -> tuple[int, bytes]:
    if isinstance(step, Lower):
        return 0, u32(code("letters", step.letters))
    if isinstance(step, Replace):
        return 1, _texts(step.old, step.new)
    if isinstance(step, Substitute):
        return 2, _texts(step.pattern, step.replacement)
    if isinstance(step, (Keep, Drop)):
        bits = {"space": 1, "letters": 2, "alphanumeric": 4, "marks": 8}
        classes = u32(sum(bits[name] for name in step.classes))
        return 3 if isinstance(step, Keep) else 4, classes + _texts(step.characters, step.replacement)
    if isinstance(step, Split):
        return 5, u32(code("split", step.by), ord(step.separator) if step.separator else NONE)
    if isinstance(step, DropWords):
        words = [word.encode() for word in step.words]
        return 6, u32(len(words)) + b"".join(struct.pack("<H", len(word)) + word for word in words)
    return 7, u32(len(step.sizes), *step.sizes)


def _texts(*texts: str) -> bytes:
    encoded = [text.encode() for text in texts]
    return struct.pack(f"<{len(encoded)}H", *map(len, encoded)) + b"".join(encoded)


def labels_section(labels: Sequence[str]) -> bytes:
    """The payload of LABL."""
    return u32(len(labels)) + b"".join(u32(len(label.encode())) + label.encode() for label in labels)


def stored_tensors(model: Model, scheme: str) -> list[Stored]:
    """Every tensor of a model as a scheme stores it, in file order. Integers are the nearest to the float32 weights."""
    stored = []
    for name, shape in model.graph.tensor_shapes().items():
        values, storage = model.weights[name], STORAGE[name.rpartition(".")[2]]
        if storage == "floats" or scheme == "f32":
            stored.append(Stored(name, FLOAT32, shape, struct.pack(f"<{len(values)}f", *values)))
        elif scheme == "f16":
            stored.append(Stored(name, FLOAT16, shape, struct.pack(f"<{len(values)}e", *values)))
        elif storage == "rows":
            stored += _stored_rows(name, shape, values, 7 if scheme == "wi4" else 127)
        else:
            stored += _stored_columns(name, shape, values)
    return stored


def _stored_columns(name: str, shape: tuple[int, ...], values: Sequence[float]) -> list[Stored]:
    """An int8 matrix with a float32 scale a column."""
    columns = shape[1]
    scales = [float32(max(map(abs, values[column::columns])) / 127) or 1.0 for column in range(columns)]
    integers = [_nearest(value, scales[place % columns], 127) for place, value in enumerate(values)]
    return [
        Stored(name, INT8, shape, struct.pack(f"<{len(integers)}b", *integers)),
        Stored(f"{name}.scales", FLOAT32, (columns,), struct.pack(f"<{columns}f", *scales)),
    ]


def _stored_rows(name: str, shape: tuple[int, ...], values: Sequence[float], limit: int) -> list[Stored]:
    """An int8 or int4 matrix with a byte a row, which names one of 256 float32 scales."""
    rows, columns = shape
    table = [float32(2.0 ** (step / 16 - 12)) for step in range(256)]
    codes, payload = [], b""
    for row in range(rows):
        held = values[row * columns : (row + 1) * columns]
        largest = max(map(abs, held)) / limit
        codes.append(next((step for step, scale in enumerate(table) if scale >= largest), 255))
        integers = [_nearest(value, table[codes[-1]], limit) for value in held]
        payload += struct.pack(f"<{columns}b", *integers) if limit == 127 else packed_row(integers)
    return [
        Stored(name, INT8 if limit == 127 else INT4, shape, payload),
        Stored(f"{name}.scale_codes", UINT8, (rows,), bytes(codes)),
        Stored(f"{name}.scale_table", FLOAT32, (256,), struct.pack("<256f", *table)),
    ]


def _nearest(value: float, scale: float, limit: int) -> int:
    return max(-limit, min(limit, round(value / scale)))


def packed_row(integers: Sequence[int]) -> bytes:
    """A row of int4, two to a byte: the first half of the columns in the low nibbles, the second half in the high ones."""
    half = (len(integers) + 1) // 2
    high = [*integers[half:], 0][:half]
    return bytes(low + 8 + 16 * (up + 8) for low, up in zip(integers[:half], high))
