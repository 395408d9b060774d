"""Decodes the DECI section of a ``.drupelet`` file: its decision. ``docs/format.md`` is the specification."""

from __future__ import annotations

import struct

from drupelet.decision import Decision
from drupelet.errors import FormatError
from drupelet.labels import MAX_LABELS
from drupelet.section_reader import NO_VALUE, SectionReader

HEAD = struct.Struct("<II")
"""reject_below as the bits of a float32, or NO_VALUE; the number of thresholds."""


def decode_decision(content: memoryview) -> Decision:
    """The decision of a DECI section. Raises FormatError."""
    reader = SectionReader(content, "decision")
    bits, count = reader.take(HEAD)
    if count > MAX_LABELS:
        raise FormatError(f"section decision: {count} thresholds, expected at most {MAX_LABELS}")
    thresholds = reader.take(struct.Struct(f"<{count}f"))
    reader.finish()
    reject_below = None if bits == NO_VALUE else struct.unpack("<f", struct.pack("<I", bits))[0]
    return Decision(thresholds, reject_below)
