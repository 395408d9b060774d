"""The names of the checks of texts and labels, which an owner may accept."""

from __future__ import annotations

from drupelet.errors import InputError, closest_match

UNREACHABLE_WORDS = "unreachable-words"
SINGLE_CHARACTERS = "single-characters"
UNKNOWN_WORDS = "unknown-words"
EMPTY_TEXTS = "empty-texts"
ACCURACY = "accuracy"
LABEL_ORDER = "label-order"
CHECKS = (UNREACHABLE_WORDS, SINGLE_CHARACTERS, UNKNOWN_WORDS, EMPTY_TEXTS, ACCURACY, LABEL_ORDER)
"""All checks, in the order in which they are reported."""


def parse_accepted(value: str | None) -> tuple[str, ...]:
    """The checks in a comma-separated list; none for None. Raises InputError for an unknown name and for an empty list."""
    if value is None:
        return ()
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if not names:
        raise InputError(f"--accept: no check given; expected some of {', '.join(CHECKS)}")
    for name in names:
        if name not in CHECKS:
            raise InputError(f"--accept: check {name!r} is not known{closest_match(name, CHECKS)}")
    return names
