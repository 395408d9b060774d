"""What every file of rows can do, and which of its columns holds the texts."""

from __future__ import annotations

from pathlib import Path

from drupelet.errors import InputError, closest_match
from drupelet.labelled_rows import TEXT_NAMES

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from drupelet.bulk.part import Answered, Part, Place
    from drupelet.bulk.scorer import Scorer

    class Table(Protocol):
        """A file of rows. It is pickled to whoever answers its parts."""

        @property
        def path(self) -> str:
            """Where it is."""

        @property
        def text_column(self) -> str:
            """The column of the texts."""

        @property
        def columns(self) -> tuple[str, ...]:
            """The columns, in their order."""

        @property
        def begin(self) -> Place:
            """In front of its first row."""

        @property
        def is_joined(self) -> bool:
            """Whether its parts are files of their own, which are joined at the end."""

        def head(self, added: Sequence[str]) -> bytes:
            """What the output begins with."""

        def parts(self, file: int, start: Place) -> Iterator[Part]:
            """The parts from ``start`` on."""

        def answer(self, part: Part, scorer: Scorer) -> Answered:
            """The output of a part."""


SHOWN_CHARACTERS = 200


def chosen_column(columns: Sequence[str], wanted: str | None, path: Path) -> str:
    """The column of texts: the one that is wanted, or the only one that is called as texts usually are."""
    if wanted is not None:
        if columns.count(wanted) != 1:
            raise InputError(f"{path}: no single column {wanted!r}{closest_match(wanted, columns):.{SHOWN_CHARACTERS}}")
        return wanted
    if len(columns) == 1:
        return columns[0]
    usual = [name for name in columns if name.lower() in TEXT_NAMES]
    if len(usual) != 1:
        which = "several columns" if usual else "no column"
        raise InputError(
            f"{path}: {which} that may hold the texts; its columns are {_shown(columns)}: name it with --text-column"
        )
    return usual[0]


def _shown(columns: Sequence[str]) -> str:
    return f"{', '.join(map(repr, columns)):.{SHOWN_CHARACTERS}}"


def fits(columns: Sequence[str], wanted: str | None) -> bool:
    """Whether a header has the column of texts that is wanted, or one that is clear."""
    if wanted is not None:
        return columns.count(wanted) == 1
    return len(columns) == 1 or sum(name.lower() in TEXT_NAMES for name in columns) == 1
