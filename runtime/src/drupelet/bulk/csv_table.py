"""CSV files."""

from __future__ import annotations

import csv
from types import SimpleNamespace

from drupelet.bulk.extents import csv_extents, cut
from drupelet.bulk.lines import Record, csv_records
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
    """A CSV file. Its rows come back byte for byte, with further fields, which are quoted where they need quotes.

    ``header`` is the text of the header, or None of a file without one. ``line_end`` ends a last line that nothing ends.
    """

    path: str
    text_column: str
    columns: tuple[str, ...]
    begin: Place
    is_joined = False
    delimiter: str
    line_end: str
    header: str | None

    def head(self, added: Sequence[str]) -> bytes:
        """The header, where there is one."""
        return b"" if self.header is None else self._written([self.header], [list(added)])

    def parts(self, file: int, start: Place) -> Iterator[Part]:
        """The parts from ``start`` on."""
        with open(self.path, "rb") as stream:  # noqa: PTH123 - a str, which pickles the same everywhere
            stream.seek(start.offset)
            yield from cut(csv_extents(stream, start.lines, self.delimiter), file, start)

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
                record = Record(record.line, record.lines, record.size_bytes, record.text, None, reason)
            rows.add(record, None if record.fields is None else record.fields[place])
        return rows.answered(part, self._with_answers)

    def _with_answers(self, rows: Good) -> bytes:
        return self._written([record.text for record, _ in rows], [list(map(as_text, values)) for _, values in rows])

    def _written(self, rows: list[str], added: list[list[str]]) -> bytes:
        fields: list[str] = []
        # With this end of a line csv.writer quotes either of its characters. Until Python 3.13 it did not with another one.
        csv.writer(SimpleNamespace(write=fields.append), delimiter=self.delimiter, lineterminator=CRLF).writerows(added)
        lines: list[str] = []
        for row, behind in zip(rows, fields):
            line = row.rstrip("\r\n")
            end = row[len(line) :]  # csv.reader also ends a file with any number of carriage returns
            lines += (line, self.delimiter, behind[: -len(CRLF)], end if end in ("\n", CRLF) else self.line_end)
        return "".join(lines).encode()
