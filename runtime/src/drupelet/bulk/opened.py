"""Opens a file of rows by what it holds, not by its name."""

from __future__ import annotations

from itertools import islice

from drupelet.bulk.csv_table import CRLF, Csv
from drupelet.bulk.json_table import JsonLines
from drupelet.bulk.lines import csv_records, json_records
from drupelet.bulk.parquet import opened_parquet
from drupelet.bulk.part import Place
from drupelet.bulk.table import chosen_column, fits
from drupelet.errors import FormatError, InputError
from drupelet.labelled_rows import DELIMITERS, MAX_HEADER_LINES, OTHER_FORMATS
from drupelet.strict_json import parse_object

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from drupelet.bulk.table import Table

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PARQUET_MARK = b"PAR1"


def opened(path: Path, text_column: str | None, delimiter: str | None, has_header: bool) -> Table:
    """The table in a file, whose content says its format. Raises InputError for what is none, or has no clear text column."""
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
            if start.startswith(PARQUET_MARK):
                return opened_parquet(path, text_column)
            _refuse_others(start, path)
            mark = len(BYTE_ORDER_MARK) if start.startswith(BYTE_ORDER_MARK) else 0
            stream.seek(mark)
            if start[mark:].lstrip()[:1] == b"{":
                return _json_lines(path, text_column, mark, stream)
            return _csv(path, text_column, delimiter, has_header, stream, mark)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); check the file and its permissions"
        ) from error


def _refuse_others(start: bytes, path: Path) -> None:
    for mark, name in OTHER_FORMATS:
        if start.startswith(mark):
            raise InputError(
                f"{path}: {name}; expected CSV, a JSON object per line, or Parquet: unpack it, or save it as one"
            )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{path}: UTF-16; expected UTF-8: save it so, or convert it with iconv")
    if start.startswith(b"[") and start[1:].lstrip()[:1] == b"{":
        raise InputError(f"{path}: a JSON list; expected a JSON object per line: jq -c '.[]' {path} > FILE.jsonl")


def _json_lines(path: Path, text_column: str | None, mark: int, stream: BinaryIO) -> JsonLines:
    for record in islice(json_records(stream, 0), MAX_HEADER_LINES):
        if record.fields:
            try:
                columns = list(parse_object(record.fields[0].encode(), str(path)))
            except FormatError:
                continue
            return JsonLines(str(path), chosen_column(columns, text_column, path), tuple(columns), Place(mark, 0, 0))
    raise InputError(f"{path}: none of its first {MAX_HEADER_LINES} lines is a JSON object")


def _csv(
    path: Path, text_column: str | None, delimiter: str | None, has_header: bool, stream: BinaryIO, mark: int
) -> Csv:
    found = []
    for separator in DELIMITERS if delimiter is None else (delimiter,):
        stream.seek(mark)
        first = next(csv_records(stream, 0, separator), None)
        if first is None or not first.fields:
            continue
        columns = [name.strip() for name in first.fields] if has_header else _numbers(first.fields)
        place = Place(mark, 0, 0) if not has_header else Place(mark + first.size_bytes, 0, first.lines)
        found.append((separator, columns, place, first.text if has_header else None))
    if not found:
        raise InputError(f"{path}: line 1: no row of CSV; expected the names of its columns, or --no-header")
    found.sort(key=lambda each: len(each[1]) == 1)  # what separates nothing is the last to be thought of
    if text_column is None and len(found[0][1]) > 1:
        found = [each for each in found if len(each[1]) > 1]
    fitting = [each for each in found if fits(each[1], text_column)]
    separator, columns, place, header = (fitting or found)[0]
    stream.seek(mark)
    line_end = CRLF if stream.readline(1 << 16).endswith(b"\r\n") else "\n"
    column = chosen_column(columns, text_column, path)
    return Csv(str(path), column, tuple(columns), place, separator, line_end, header)


def _numbers(fields: Sequence[str]) -> list[str]:
    return [str(number) for number in range(1, len(fields) + 1)]
