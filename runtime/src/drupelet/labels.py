"""The labels: distinct names of the classes, each printable on one line."""

from __future__ import annotations

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_PRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that a label must not have: control characters, lone surrogates, line and paragraph separators."""


def check_labels(labels: Sequence[str], class_count: int) -> None:
    """Raises FormatError unless there is one distinct, printable label per class."""
    if len(labels) != class_count:
        raise FormatError(f"{len(labels)} labels for {class_count} classes")
    if len(set(labels)) != len(labels):
        raise FormatError(f"labels {list(labels)!r} are not distinct")
    for label in labels:
        if not label or not stands_in_a_line(label):
            raise FormatError(f"label {label!r} is empty or has a character that cannot stand in a line")


def stands_in_a_line(label: str) -> bool:
    """True for a text that can be printed on one line: no control character, line separator or lone surrogate."""
    if label.isascii():
        return label.isprintable()
    import unicodedata  # most labels are ASCII and need none of its tables

    return all(unicodedata.category(character) not in _NOT_PRINTABLE for character in label)
