"""The type of an option that is a whole number within bounds."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DIGITS = 11
"""Digits that are read: Python takes minutes for a number of some millions."""


def number_within(least: int, largest: int | None = None) -> Callable[[str], int]:
    """What reads the value of an option for argparse: ASCII digits that stand for a number from ``least`` to ``largest``."""

    def number(given: str) -> int:
        is_number = given.isascii() and given.isdigit() and len(given) <= MAX_DIGITS
        if is_number and least <= int(given) and (largest is None or int(given) <= largest):
            return int(given)
        bounds = f"from {least} on" if largest is None else f"from {least} to {largest}"
        raise argparse.ArgumentTypeError(f"{given!r:.30} is no number {bounds}")

    return number
