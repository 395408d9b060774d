"""The names of the classes, and which names a program can print on a line of their own."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from drupelet.errors import FormatError

_NOT_PRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Control characters, lone surrogates, line and paragraph separators."""


def check_labels(labels: Sequence[str], class_count: int) -> None:
    """Raises FormatError unless there is one distinct, printable name a class."""
    if len(labels) != class_count:
        raise FormatError(f"{len(labels)} labels for {class_count} classes")
    if len(set(labels)) != len(labels):
        raise FormatError(f"labels {list(labels)!r} are not distinct")
    for label in labels:
        if not label or any(unicodedata.category(character) in _NOT_PRINTABLE for character in label):
            raise FormatError(f"label {label!r} is empty or has a character that cannot stand in a line")
