"""The rows of a part of a file of lines: answered in batches, each with its answer or the reason why it has none."""

from __future__ import annotations

import io
from itertools import islice

from drupelet.bulk.part import Answered, BadRow
from drupelet.errors import DrupeletError, InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from drupelet.bulk.lines import Record
    from drupelet.bulk.part import Part
    from drupelet.bulk.scorer import Scorer

    Good = list[tuple[Record, list[Any]]]
    """Rows, each with the values of the added columns."""

BATCH_ROWS = 256
"""Rows that are answered at a time."""


class Rows:
    """The rows of a part while they are read: in batches that are answered, and those that cannot be."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._records: list[tuple[Record, str | None]] = []

    def add(self, record: Record, text: str | None) -> None:
        """Takes the next row; ``text``: None of one that cannot be answered, as its record says."""
        self._records.append((record, text))

    def answered(self, part: Part, written: Callable[[Good], bytes]) -> Answered:
        """What the part becomes. ``written``: the bytes of rows with the values of their added columns."""
        good: Good = []
        bad: list[BadRow] = []
        without_words = 0
        numbered = enumerate(self._records, part.start.rows + 1)
        while batch := list(islice(numbered, BATCH_ROWS)):
            answers = self._scorer.answers([text for _, (_, text) in batch])
            for (number, (record, _)), answer in zip(batch, answers):
                if answer is None:
                    bad.append(BadRow(number, record.line, record.reason, record.begins))
                elif isinstance(answer, DrupeletError):
                    bad.append(BadRow(number, record.line, str(answer), record.begins))
                else:
                    without_words += answer.n_tokens == 0
                    good.append((record, self._scorer.values(answer)))
        return Answered(written(good), len(good), tuple(bad), without_words)


def read_part(path: str, part: Part) -> BinaryIO:
    """The bytes of a part."""
    with open(path, "rb") as stream:  # noqa: PTH123 - as csv_table.py
        stream.seek(part.start.offset)
        content = stream.read(part.stop.offset - part.start.offset)
    if len(content) != part.stop.offset - part.start.offset:
        raise InputError(f"{path}: became shorter while it was read; leave it as it is until the run has ended")
    return io.BytesIO(content)
