"""Decodes the section ``TEXT`` of a ``.drupelet`` file: the text rules.

``docs/format.md`` is the specification. The constants here are its only copy in code.
"""

from __future__ import annotations

import struct

from drupelet.errors import FormatError
from drupelet.section_reader import NO_VALUE, SectionReader, named, optional, padded_name
from drupelet.text import UNICODE_VERSION
from drupelet.text.rules import (
    CLASSES,
    KEEPS,
    LETTERS,
    MAX_DROPPED_WORDS,
    MAX_NAME_BYTES,
    MAX_NGRAM_SIZES,
    MAX_STEPS,
    SPLITS,
    STEPS,
    Drop,
    DropWords,
    Keep,
    Lower,
    Ngrams,
    Replace,
    Split,
    Substitute,
    TextRules,
)

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.text.rules import Step

UNICODE_CODE = int.from_bytes(bytes(int(part) for part in UNICODE_VERSION.split(".")), "big")
"""The Unicode version of the rules as a number: 0x0F0100 for 15.1.0."""
RULES_HEAD = struct.Struct(f"<{MAX_NAME_BYTES}s7I")
"""name, Unicode version, start_id, end_id, unknown_id, max_tokens, keep, count of steps."""
STEP_HEAD = struct.Struct("<2I")
"""kind, size of the payload in bytes."""
NUMBER = struct.Struct("<I")
SIZE = struct.Struct("<H")
TWO_SIZES = struct.Struct("<2H")
"""Bytes of two texts in UTF-8; both follow."""
SPLIT_RECORD = struct.Struct("<2I")
"""by, separator (a code point)."""


def decode_text_rules(content: memoryview) -> TextRules:
    """The text rules of a TEXT section. Raises FormatError."""
    reader = SectionReader(content, "text rules")
    raw_name, unicode_code, start_id, end_id, unknown_id, max_tokens, keep, count = reader.take(RULES_HEAD)
    if unicode_code != UNICODE_CODE:
        raise FormatError(
            f"section text rules: rules of Unicode {unicode_code:#08x}, this release has {UNICODE_CODE:#08x}; upgrade drupelet"
        )
    if count > MAX_STEPS:
        raise FormatError(f"section text rules: {count} steps, expected at most {MAX_STEPS}")
    kinds = tuple(STEPS)
    steps = []
    for place in range(count):
        kind, size = reader.take(STEP_HEAD)
        name = named(kinds, kind, f"step {place}: kind")
        step = SectionReader(reader.bytes(size), f"text rules, step {place} ({name})")
        steps.append(_step(name, step))
        step.finish()
    reader.finish()
    return TextRules(
        name=padded_name(raw_name, "section text rules"),
        steps=tuple(steps),
        start_id=optional(start_id),
        end_id=optional(end_id),
        unknown_id=optional(unknown_id),
        max_tokens=optional(max_tokens),
        keep=named(KEEPS, keep, "keep"),
    )


def _step(name: str, reader: SectionReader) -> Step:
    if name == "lower":
        (letters,) = reader.take(NUMBER)
        return Lower(named(LETTERS, letters, "letters"))
    if name in ("replace", "substitute"):
        first, second = reader.take(TWO_SIZES)
        return (Replace if name == "replace" else Substitute)(reader.text(first), reader.text(second))
    if name in ("keep", "drop"):
        (bits,) = reader.take(NUMBER)
        if bits >> len(CLASSES):
            raise FormatError(f"classes have bits {bits:#x}, this release knows {len(CLASSES)}; upgrade drupelet")
        classes = tuple(found for place, found in enumerate(CLASSES) if bits >> place & 1)
        size, replacement_size = reader.take(TWO_SIZES)
        return (Keep if name == "keep" else Drop)(reader.text(size), classes, reader.text(replacement_size))
    if name == "split":
        by, separator = reader.take(SPLIT_RECORD)
        return Split(named(SPLITS, by, "split: by"), _separator(separator))
    (count,) = reader.take(NUMBER)
    limit = MAX_DROPPED_WORDS if name == "drop_words" else MAX_NGRAM_SIZES
    if count > limit:
        raise FormatError(f"{name}: {count} entries, expected at most {limit}")
    if name == "drop_words":
        return DropWords(tuple(reader.text(*reader.take(SIZE)) for _ in range(count)))
    return Ngrams(tuple(reader.take(NUMBER)[0] for _ in range(count)))


def _separator(code: int) -> str:
    if code == NO_VALUE:
        return ""
    if code > 0x10FFFF:
        raise FormatError(f"split: separator {code:#x}, expected a code point")
    return chr(code)
