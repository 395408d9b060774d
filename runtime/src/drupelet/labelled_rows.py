"""Labelled texts of a file: CSV with a header, or a JSON object a line. The content decides which, not the name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from drupelet.errors import FormatError, InputError, closest_match
from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet.strict_json import parse_object
from drupelet.text_source import lines_of

TEXT_NAMES = ("text", "review", "sentence", "content", "message", "comment", "tweet", "utterance", "question", "body")
LABEL_NAMES = ("label", "labels", "class", "category", "sentiment", "target", "intent", "polarity", "topic", "tag")
"""Names of columns that are found by themselves, whatever their case, where the header has one of them only."""
DELIMITERS = (",", ";", "\t", "|")
LABEL_SEPARATOR = "|"
"""Stands between the labels of a text in a CSV field, where a text may have several."""
MAX_SHOWN_CHARACTERS = 200
"""Most characters of a header that an error shows. A file without one has its first text there."""


class LabelledRow(NamedTuple):
    """A text with its labels, and the line of the file that it ends on."""

    line: int
    text: str
    labels: tuple[str, ...]


class Columns(NamedTuple):
    """What the user says of a file; None: it is found. ``several``: a text may have no label or several."""

    text: str | None = None
    label: str | None = None
    delimiter: str | None = None
    several: bool = False


def labelled_rows(path: Path, columns: Columns) -> Iterator[LabelledRow]:
    """The rows of a file, as they come.

    Raises InputError, naming the file and the line, for a file that cannot be read, columns that are not there or not clear,
    and a row without a label; FormatError for a row that is no CSV or no JSON.
    """
    try:
        with path.open("rb") as file:
            start = file.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")
            if start[:1] == b"{":
                yield from _json_rows(lines_of(file, str(path), "a JSON object per line"), path, columns)
            else:
                yield from _csv_rows(lines_of(file, str(path), "rows of a CSV file", line_ends=True), path, columns)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected a CSV or JSONL file of labelled texts"
        ) from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error})") from error


def _csv_rows(lines: Iterator[str], path: Path, columns: Columns) -> Iterator[LabelledRow]:
    first = next(lines, "")
    delimiter, header = _header(first, path, columns)
    text, label = _places(header, path, columns)
    previous_limit = csv.field_size_limit(MAX_TEXT_CHARACTERS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            line = reader.line_num + 1  # the header was read before
            if not row:
                continue
            if len(row) != len(header):
                raise FormatError(
                    f"{path}: line {line}: {len(row)} fields, expected {len(header)} as in its header; put quotes around a "
                    f"field that holds {delimiter!r}"
                )
            labels = row[label].split(LABEL_SEPARATOR) if columns.several else [row[label]]
            yield LabelledRow(line, row[text], _labels(labels, path, line, columns))
    except csv.Error as error:
        raise FormatError(f"{path}: line {reader.line_num + 1}: not CSV ({error}); check its quotes there") from error
    finally:
        csv.field_size_limit(previous_limit)


def _header(line: str, path: Path, columns: Columns) -> tuple[str, list[str]]:
    """The delimiter and the names of the columns: the delimiter that gives a column of texts and one of labels."""
    if not line.strip():
        raise InputError(f"{path}: line 1: no header; expected the names of its columns, such as text,label")
    found = []
    for delimiter in DELIMITERS if columns.delimiter is None else (columns.delimiter,):
        try:
            header = [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True))]
        except csv.Error:
            continue
        if len(header) > 1 or columns.delimiter is not None:
            found.append((delimiter, header))
    fitting = [(delimiter, header) for delimiter, header in found if _fits(header, columns)]
    if len(fitting) == 1:
        return fitting[0]
    if not found:
        raise InputError(
            f"{path}: line 1: {_shown([line.strip()])} has one column; expected a header with a column of texts and one of "
            "labels, separated by comma, semicolon, tab or |"
        )
    return (fitting or found)[0]


def _fits(header: Sequence[str], columns: Columns) -> bool:
    return None not in (_place(header, columns.text, TEXT_NAMES), _place(header, columns.label, LABEL_NAMES))


def _place(header: Sequence[str], wanted: str | None, usual: Sequence[str]) -> int | None:
    """The place of a column; None where it is not there, or not clear."""
    if wanted is not None:
        return header.index(wanted) if header.count(wanted) == 1 else None
    places = [place for place, name in enumerate(header) if name.lower() in usual]
    return places[0] if len(places) == 1 else None


def _places(header: Sequence[str], path: Path, columns: Columns) -> tuple[int, int]:
    found = []
    for what, wanted, usual in (("text", columns.text, TEXT_NAMES), ("label", columns.label, LABEL_NAMES)):
        place = _place(header, wanted, usual)
        if place is None:
            names = f"its columns are {_shown(header)}"
            if wanted is not None:
                problem = f"no single column {wanted!r}{closest_match(wanted, header)}"
            else:
                several = any(name.lower() in usual for name in header)
                problem = f"{'several columns' if several else 'no column'} that may hold the {what}s"
            raise InputError(f"{path}: {problem}; {names}: name it with --{what}-column")
        found.append(place)
    if found[0] == found[1]:
        raise InputError(f"{path}: column {header[found[0]]!r} cannot hold both texts and labels")
    return found[0], found[1]


def _json_rows(lines: Iterator[str], path: Path, columns: Columns) -> Iterator[LabelledRow]:
    names: tuple[str, str] | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        row = parse_object(line.encode(), where)
        if names is None:
            header = list(row)
            text_place, label_place = _places(header, path, columns)
            names = header[text_place], header[label_place]
        for name in names:
            if name not in row:
                raise InputError(f"{where}: no field {name!r}; every line needs it")
        text, label = row[names[0]], row[names[1]]
        if not isinstance(text, str):
            raise InputError(f"{where}: field {names[0]!r} is {text!r:.60}, expected a string")
        yield LabelledRow(number, text, _labels(_spelled(label, names[1], where, columns), path, number, columns))


def _spelled(label: Any, name: str, where: str, columns: Columns) -> list[str]:
    """The labels of a JSON value: a string, a whole number, or a list of them where a text may have several."""
    values = label if isinstance(label, list) and columns.several else [label]
    for value in values:
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            expected = "a list of labels" if columns.several else "a label"
            raise InputError(f"{where}: field {name!r} is {label!r:.60}, expected {expected}")
    return [str(value) for value in values]


def _labels(labels: Sequence[str], path: Path, line: int, columns: Columns) -> tuple[str, ...]:
    stripped = tuple(label.strip() for label in labels)
    if columns.several:
        return tuple(label for label in stripped if label)
    if not stripped[0]:
        raise InputError(f"{path}: line {line}: no label; fill it in, or leave the row out")
    return stripped


def _shown(header: Sequence[str]) -> str:
    return f"{', '.join(map(repr, header)):.{MAX_SHOWN_CHARACTERS}}"
