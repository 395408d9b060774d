"""Reads labelled texts from a file: CSV with any delimiter, a JSON object a line, or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from drupelet.errors import InputError
from drupelet.labelled_rows import (
    LABEL_SEPARATOR,
    Columns,
    LabelledRow,
    Places,
    ignore_places,
    labelled_rows,
    record_rows,
)
from drupelet_train.corpora.labelled_texts import LabelledTexts

MAX_CHARACTERS = 1 << 20
"""Longest text of a training. A model reads at most 100,000 words; a longer text is rather an unclosed quote that swallowed
rows, or a whole file in one field."""

PARQUET_MARK = b"PAR1"
SHOWN_LINES = 5
PLACES = ("text", "label", "weight", "group")
"""What the columns of a file hold, in the order of :class:`Places`."""


def read_labelled_file(path: Path, columns: Columns) -> LabelledTexts:
    """Reads the labelled texts of a file.

    Raises InputError for a missing file, a missing column, an empty file, a text of more than ``MAX_CHARACTERS`` and bytes
    that are not UTF-8, FormatError for a row that is no CSV or no JSON. Each names the file and the line.
    """
    places: list[Places] = []
    rows = list(_checked(rows_of(path, columns, places.append), path))
    if not rows:
        raise InputError(f"{path}: has no rows; expected a header text,label and at least one row per class below it")
    return LabelledTexts(
        str(path),
        tuple(row.text for row in rows),
        () if columns.several else tuple(row.labels[0] for row in rows),
        label_sets=tuple(row.labels for row in rows) if columns.several else None,
        weights=None if columns.weight is None else tuple(row.weight for row in rows),
        groups=None if columns.group is None else tuple(row.group for row in rows),
        notes=(_described(path, len(rows), places[0]), *_notes(rows, path, columns)),
    )


def rows_of(path: Path, columns: Columns, found: Callable[[Places], None] = ignore_places) -> Iterator[LabelledRow]:
    """The rows of a file, as they come; ``found`` hears of the columns. Raises as :func:`read_labelled_file` does."""
    if not path.exists():
        raise _missing(path)
    if _is_parquet(path):
        yield from record_rows(_parquet_records(path), path, "row", columns, found)
    else:
        yield from labelled_rows(path, columns, found)


def _described(path: Path, rows: int, places: Places) -> str:
    """A line on what was read: how many rows, and which columns."""
    separated = "" if places.delimiter is None else f" separated by {places.delimiter!r}"
    columns = (f"{what}s in {name!r}" for what, name in zip(PLACES, places.fields(), strict=True) if name is not None)
    return f"{path}: {rows:,} row{'' if rows == 1 else 's'}{separated}, {', '.join(columns)}"


def _is_parquet(path: Path) -> bool:
    """True for a file that begins as Parquet does. A pipe is not: what is read from it once is gone."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(PARQUET_MARK)) == PARQUET_MARK
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file and its permissions") from error


def _parquet_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a Parquet file, each with its number from 1."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"{path}: a Parquet file, which needs pyarrow, and that cannot be imported ({error}); install it with pip install "
            "pyarrow, or save the file as CSV"
        ) from error
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for record in batch.to_pylist():
                    number += 1
                    yield number, record
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: row {number + 1}: cannot be read as Parquet ({error}); write the file again, or save it as CSV"
        ) from error


def _missing(path: Path) -> InputError:
    beside = {sibling.name for sibling in path.parent.iterdir()} - {path.name} if path.parent.is_dir() else set()
    close = get_close_matches(path.name, beside, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "check the path"
    return InputError(f"{path}: no such file; expected labelled texts (CSV, JSONL or Parquet); {hint}")


def _checked(rows: Iterable[LabelledRow], path: Path) -> Iterator[LabelledRow]:
    for row in rows:
        if len(row.text) > MAX_CHARACTERS:
            raise InputError(
                f"{path}: line {row.line}: a text of {len(row.text):,} characters ends here, expected at most "
                f"{MAX_CHARACTERS:,}; close its quotes if it swallowed other rows, else cut it into texts"
            )
        yield row


def _notes(rows: list[LabelledRow], path: Path, columns: Columns) -> Iterator[str]:
    """What people should know of rows that can be used."""
    empty = [row.line for row in rows if not row.text.strip()]
    if empty:
        lines = ", ".join(map(str, empty[:SHOWN_LINES])) + (", ..." if len(empty) > SHOWN_LINES else "")
        yield f"{path}: {len(empty):,} of {len(rows):,} texts are empty (line {lines}); nothing can be learnt from them"
    unlabelled = sum(not row.labels for row in rows)
    if unlabelled:
        yield f"{path}: {unlabelled:,} of {len(rows):,} texts have no label; the model learns to answer none"
    if not columns.several:
        parts = {row.labels[0] for row in rows}
        joined = sorted(
            label for label in parts if LABEL_SEPARATOR in label and parts & set(label.split(LABEL_SEPARATOR))
        )
        if joined:
            yield (
                f"{path}: the label {joined[0]!r} looks like several labels of one text and is taken for one; if "
                f"texts may have "
                "several, say so with --multi-label"
            )
