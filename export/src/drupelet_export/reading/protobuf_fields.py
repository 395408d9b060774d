"""The fields of the protocol buffers of a SavedModel, with errors of the workstation."""

from __future__ import annotations

from collections.abc import Iterator

from drupelet import protobuf_fields
from drupelet.errors import FormatError
from drupelet_export.errors import ModelError


def fields(content: memoryview, where: str) -> Iterator[tuple[int, int | memoryview]]:
    """The number of each field with its value: an integer, or the bytes of a string or message. Raises ModelError."""
    try:
        yield from protobuf_fields.fields(content, where, "copy the folder again")
    except FormatError as error:
        raise ModelError(str(error)) from error
