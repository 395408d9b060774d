"""Thresholds of labels as an owner states them: one for all labels, or by the name of a label."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.decision import HOLDS, float32
from drupelet.errors import InputError, closest_match
from drupelet_export.model.description import ModelDescription

StatedThreshold = tuple[str | None, float]
"""A label, or None for every label that has no threshold of its own, and its threshold."""


def thresholds_of(model: ModelDescription, stated: Sequence[StatedThreshold]) -> tuple[float, ...]:
    """The threshold of each label as float32: as stated, else 0.5; () where nothing is stated.

    Raises InputError for a model that is not multi-label, a label that it does not have, and one that is named twice.
    """
    if not stated:
        return ()
    if not model.graph.is_multi_label:
        raise InputError(
            "--threshold is for models that decide each label alone, with a sigmoid for each; this one answers its most "
            "probable label: leave it out"
        )
    found: dict[str | None, float] = {}
    for label, value in stated:
        if label is not None and label not in model.labels:
            raise InputError(f"--threshold: label {label!r:.60} is not known{closest_match(label, model.labels)}")
        if label in found:
            raise InputError(f"--threshold: {'all labels' if label is None else repr(label)} twice; give one")
        found[label] = float32(value)
    usual = found.get(None, HOLDS)
    return tuple(found.get(label, usual) for label in model.labels)


def parse_thresholds(given: Sequence[str]) -> tuple[StatedThreshold, ...]:
    """Thresholds in the form [LABEL=]P. The last equals sign counts. Raises InputError."""
    return tuple(_parsed(one) for one in given)


def _parsed(given: str) -> StatedThreshold:
    label, equals, digits = given.rpartition("=")
    try:
        value = float(digits)
    except ValueError:
        value = 0.0
    if not 0.0 < float32(value) < 1.0 or (equals and not label):
        raise InputError(
            f"--threshold {given!r:.80}: expected P or LABEL=P, with a probability P above 0 and below 1, such as 0.3"
        )
    return (label if equals else None), value
