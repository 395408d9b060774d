"""Whether a column of labels is one: classes that repeat, not numbers, names of rows or texts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from drupelet.errors import InputError
from drupelet.labels import MAX_LABEL_BYTES, MAX_LABELS

FEW_TEXTS = 20
"""Texts from which on the number of different labels tells whether they are classes."""

MAX_SHARE = 0.5
"""Most different labels, as a share of the texts. Texts of a class are at least three."""

MAX_NUMBER_CLASSES = 20
"""Most different numbers with fractions that are taken for classes: ratings in halves have ten."""

SHOWN_LABELS = 3

_FRACTION = re.compile(r"[-+]?[0-9]*[.,]?[0-9]+([eE][-+]?[0-9]+)?")


def check_labels(source: str, counts: Mapping[str, int], texts: int) -> None:
    """Raises InputError unless ``counts`` (texts by label) can be those of classes. ``texts``: the number of all texts."""
    shown = ", ".join(repr(label)[:60] for label in list(counts)[:SHOWN_LABELS])
    found = f"{source}: {len(counts):,} different labels in {texts:,} texts ({shown}, ...)"
    if len(counts) > MAX_NUMBER_CLASSES and all(map(_FRACTION.fullmatch, counts)) and any(map(_has_fraction, counts)):
        raise InputError(
            f"{found}, and all are numbers, some with fractions; expected classes: cut the numbers into classes first, or name "
            "another column with --label-column"
        )
    if texts >= FEW_TEXTS and len(counts) > MAX_SHARE * texts:
        raise InputError(
            f"{found}; expected classes that have several texts each: name the column of the labels with --label-column"
        )
    if len(counts) > MAX_LABELS:
        raise InputError(
            f"{found}; expected at most {MAX_LABELS:,}: join classes, or name another column with --label-column"
        )
    for label in counts:
        if len(label.encode("utf-8", "surrogatepass")) > MAX_LABEL_BYTES:
            raise InputError(
                f"{source}: the label {label!r:.60}... has more than {MAX_LABEL_BYTES} bytes; expected the name of a "
                f"class: name "
                "the column of the labels with --label-column"
            )


def _has_fraction(label: str) -> bool:
    return "." in label or "," in label or "e" in label.lower()
