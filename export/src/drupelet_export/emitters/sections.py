"""Writes the sections of a ``.drupelet`` file that hold text rules, labels and decision.

:mod:`drupelet.label_section`, :mod:`drupelet.text_section` and :mod:`drupelet.decision_section` read them; ``docs/format.md``
is the specification.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from drupelet.decision_section import HEAD
from drupelet.section_reader import NO_VALUE
from drupelet.text.rules import (
    CLASSES,
    KEEPS,
    LETTERS,
    SPLITS,
    STEPS,
    Drop,
    DropWords,
    Keep,
    Lower,
    Replace,
    Split,
    Substitute,
    TextRules,
    step_name,
)
from drupelet.text_section import NUMBER, RULES_HEAD, SIZE, SPLIT_RECORD, STEP_HEAD, TWO_SIZES, UNICODE_CODE

if TYPE_CHECKING:
    from drupelet.decision import Decision
    from drupelet.text.rules import Step


def encode_text_rules(rules: TextRules) -> bytes:
    """The TEXT section of text rules."""
    numbers = (rules.start_id, rules.end_id, rules.unknown_id, rules.max_tokens)
    head = RULES_HEAD.pack(
        rules.name.encode("ascii"),
        UNICODE_CODE,
        *(NO_VALUE if number is None else number for number in numbers),
        KEEPS.index(rules.keep),
        len(rules.steps),
    )
    kinds = tuple(STEPS)
    payloads = [(kinds.index(step_name(step)), _payload(step)) for step in rules.steps]
    return head + b"".join(STEP_HEAD.pack(kind, len(payload)) + payload for kind, payload in payloads)


def encode_labels(labels: Sequence[str]) -> bytes:
    """The LABL section: the number of labels, then each label as its size in bytes and its UTF-8 text."""
    encoded = [label.encode() for label in labels]
    return struct.pack("<I", len(encoded)) + b"".join(struct.pack("<I", len(label)) + label for label in encoded)


def encode_decision(decision: Decision) -> bytes:
    """The DECI section: reject_below, the number of thresholds, and the thresholds."""
    bits = NO_VALUE
    if decision.reject_below is not None:
        (bits,) = struct.unpack("<I", struct.pack("<f", decision.reject_below))
    count = len(decision.thresholds)
    return HEAD.pack(bits, count) + struct.pack(f"<{count}f", *decision.thresholds)


def _payload(step: Step) -> bytes:
    if isinstance(step, Lower):
        return NUMBER.pack(LETTERS.index(step.letters))
    if isinstance(step, Replace):
        return _two_texts(step.old, step.new)
    if isinstance(step, Substitute):
        return _two_texts(step.pattern, step.replacement)
    if isinstance(step, (Keep, Drop)):
        bits = sum(1 << CLASSES.index(name) for name in step.classes)
        return NUMBER.pack(bits) + _two_texts(step.characters, step.replacement)
    if isinstance(step, Split):
        return SPLIT_RECORD.pack(SPLITS.index(step.by), ord(step.separator) if step.separator else NO_VALUE)
    if isinstance(step, DropWords):
        words = [word.encode() for word in step.words]
        return NUMBER.pack(len(words)) + b"".join(SIZE.pack(len(word)) + word for word in words)
    return struct.pack(f"<{1 + len(step.sizes)}I", len(step.sizes), *step.sizes)


def _two_texts(first: str, second: str) -> bytes:
    one, two = first.encode(), second.encode()
    return TWO_SIZES.pack(len(one), len(two)) + one + two
