"""Reads labelled texts from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from drupelet.errors import FormatError, InputError
from drupelet.text_source import lines_of
from drupelet_train.corpora.labelled_texts import LabelledTexts

MAX_FIELD_CHARACTERS = 1 << 24
"""Longest field. A longer one is an unclosed quote that swallowed the file, not a text. The limit of the module csv,
128 Ki, is the length of a long essay."""
MAX_HEADER_CHARACTERS = 200
"""Maximum characters of a header that an error shows. A file without one has its first text there."""


def read_csv(path: Path) -> LabelledTexts:
    """Reads a CSV file whose header names the columns ``text`` and ``label``. Other columns are ignored.

    Raises InputError for a missing file, a missing column, an empty file and bytes that are not UTF-8, FormatError for
    text that is not a CSV file. A line ends at a line feed, with or without a carriage return before it.
    """
    rows = list(read_columns(path, ("text", "label")))
    if not rows:
        raise InputError(f"{path}: has no rows; expected a header text,label and at least one row per class below it")
    for line, (_, label) in enumerate(rows, start=1):
        if not label.strip():
            raise InputError(
                f"{path}: data row {line} has an empty label; expected a class name: fill it in or delete it"
            )
    return LabelledTexts(str(path), tuple(text for text, _ in rows), tuple(label.strip() for _, label in rows))


def read_columns(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yields the named columns of every row, in the order of ``columns``. Raises as :func:`read_csv` does."""
    previous_limit = csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        with path.open("rb") as file:
            reader = csv.reader(lines_of(file, str(path), "rows of a CSV file", line_ends=True), strict=True)
            header = next(reader, None)
            if header is None:
                raise InputError(f"{path}: is empty; expected a CSV file whose header names {', '.join(columns)}")
            positions = [_position(path, header, column) for column in columns]
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise FormatError(
                        f"{path}: line {reader.line_num} has {len(row)} fields, expected {len(header)} as its header; "
                        "put quotes around fields that hold commas"
                    )
                yield tuple(row[position] for position in positions)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected a CSV file with the columns {', '.join(columns)}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check the file and its permissions") from error
    except csv.Error as error:
        where = f"{path}: not a CSV file: line {reader.line_num}"
        if "new-line character" in str(error):
            raise FormatError(
                f"{where}: a carriage return outside quotes, with no line feed behind it; save the file with line ends "
                "LF or CRLF"
            ) from error
        raise FormatError(f"{where}: {error}; check its quotes there") from error
    finally:
        csv.field_size_limit(previous_limit)


def _position(path: Path, header: Sequence[str], column: str) -> int:
    if column in header:
        return header.index(column)
    close = get_close_matches(column, header, n=1)
    shown = f"{', '.join(header):.{MAX_HEADER_CHARACTERS}}"
    hint = f"rename {close[0]!r} to {column!r}" if close else f"name one of them {column!r}"
    raise InputError(f"{path}: has no column {column!r}; its header has {shown}: {hint}")
