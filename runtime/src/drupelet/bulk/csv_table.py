"""CSV files."""

from __future__ import annotations

import csv
from types import SimpleNamespace

from drupelet.bulk.lines import Record, csv_records, cut
from drupelet.bulk.rows import Rows, read_part
from drupelet.bulk.scorer import as_text
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drupelet.bulk.part import Answered, Part, Place
    from drupelet.bulk.rows import Good
    from drupelet.bulk.scorer import Scorer


CRLF = "\r\n"


class Csv(Value):
    """A CSV file. Its quoting is that of its first line's reader; the output quotes what needs quotes."""

    path: str
    text_column: str
    columns: tuple[str, ...]
    begin: Place
    is_joined = False
    delimiter: str
    line_end: str
    has_header: bool

    def head(self, added: Sequence[str]) -> bytes:
        """The header, where there is one."""
        return self._written([[*self.columns, *added]]) if self.has_header else b""

    def parts(self, file: int, start: Place) -> Iterator[Part]:
        """The parts from ``start`` on."""
        with open(self.path, "rb") as stream:  # noqa: PTH123 - a str, which pickles the same everywhere
            stream.seek(start.offset)
            yield from cut(csv_records(stream, start.lines, self.delimiter), file, start)

    def answer(self, part: Part, scorer: Scorer) -> Answered:
        """The rows of a part, with their answers behind them."""
        place = self.columns.index(self.text_column)
        count = len(self.columns)
        rows = Rows(scorer)
        for record in csv_records(read_part(self.path, part), part.start.lines, self.delimiter):
            if record.fields == []:
                continue
            if record.fields is not None and len(record.fields) != count:
                reason = f"{len(record.fields)} fields, expected {count}"
                record = Record(record.line, record.lines, record.size_bytes, record.begins, None, reason)
            rows.add(record, None if record.fields is None else record.fields[place])
        return rows.answered(part, self._with_answers)

    def _with_answers(self, rows: Good) -> bytes:
        return self._written([[*(record.fields or ()), *map(as_text, values)] for record, values in rows])

    def _written(self, rows: list[list[str]]) -> bytes:
        lines: list[str] = []
        # With this end of a line csv.writer quotes either of its characters. Until Python 3.13 it did not with another one.
        writer = csv.writer(SimpleNamespace(write=lines.append), delimiter=self.delimiter, lineterminator=CRLF)
        writer.writerows(rows)
        if self.line_end != CRLF:
            lines = [line[: -len(CRLF)] + self.line_end for line in lines]
        return "".join(lines).encode()
