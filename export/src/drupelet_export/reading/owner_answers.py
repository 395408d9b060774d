"""A file of answers that the owner of a model gives: texts with probabilities, or with the ids that Keras gets.

CSV with a header, or JSONL (an object a line), told apart by the first character. Text from outside follows the rule of
:mod:`drupelet.text_source`.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.errors import FormatError, InputError
from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet.strict_json import parse_object
from drupelet.text_source import lines_of
from drupelet_export.reading.reference_name import reference_name

TEXT, PROBABILITY, PROBABILITIES, IDS = "text", "probability", "probabilities", "ids"
SAME_ANSWER = 1e-6
"""Largest difference of two answers for one text that count as the same: float32 rounding of another batch."""
MAX_ID = (1 << 31) - 1
SHOWN_CHARACTERS = 60
NUMBER = "expected a number from 0 to 1, such as 0.0625; correct it, or delete the row"

Row = tuple[int, Mapping[str, Any]]
"""The number of the line and its values by name."""


@dataclass(frozen=True)
class OwnerAnswers:
    """Distinct texts with the lines that they stand in, and their answers: probabilities, ids, or both.

    ``probabilities`` is (texts, labels), ``ids`` the ids of each text as Keras gets them, padded or not. None: not in the file.
    """

    name: str
    texts: tuple[str, ...]
    lines: tuple[int, ...]
    probabilities: tuple[tuple[float, ...], ...] | None = None
    ids: tuple[tuple[int, ...], ...] | None = None

    @property
    def reference(self) -> str:
        """Who gave the answers, for a verdict."""
        texts = "1 text" if len(self.texts) == 1 else f"{len(self.texts)} texts"
        return f"the answers in {self.name} ({texts})"


def read_answers(path: Path, labels: Sequence[str]) -> OwnerAnswers:
    """The answers in a file for a model with these labels.

    Raises InputError, naming the file and the line, for a file that cannot be read or is empty, for other columns or labels, a
    text that is missing or that has two different answers, and numbers that are no probabilities or no ids.
    """
    texts: dict[str, int] = {}
    rows: list[tuple[int, tuple[float, ...] | None, tuple[int, ...] | None]] = []
    for line, values in _rows(path, labels):
        where = f"{path}: line {line}"
        text = values.get(TEXT)
        if not isinstance(text, str):
            raise InputError(f"{where}: has no text, expected a {TEXT!r} in every row; fill it in or delete the row")
        if len(text) > MAX_TEXT_CHARACTERS:
            raise InputError(f"{where}: a text of {len(text)} characters, expected at most {MAX_TEXT_CHARACTERS}")
        row = (line, _probabilities(values, labels, where), _ids(values, where))
        if row[1] is None and row[2] is None:
            raise InputError(f"{where}: has no answer; {_expected(labels)}")
        if text not in texts:
            texts[text] = len(rows)
            rows.append(row)
        elif not _same(rows[texts[text]], row):
            raise InputError(
                f"{where}: the text {text[:SHOWN_CHARACTERS]!r} is in line {rows[texts[text]][0]} already, with another "
                "answer; keep the right one"
            )
    if not rows:
        raise InputError(f"{path}: has no rows; {_expected(labels)}")
    probabilities = [row[1] for row in rows if row[1] is not None]
    ids = [row[2] for row in rows if row[2] is not None]
    for what, found in ((PROBABILITIES, probabilities), (IDS, ids)):
        if found and len(found) != len(rows):
            line = next(row[0] for row in rows if row[1 if what == PROBABILITIES else 2] is None)
            raise InputError(f"{path}: line {line}: has no {what}, other lines have; give them for every text")
    return OwnerAnswers(
        reference_name(path.name),
        tuple(texts),
        tuple(row[0] for row in rows),
        tuple(probabilities) or None,
        tuple(ids) or None,
    )


def _expected(labels: Sequence[str]) -> str:
    second = f", or {PROBABILITY!r} (of {labels[1]!r})" if len(labels) == 2 else ""
    return (
        f"expected {TEXT!r} and a column for each label ({', '.join(labels)}){second}, or {IDS!r}; in JSONL {TEXT!r} and "
        f"{PROBABILITIES!r}{second}, or {IDS!r}"
    )


def _rows(path: Path, labels: Sequence[str]) -> Iterator[Row]:
    try:
        with path.open("rb") as file:
            is_json = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
            file.seek(0)
            if is_json:
                yield from _json_rows(lines_of(file, str(path), "an object a line"), path, labels)
            else:
                yield from _csv_rows(lines_of(file, str(path), "rows of a CSV file", line_ends=True), path, labels)
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; expected a CSV or JSONL file of answers") from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); expected a CSV or JSONL file of answers"
        ) from error


def _csv_rows(lines: Iterator[str], path: Path, labels: Sequence[str]) -> Iterator[Row]:
    previous_limit = csv.field_size_limit(MAX_TEXT_CHARACTERS)
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, None)
        if header is None:
            raise InputError(f"{path}: is empty; {_expected(labels)}")
        _check_columns(header, labels, f"{path}: line 1")
        for row in reader:
            if not row:
                continue
            where = f"{path}: line {reader.line_num}"
            if len(row) != len(header):
                raise InputError(
                    f"{where}: {len(row)} fields, expected {len(header)} as its header; put quotes around fields with commas"
                )
            values: dict[str, Any] = dict(zip(header, row, strict=True))
            answer: dict[str, Any] = {TEXT: values[TEXT]}
            if PROBABILITY in values:
                answer[PROBABILITY] = _number_in(values[PROBABILITY], where)
            elif labels[0] in values:
                answer[PROBABILITIES] = [_number_in(values[label], where) for label in labels]
            if IDS in values:
                answer[IDS] = _ids_in(values[IDS], where)
            yield reader.line_num, answer
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: not CSV ({error}); check its quotes there") from error
    finally:
        csv.field_size_limit(previous_limit)


def _check_columns(header: Sequence[str], labels: Sequence[str], where: str) -> None:
    """Raises InputError unless the columns are the text, one kind of probabilities or none, and ids or none."""
    twice = sorted(column for column, times in Counter(header).items() if times > 1)
    known = {TEXT, PROBABILITY, IDS, *labels}
    other = [column for column in header if column not in known]
    present = [label for label in labels if label in header]
    if twice:
        raise InputError(f"{where}: column {twice[0]!r} is there twice; {_expected(labels)}")
    if TEXT not in header:
        raise InputError(
            f"{where}: has no column {TEXT!r}, it has {', '.join(map(repr, header))[:SHOWN_CHARACTERS]}; separate columns by "
            f"commas; {_expected(labels)}"
        )
    if other:
        raise InputError(
            f"{where}: column {other[0]!r} is neither an answer nor a label of the model ({', '.join(labels)}); "
            f"remove it, or give the labels that the file has; {_expected(labels)}"
        )
    if present and len(present) < len(labels):
        missing = next(label for label in labels if label not in header)
        raise InputError(f"{where}: has no column for the label {missing!r}; {_expected(labels)}")
    if not (present or PROBABILITY in header or IDS in header):
        raise InputError(f"{where}: has no column of answers, it has {', '.join(header)}; {_expected(labels)}")
    if present and PROBABILITY in header:
        raise InputError(f"{where}: has columns of labels and {PROBABILITY!r} too; keep one kind")


def _json_rows(lines: Iterator[str], path: Path, labels: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        try:
            values = parse_object(line.encode(), where)
        except FormatError as error:
            message = str(error).replace("; copy or export it again", "")
            raise InputError(f"{message}; expected an object a line; {_expected(labels)}") from error
        other = sorted(set(values) - {TEXT, PROBABILITY, PROBABILITIES, IDS})
        if other:
            raise InputError(f"{where}: field {other[0]!r} is not known; {_expected(labels)}")
        if PROBABILITY in values and PROBABILITIES in values:
            raise InputError(f"{where}: has {PROBABILITY!r} and {PROBABILITIES!r}; keep one")
        yield number, values


def _probabilities(values: Mapping[str, Any], labels: Sequence[str], where: str) -> tuple[float, ...] | None:
    if PROBABILITY in values:
        if len(labels) != 2:
            raise InputError(
                f"{where}: {PROBABILITY!r} means that of the second of two labels, the model has {len(labels)}; give one for "
                f"each label ({', '.join(labels)})"
            )
        value = _probability(values[PROBABILITY], where)
        return 1.0 - value, value
    if PROBABILITIES not in values:
        return None
    given = values[PROBABILITIES]
    if isinstance(given, dict):
        if set(given) != set(labels):
            raise InputError(
                f"{where}: probabilities of {', '.join(given)}, the labels of the model are {', '.join(labels)}"
            )
        given = [given[label] for label in labels]
    if not isinstance(given, list) or len(given) != len(labels):
        found = f"{len(given)} numbers" if isinstance(given, list) else f"{given!r:.60}"
        raise InputError(f"{where}: probabilities are {found}, expected one for each label ({', '.join(labels)})")
    return tuple(_probability(value, where) for value in given)


def _probability(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise InputError(f"{where}: probability {value!r:.60}, {NUMBER}")
    if not 0 <= value <= 1:
        raise InputError(
            f"{where}: probability {value!r:.60} is outside 0 to 1; give probabilities, not logits or percent"
        )
    return float(value)


def _number_in(field: str, where: str) -> float:
    try:
        return float(field)
    except ValueError as error:
        what = f"probability {field[:60]!r}" if field.strip() else "no probability"
        raise InputError(f"{where}: {what}, {NUMBER}") from error


def _ids_in(field: str, where: str) -> list[Any]:
    """The ids in a field of a CSV file: separated by spaces, or a JSON list."""
    try:
        ids = json.loads(field) if field.lstrip().startswith("[") else [int(part) for part in field.split()]
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: ids {field[:60]!r}, expected whole numbers, separated by spaces") from error
    return list(ids)


def _ids(values: Mapping[str, Any], where: str) -> tuple[int, ...] | None:
    if IDS not in values:
        return None
    ids = values[IDS]
    if not isinstance(ids, list):
        raise InputError(f"{where}: ids are {ids!r:.60}, expected a list of whole numbers")
    for row in ids:
        if type(row) is not int or not 0 <= row <= MAX_ID:
            raise InputError(f"{where}: id {row!r:.60}, expected a whole number, 0 or more")
    return tuple(ids)


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    if one[2] != other[2] or (one[1] is None) != (other[1] is None):
        return False
    return one[1] is None or all(abs(a - b) <= SAME_ANSWER for a, b in zip(one[1], other[1], strict=True))
