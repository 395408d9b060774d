"""Refuses an .onnx file that reads other files: a tensor may name one that holds its numbers, and onnxruntime opens it.

The file is a protocol buffer. Only messages that can lead to a tensor are walked; the numbers of a tensor are jumped over.
"""

from __future__ import annotations

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Union

    Field = tuple[int, Union[int, memoryview]]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""The wire types of protocol buffers."""
MAX_VARINT_BYTES = 10
"""Maximum bytes of a number, which has at most 64 bits."""
MAX_DEPTH = 100
"""Maximum depth of messages, as protocol buffers have it."""
ORT_MARK = b"ORTM"
"""The bytes from the fourth on by which onnxruntime knows a format of its own, which is not walked here."""

_TENSOR = "TensorProto"
_TENSOR_NAME, _EXTERNAL_DATA, _DATA_LOCATION = 8, 13, 14
_INSIDE = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "GraphProto": {1: "NodeProto", 5: _TENSOR, 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: _TENSOR,
        6: "GraphProto",
        10: _TENSOR,
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: _TENSOR, 2: _TENSOR},
}
"""The messages that lead to a tensor, and which of their fields do, by number (onnx.proto)."""


def refuse_external_data(content: bytes, where: str) -> None:
    """Raises FormatError when a tensor of an .onnx file lies in another file, or when the bytes are no protocol buffer."""
    if content[4 : 4 + len(ORT_MARK)] == ORT_MARK:
        raise FormatError(f"{where}: a file of onnxruntime's own format, expected ONNX; export it again")
    waiting = [("ModelProto", memoryview(content), 0)]
    while waiting:
        message, inside, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise FormatError(f"{where}: messages in more than {MAX_DEPTH} others, no ONNX file; export it again")
        if message == _TENSOR:
            _check_tensor(inside, where)
            continue
        leads = _INSIDE[message]
        for number, value in _fields(inside, where):
            if number in leads and not isinstance(value, int):
                waiting.append((leads[number], value, depth + 1))


def _check_tensor(content: memoryview, where: str) -> None:
    name, is_outside = b"", False
    for number, value in _fields(content, where):
        if number == _TENSOR_NAME and not isinstance(value, int):
            name = bytes(value[:100])
        # Any location but 0: a reader that takes 32 bits of a number may read others as "outside".
        is_outside |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
    if is_outside:
        raise FormatError(
            f"{where}: the numbers of {name.decode('utf-8', 'replace')!r} lie in another file, expected all of them in this "
            "one; do not use this bundle unless you know where it comes from"
        )


def _fields(content: memoryview, where: str) -> Iterator[Field]:
    """The number of each field with its value: an integer, or the bytes of what is longer. Raises FormatError."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place, where)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(content, place, where)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, place = _varint(content, place, where)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise FormatError(f"{where}: no ONNX file (wire type {kind} before byte {place}); export it again")
        if size > len(content) - place:
            raise FormatError(
                f"{where}: cut short ({size} bytes expected, {len(content) - place} are there); export it again"
            )
        yield key >> 3, content[place : place + size]
        place += size


def _varint(content: memoryview, place: int, where: str) -> tuple[int, int]:
    """A number, and the place behind it."""
    value = shift = 0
    for byte in content[place : place + MAX_VARINT_BYTES]:
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise FormatError(f"{where}: no ONNX file (a number does not end); export it again")
