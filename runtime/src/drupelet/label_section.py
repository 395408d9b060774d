"""Decodes the LABL section of a ``.drupelet`` file: the labels. ``docs/format.md`` is the specification."""

from __future__ import annotations

import struct

from drupelet.errors import FormatError
from drupelet.labels import MAX_LABEL_BYTES, MAX_LABELS
from drupelet.section_reader import SectionReader

_NUMBER = struct.Struct("<I")


def decode_labels(content: memoryview) -> tuple[str, ...]:
    """The labels of a LABL section. Raises FormatError."""
    reader = SectionReader(content, "labels")
    (count,) = reader.take(_NUMBER)
    if count > MAX_LABELS:
        raise FormatError(f"section labels: {count} labels, expected at most {MAX_LABELS}")
    labels = []
    for _ in range(count):
        (size,) = reader.take(_NUMBER)
        if size > MAX_LABEL_BYTES:
            raise FormatError(f"section labels: a label of {size} bytes, expected at most {MAX_LABEL_BYTES}")
        labels.append(reader.text(size))
    reader.finish()
    return tuple(labels)
