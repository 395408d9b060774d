"""Cases of which ``make test`` runs some and ``make test-long`` the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from _pytest.mark import ParameterSet


def each_with_one(names: Iterable[str], others: Sequence[str]) -> list:
    """Every pair as an argument of ``pytest.mark.parametrize``: each name with one of the others, in turn; the rest is long.

    Neighbours of ``names`` are alike, so that each of the others is tried on every kind of them.
    """
    return [
        pytest.param(name, other, marks=() if place == number % len(others) else pytest.mark.long)
        for number, name in enumerate(names)
        for place, other in enumerate(others)
    ]


def every_nth(step: int, cases: Iterable, first: int = 0) -> list:
    """The cases as an argument of ``pytest.mark.parametrize``: one in ``step``, from number ``first`` on; the rest is long."""
    chosen = []
    for number, case in enumerate(cases):
        values = case if isinstance(case, tuple) else (case,)
        given = case if isinstance(case, ParameterSet) else pytest.param(*values)
        marks = () if number % step == first else (pytest.mark.long,)
        chosen.append(pytest.param(*given.values, marks=(*given.marks, *marks), id=given.id))
    return chosen
