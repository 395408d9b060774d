"""Refuses an .onnx file that reads other files: a tensor may name one that holds its numbers, and onnxruntime opens it.

The file is a protocol buffer. Only messages that can lead to a tensor are walked; the numbers of a tensor are jumped over.
"""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.protobuf_fields import fields

MAX_DEPTH = 100
"""Maximum depth of messages, as protocol buffers have it."""
ORT_MARK = b"ORTM"
"""The bytes from the fourth on by which onnxruntime knows a format of its own, which is not walked here."""

NEXT_STEP = "export it again"

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
        for number, value in fields(inside, where, NEXT_STEP):
            if number in leads and not isinstance(value, int):
                waiting.append((leads[number], value, depth + 1))


def _check_tensor(content: memoryview, where: str) -> None:
    name, is_outside = b"", False
    for number, value in fields(content, where, NEXT_STEP):
        if number == _TENSOR_NAME and not isinstance(value, int):
            name = bytes(value[:100])
        # Any location but 0: a reader that takes 32 bits of a number may read others as "outside".
        is_outside |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
    if is_outside:
        raise FormatError(
            f"{where}: the numbers of {name.decode('utf-8', 'replace')!r} lie in another file, expected all of them in this "
            "one; do not use this bundle unless you know where it comes from"
        )
