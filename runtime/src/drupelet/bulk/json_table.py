"""Files with a JSON object a line."""

from __future__ import annotations

import json

from drupelet.bulk.extents import cut, json_extents
from drupelet.bulk.lines import Record, is_unicode, json_records
from drupelet.bulk.rows import Rows, read_part
from drupelet.bulk.table import SHOWN_CHARACTERS
from drupelet.errors import FormatError, closest_match
from drupelet.strict_json import parse_object
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drupelet.bulk.part import Answered, Part, Place
    from drupelet.bulk.rows import Good
    from drupelet.bulk.scorer import Scorer


class JsonLines(Value):
    """A file with a JSON object a line. Its lines stay as they are, with the answer as last fields."""

    path: str
    text_column: str
    columns: tuple[str, ...]
    begin: Place
    is_joined = False

    def head(self, added: Sequence[str]) -> bytes:
        """Nothing."""
        del added
        return b""

    def parts(self, file: int, start: Place) -> Iterator[Part]:
        """The parts from ``start`` on."""
        with open(self.path, "rb") as stream:  # noqa: PTH123 - as csv_table.py
            stream.seek(start.offset)
            yield from cut(json_extents(stream, start.lines), file, start)

    def answer(self, part: Part, scorer: Scorer) -> Answered:
        """The lines of a part, with their answers in them."""
        rows = Rows(scorer)
        added = scorer.added_columns()
        for record in json_records(read_part(self.path, part), part.start.lines):
            if record.fields == []:
                continue
            text, reason = None, record.reason
            if record.fields is not None:
                text, reason = self._text(record.fields[0], added)
            if text is None:
                record = Record(record.line, record.lines, record.size_bytes, record.text, None, reason)
            rows.add(record, text)
        return rows.answered(part, lambda found: _spliced(found, added))

    def _text(self, line: str, added: Sequence[str]) -> tuple[str | None, str]:
        try:
            fields = parse_object(line.encode(), "the line")
        except FormatError as error:
            return None, str(error)
        if self.text_column not in fields:
            known = closest_match(self.text_column, list(fields))
            return None, f"no field {self.text_column!r}{known:.{SHOWN_CHARACTERS}}"
        taken = [name for name in added if name in fields]
        if taken:
            return None, f"has a field {taken[0]!r}, as the answer would be called"
        text = fields[self.text_column]
        if not isinstance(text, str):
            return None, f"field {self.text_column!r} is {text!r:.60}, expected a string"
        return (
            (text, "") if is_unicode(text) else (None, f"field {self.text_column!r} has half a character (a surrogate)")
        )


def _spliced(rows: Good, added: Sequence[str]) -> bytes:
    lines = []
    for record, values in rows:
        answer = json.dumps(dict(zip(added, values)), ensure_ascii=False)
        lines.append(f"{(record.fields or [''])[0].strip()[:-1].rstrip()}, {answer[1:]}\n")
    return "".join(lines).encode()
