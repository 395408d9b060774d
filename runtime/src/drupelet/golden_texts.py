"""Gives texts that were left out of a bundle back to its goldens: those of a file whose hash a golden has."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from drupelet.errors import InputError
from drupelet.goldens import MAX_TEXT_CHARACTERS, Golden, text_sha256
from drupelet.text_source import lines_of

TEXT_COLUMN = "text"
EXPECTED = "expected a file whose name ends in .csv with a column 'text', or any other file with a text a line"


def texts_of_file(path: Path) -> Iterator[str]:
    """The texts of a file, as they come: the column ``text`` where the name ends in .csv, else a text a line.

    Text from outside follows the rule of :mod:`drupelet.text_source`. Raises InputError, naming the file and the line, for a
    file that cannot be read, for bytes that are not UTF-8, and for a CSV file without that column.
    """
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".csv":
                yield from _column(lines_of(file, str(path), "rows of a CSV file", line_ends=True), path)
            else:
                yield from lines_of(file, str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; {EXPECTED}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {EXPECTED}") from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error}); {EXPECTED}") from error


def _column(lines: Iterator[str], path: Path) -> Iterator[str]:
    previous_limit = csv.field_size_limit(MAX_TEXT_CHARACTERS)
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        if header.count(TEXT_COLUMN) != 1:
            columns = ", ".join(map(repr, header))[:200] or "none"
            raise InputError(
                f"{path}: line 1: columns {columns}; expected one column {TEXT_COLUMN!r}, separated by commas"
            )
        place = header.index(TEXT_COLUMN)
        for row in reader:
            if len(row) > place:
                yield row[place]
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not CSV ({error}); check its quotes there") from error
    finally:
        csv.field_size_limit(previous_limit)


def with_texts(goldens: Sequence[Golden], texts: Iterable[str]) -> list[Golden]:
    """The goldens, each without text with that one of these texts whose hash it has; those that none has stay as they are."""
    missing = {golden.sha256 for golden in goldens if not golden.has_text}
    found: dict[str, str] = {}
    for text in texts if missing else ():
        digest = text_sha256(text)
        if digest in missing:
            found[digest] = text
    return [
        golden if golden.sha256 is None or golden.sha256 not in found else golden.with_text(found[golden.sha256])
        for golden in goldens
    ]
