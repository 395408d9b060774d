"""The labels: distinct names of the classes, each printable on one line."""

from __future__ import annotations

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence


def check_labels(labels: Sequence[str], class_count: int) -> None:
    """Raises FormatError unless there is one distinct, printable label per class."""
    if len(labels) != class_count:
        raise FormatError(f"{len(labels)} label{'' if len(labels) == 1 else 's'} for {class_count} classes")
    if len(set(labels)) != len(labels):
        raise FormatError(f"labels {list(labels)!r} are not distinct")
    for label in labels:
        if not label or not stands_in_a_line(label):
            raise FormatError(f"label {label!r} is empty or has a character that cannot stand in a line")
