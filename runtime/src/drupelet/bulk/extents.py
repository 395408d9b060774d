"""Where the rows of a file end. Handing out parts needs no fields: a pattern in bytes finds the ends of most rows."""

from __future__ import annotations

import re

from drupelet.bulk import lines
from drupelet.bulk.part import PART_BYTES, PART_ROWS, Part, Place

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    Extent = tuple[int, int, bool]
    """Bytes and lines of a record, and whether it is a row; a blank line is none."""

BUFFER_BYTES = 1 << 20
PLAIN_BYTES = 1 << 16
"""Most bytes of a record whose end a pattern may find. A longer one may be beyond a limit that ends it elsewhere."""


def csv_extents(stream: BinaryIO, line: int, delimiter: str) -> Iterator[Extent]:
    """The extents of the records that :func:`drupelet.bulk.lines.csv_records` finds, from where the stream is.

    What csv.reader has no complaint of ends where the pattern says. Anything else is read by it.
    """
    plain = plain_record(delimiter)
    limit = min(PLAIN_BYTES, lines.MAX_LINE_BYTES, lines.MAX_RECORD_BYTES)
    offset = stream.tell()
    while True:
        stream.seek(offset)
        buffer = stream.read(BUFFER_BYTES)
        may_match = b"\0" not in buffer  # which csv.reader refuses before Python 3.11
        place = 0
        while place < len(buffer):
            found = plain.match(buffer, place, place + limit) if may_match else None
            if found is not None:
                size_bytes, ends = found.end() - place, buffer.count(b"\n", place, found.end())
                yield size_bytes, ends, found[0] not in (b"\n", b"\r\n")
            elif place and len(buffer) == BUFFER_BYTES and len(buffer) - place < limit:
                break  # the rest of it may be in the next buffer
            else:
                stream.seek(offset + place)
                records = lines.csv_records(stream, line, delimiter)
                record = next(records)
                records.close()
                size_bytes, ends = record.size_bytes, record.lines
                yield size_bytes, ends, record.fields != []
            line += ends
            place += size_bytes
        if not buffer:
            return
        offset += place


def plain_record(delimiter: str) -> re.Pattern[bytes]:
    """What matches a whole record with the end of its line, quotes closed and followed by a delimiter or that end."""
    between = re.escape(delimiter.encode())
    unquoted = (
        b'(?:(?!%b)[^"\\r\\n])(?:(?!%b)[^\\r\\n])*' if len(delimiter.encode()) > 1 else b'[^"\\r\\n%b][^\\r\\n%b]*'
    )
    field = b'(?:"[^"]*(?:""[^"]*)*"|' + unquoted % (between, between) + b")?"
    return re.compile(field + b"(?:" + between + field + b")*\\r?\\n")


def json_extents(stream: BinaryIO, line: int) -> Iterator[Extent]:
    """The extents of the records of JSON lines."""
    for record in lines.json_records(stream, line):
        yield record.size_bytes, record.lines, record.fields != []


def cut(extents: Iterable[Extent], file: int, start: Place) -> Iterator[Part]:
    """The parts of a file from ``start`` on."""
    offset, rows, so_far = start.offset, start.rows, start.lines
    for size_bytes, ends, is_row in extents:
        offset += size_bytes
        so_far += ends
        rows += is_row
        if offset - start.offset >= PART_BYTES or rows - start.rows >= PART_ROWS:
            stop = Place(offset, rows, so_far)
            yield Part(file, start, stop)
            start = stop
    if offset > start.offset:
        yield Part(file, start, Place(offset, rows, so_far))
