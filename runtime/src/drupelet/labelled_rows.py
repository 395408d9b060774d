"""Labelled texts of a file: CSV, or a JSON object a line. The content decides which, not the name.

``drupelet eval`` and ``drupelet train`` read the same files.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
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
MAX_HEADER_LINES = 1000
"""Most lines of the first row, whose fields may hold line ends."""
DELIMITER_LINE = "sep="
"""What the first line of a CSV file begins with that names its delimiter, as spreadsheets write it."""
OTHER_FORMATS = (
    (b"PAR1", "a Parquet file"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet"),
    (b"\x1f\x8b", "a gzip file"),
)
"""What files begin with that hold rows, but neither CSV nor JSON lines."""


class LabelledRow(NamedTuple):
    """A text with its labels, and the line of the file that it ends on. Weight and group are those of the named columns."""

    line: int
    text: str
    labels: tuple[str, ...]
    weight: float = 1.0
    group: str = ""


class Columns(NamedTuple):
    """What the user says of a file; None: it is found, and of ``weight`` and ``group``: there is none.

    ``several``: a text may have no label or several. Without a ``header`` the columns are called 1, 2, 3.
    """

    text: str | None = None
    label: str | None = None
    delimiter: str | None = None
    several: bool = False
    weight: str | None = None
    group: str | None = None
    header: bool = True


class Places(NamedTuple):
    """The names of the columns that are read, and what separates them in CSV; None elsewhere."""

    text: str
    label: str
    weight: str | None
    group: str | None
    delimiter: str | None = None

    def fields(self) -> tuple[str | None, ...]:
        """The names alone; None for a column that nobody named."""
        return self[:4]


def ignore_places(places: Places) -> None:
    """Does nothing with the places."""


def labelled_rows(
    path: Path, columns: Columns, found: Callable[[Places], None] = ignore_places
) -> Iterator[LabelledRow]:
    """The rows of a file, as they come. ``found`` hears of the columns that are read, before the first row.

    Raises InputError, naming the file and the line, for a file that cannot be read, columns that are not there or not clear,
    and a row without a label; FormatError for a row that is no CSV or no JSON.
    """
    try:
        with path.open("rb") as file:
            start = file.peek(64)
            _refuse_other_formats(start, path)
            start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
            if start[:1] == b"{":
                lines = lines_of(file, str(path), "a JSON object per line")
                objects = (
                    (n, parse_object(line.encode(), f"{path}: line {n}"))
                    for n, line in enumerate(lines, 1)
                    if line.strip()
                )
                yield from record_rows(objects, path, "line", columns, found)
            else:
                lines = lines_of(file, str(path), "rows of a CSV file", line_ends=True)
                yield from _csv_rows(_of_one_encoding(lines), path, columns, found)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected a CSV or JSONL file of labelled texts"
        ) from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error})") from error


def _refuse_other_formats(start: bytes, path: Path) -> None:
    for mark, name in OTHER_FORMATS:
        if start.startswith(mark):
            raise InputError(f"{path}: {name}; expected CSV or a JSON object per line: unpack it or save it as CSV")
    if start.startswith(b"[") and start[1:].lstrip()[:1] == b"{":
        raise InputError(f"{path}: a JSON list; expected a JSON object per line: jq -c '.[]' {path} > FILE.jsonl")


def _of_one_encoding(lines: Iterator[str]) -> Iterator[str]:
    """The lines. The error for bytes that are not UTF-8 says if another line holds letters beyond ASCII that are UTF-8."""
    beyond_ascii = None
    try:
        for number, line in enumerate(lines, 1):
            if beyond_ascii is None and not line.isascii():
                beyond_ascii = number
            yield line
    except InputError as error:
        if beyond_ascii is None or not isinstance(error.__cause__, UnicodeDecodeError):
            raise
        raise InputError(
            f"{error}. Line {beyond_ascii} is UTF-8: the file mixes encodings, so convert the lines that are not UTF-8 alone"
        ) from error


def _csv_rows(
    lines: Iterator[str], path: Path, columns: Columns, found: Callable[[Places], None]
) -> Iterator[LabelledRow]:
    first = _first_row(lines)
    skipped = 0
    if first and first[0].lower().startswith(DELIMITER_LINE) and len(first[0].strip()) <= len(DELIMITER_LINE) + 1:
        columns = columns._replace(delimiter=columns.delimiter or first[0].rstrip("\r\n")[len(DELIMITER_LINE) :] or ",")
        first, skipped = _first_row(lines), 1
    delimiter, header = _header("".join(first), path, columns)
    previous_limit = csv.field_size_limit(MAX_TEXT_CHARACTERS)
    line = skipped  # that the last row ends on
    reader = csv.reader(chain(first, lines), delimiter=delimiter, strict=True)
    try:
        if columns.header:
            next(reader)
            line = reader.line_num + skipped
        else:
            header = [str(number) for number in range(1, len(header) + 1)]
        names = _places(header, path, columns)
        found(names._replace(delimiter=delimiter))
        text, label = header.index(names.text), header.index(names.label)
        weight, group = (None if name is None else header.index(name) for name in (names.weight, names.group))
        for row in reader:
            line = reader.line_num + skipped
            if not row:
                continue
            if len(row) != len(header):
                of = "its header" if columns.header else "its first row"
                raise FormatError(
                    f"{path}: line {line}: {len(row)} fields, expected {len(header)} as in {of}; put quotes around a "
                    f"field that holds {delimiter!r}"
                )
            labels = row[label].split(LABEL_SEPARATOR) if columns.several else [row[label]]
            where = f"{path}: line {line}"
            yield LabelledRow(
                line,
                row[text],
                _labels(labels, where, columns),
                1.0 if weight is None else _weight(row[weight], where, header[weight]),
                "" if group is None else _group(row[group], where, header[group]),
            )
    except csv.Error as error:
        begun = f", in the row that begins in line {line + 1}" if reader.line_num + skipped > line + 1 else ""
        where = f"{path}: line {reader.line_num + skipped}: not CSV"
        if "new-line character" in str(error):
            raise FormatError(
                f"{where}: a carriage return outside quotes, with no line feed behind it; save the file with line ends "
                "LF or CRLF"
            ) from error
        raise FormatError(f"{where} ({error}{begun}); check its quotes there") from error
    finally:
        csv.field_size_limit(previous_limit)


def _first_row(lines: Iterator[str]) -> list[str]:
    """The lines of the first row: up to the first one at which all quotes are closed, or one line where none are closed."""
    first: list[str] = []
    quotes = 0
    for line in islice(lines, MAX_HEADER_LINES):
        first.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            break
    return first


def _header(line: str, path: Path, columns: Columns) -> tuple[str, list[str]]:
    """The delimiter and the fields of the first row: the delimiter that gives a column of texts and one of labels."""
    if not line.strip():
        raise InputError(f"{path}: line 1: no header; expected the names of its columns, such as text,label")
    found = []
    for delimiter in DELIMITERS if columns.delimiter is None else (columns.delimiter,):
        try:
            rows = csv.reader(line.splitlines(keepends=True), delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(rows)]
        except csv.Error:
            continue
        if len(header) > 1 or columns.delimiter is not None:
            found.append((delimiter, header))
    if not columns.header and len(found) > 1:
        names = " and ".join(repr(delimiter) for delimiter, _ in found)
        raise InputError(f"{path}: line 1: {names} may separate its columns; say which with --delimiter")
    fitting = [(delimiter, header) for delimiter, header in found if _fits(header, columns)]
    if len(fitting) == 1:
        return fitting[0]
    if not found:
        raise InputError(
            f"{path}: line 1: {_shown([line.strip()])} has one column; expected a header with a column of texts and one of "
            "labels, separated by comma, semicolon, tab or |; name another delimiter with --delimiter"
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


def _places(header: Sequence[str], path: Path, columns: Columns) -> Places:
    found: list[str] = []
    for what, wanted, usual in (("text", columns.text, TEXT_NAMES), ("label", columns.label, LABEL_NAMES)):
        place = _place(header, wanted, usual)
        if place is None:
            if wanted is not None:
                raise _no_column(header, wanted, what, path)
            several = any(name.lower() in usual for name in header)
            problem = f"{'several columns' if several else 'no column'} that may hold the {what}s"
            usual_names = any(name.lower() in (*TEXT_NAMES, *LABEL_NAMES) for name in header)
            first_text = NO_HEADER_HINT if columns.header and not usual_names else ""
            raise InputError(
                f"{path}: {problem}; its columns are {_shown(header)}: name it with --{what}-column{first_text}"
            )
        found.append(header[place])
    if found[0] == found[1]:
        raise InputError(f"{path}: column {found[0]!r} cannot hold both texts and labels")
    for what, wanted in (("weight", columns.weight), ("group", columns.group)):
        if wanted is not None and header.count(wanted) != 1:
            raise _no_column(header, wanted, what, path)
    return Places(found[0], found[1], columns.weight, columns.group)


NO_HEADER_HINT = "; if line 1 is a text already, say so with --no-header and call the columns 1, 2 ..."


def _no_column(header: Sequence[str], wanted: str, what: str, path: Path) -> InputError:
    return InputError(
        f"{path}: no single column {wanted!r}{closest_match(wanted, header)}: name the column of the {what}s with "
        f"--{what}-column"
    )


def record_rows(
    records: Iterable[tuple[int, Mapping[str, Any]]],
    path: Path,
    unit: str,
    columns: Columns,
    found: Callable[[Places], None] = ignore_places,
) -> Iterator[LabelledRow]:
    """The rows of records with named fields, each with its number among the ``unit`` (line, row) of a file.

    ``found`` hears of the fields that are read. Raises InputError as :func:`labelled_rows` does.
    """
    if not columns.header:
        raise InputError(f"{path}: its fields have names, so --no-header does not fit; leave it out")
    names: Places | None = None
    for number, record in records:
        where = f"{path}: {unit} {number}"
        if names is None:
            names = _places(list(record), path, columns)
            found(names)
        for name in names.fields():
            if name is not None and name not in record:
                raise InputError(f"{where}: no field {name!r}; every {unit} needs it")
        text = record[names.text]
        if not isinstance(text, str):
            raise InputError(f"{where}: field {names.text!r} is {text!r:.60}, expected a string")
        yield LabelledRow(
            number,
            text,
            _labels(_spelled(record[names.label], names.label, where, columns), where, columns),
            1.0 if names.weight is None else _weight(record[names.weight], where, names.weight),
            "" if names.group is None else _group(record[names.group], where, names.group),
        )


def _weight(value: Any, where: str, name: str) -> float:
    try:
        weight = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not 0.0 <= weight < math.inf:
        raise InputError(f"{where}: weight {name!r} is {value!r:.60}, expected a number of at least 0")
    return weight


def _group(value: Any, where: str, name: str) -> str:
    group = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not group:
        raise InputError(
            f"{where}: group {name!r} is {value!r:.60}, expected a name; fill it in, or give the text a group of its own"
        )
    return group


def _spelled(label: Any, name: str, where: str, columns: Columns) -> list[str]:
    """The labels of a JSON value: a string, a whole number, or a list of them where a text may have several."""
    values = label if isinstance(label, list) and columns.several else [label]
    for value in values:
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            expected = "a list of labels" if columns.several else "a label"
            raise InputError(f"{where}: field {name!r} is {label!r:.60}, expected {expected}{_label_hint(value)}")
    return [str(value) for value in values]


def _label_hint(value: Any) -> str:
    if isinstance(value, float):
        return "; a number with a fraction is no class: write classes in its place"
    return "; several labels of a text are for multi-label networks" if isinstance(value, list) else ""


def _labels(labels: Sequence[str], where: str, columns: Columns) -> tuple[str, ...]:
    stripped = tuple(label.strip() for label in labels)
    if columns.several:
        return tuple(label for label in stripped if label)
    if not stripped[0]:
        raise InputError(f"{where}: no label; fill it in, or leave the row out")
    return stripped


def _shown(header: Sequence[str]) -> str:
    return f"{', '.join(map(repr, header)):.{MAX_SHOWN_CHARACTERS}}"
