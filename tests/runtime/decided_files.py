"""Writes .drupelet files with a decision from docs/format.md, and files whose decision is wrong."""

import struct

from runtime.format_writer import model_file
from runtime.native.file_surgery import joined, parts_of, u32

NONE = 0xFFFFFFFF


def decision_section(decision):
    """The payload of DECI."""
    below = decision.reject_below
    head = u32(NONE) if below is None else struct.pack("<f", below)
    count = len(decision.thresholds)
    return head + u32(count) + struct.pack(f"<{count}f", *decision.thresholds)


def with_decision(content, payload):
    """The file with a section DECI of these bytes."""
    return joined([*parts_of(content), [b"decision", b"DECI", 0, (), payload]])


def decided_file(model, decision, scheme="f32"):
    """The .drupelet file of a model with a decision."""
    return with_decision(model_file(model, scheme), decision_section(decision))


def numbers(*values, below=None):
    """A payload of these thresholds, whatever they are."""
    head = u32(NONE) if below is None else struct.pack("<f", below)
    return head + u32(len(values)) + struct.pack(f"<{len(values)}f", *values)


NAN, INFINITE = float("nan"), float("inf")
WRONG = {
    "empty": b"",
    "cut in its head": u32(NONE),
    "cut in its thresholds": numbers(0.5, 0.5, 0.5)[:-1],
    "too long": numbers(0.5, 0.5, 0.5) + b"\0",
    "of nothing": numbers(),
    "one threshold too few": numbers(0.5, 0.5),
    "one threshold too many": numbers(0.5, 0.5, 0.5, 0.5),
    "more thresholds than bytes": u32(NONE, 2**31),
    "4097 thresholds": numbers(*[0.5] * 4097),
    **{f"threshold {value}": numbers(0.5, value, 0.5) for value in (NAN, INFINITE, -INFINITE, 0.0, 1.0, -0.5, 1.5)},
    **{f"reject_below {value}": numbers(below=value) for value in (NAN, INFINITE, -INFINITE, 0.0, 1.0, -0.5, 1.5)},
    "reject_below that is another NaN": u32(0xFFFFFFFE, 0),
}
"""Payloads that no reader accepts of a network of three labels that are decided alone."""
