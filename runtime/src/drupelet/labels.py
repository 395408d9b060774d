"""The labels: distinct names of the classes, each printable on one line."""

from __future__ import annotations

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LABELS = 4096
"""Maximum number of labels: classes of a model file."""
MAX_LABEL_BYTES = 1024
"""Maximum bytes of a label in UTF-8."""


def check_labels(labels: Sequence[str], class_count: int) -> None:
    """Raises FormatError unless there is one distinct, printable label per class, of at most MAX_LABEL_BYTES bytes."""
    if len(labels) != class_count:
        raise FormatError(f"{len(labels)} label{'' if len(labels) == 1 else 's'} for {class_count} classes")
    if class_count > MAX_LABELS:
        raise FormatError(f"{class_count} classes, expected at most {MAX_LABELS}")
    if len(set(labels)) != len(labels):
        raise FormatError(f"labels {list(labels)!r:.200} are not distinct")
    for label in labels:
        if not label or not stands_in_a_line(label):
            raise FormatError(f"label {label!r:.200} is empty or has a character that cannot stand in a line")
        if len(label.encode()) > MAX_LABEL_BYTES:
            raise FormatError(
                f"label {label!r:.60} has {len(label.encode())} bytes, expected at most {MAX_LABEL_BYTES}; shorten it"
            )
