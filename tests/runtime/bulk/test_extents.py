"""The ends of rows are those of the records, however they are found, and parts hold the records that one reading finds."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.bulk import extents, lines
from drupelet.bulk.extents import csv_extents, cut, json_extents
from drupelet.bulk.lines import csv_records, json_records
from drupelet.bulk.part import Place

BEGIN = Place(0, 0, 0)
PIECES = [b'"', b'""', b",", b";", b"\n", b"\r\n", b"\r", b"\0", b"a", b"film", b" ", b"{", b"\xff", "é".encode()]
CONTENT = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
READERS = {
    "csv": (lambda stream, line: csv_records(stream, line, ","), lambda stream, line: csv_extents(stream, line, ",")),
    "json": (json_records, json_extents),
}


def extent(record):
    return record.size_bytes, record.lines, record.fields != []


@given(CONTENT, st.sampled_from([",", ";", " ", "é", "a", "]", "^", "\\"]), st.integers(1, 60), st.integers(1, 60))
@example(b'"a\n\0\nb', ",", 60, 60)
@example(b"\r\n\n a", " ", 2, 2)
def test_the_extents_are_those_of_the_records(content, delimiter, buffer_bytes, plain_bytes):
    expected = list(map(extent, csv_records(io.BytesIO(content), 3, delimiter)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "BUFFER_BYTES", buffer_bytes)
        patch.setattr(extents, "PLAIN_BYTES", plain_bytes)
        assert list(csv_extents(io.BytesIO(content), 3, delimiter)) == expected


@given(CONTENT, st.integers(1, 20), st.integers(1, 20))
def test_limits_end_a_record_where_they_end_it_in_the_records(content, line_bytes, record_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "MAX_LINE_BYTES", line_bytes)
        patch.setattr(lines, "MAX_RECORD_BYTES", record_bytes)
        expected = list(map(extent, csv_records(io.BytesIO(content), 0, ",")))
        assert list(csv_extents(io.BytesIO(content), 0, ",")) == expected


@pytest.mark.parametrize("kind", READERS)
@given(CONTENT, st.integers(1, 40), st.integers(1, 4))
def test_parts_read_again_hold_the_records_of_one_reading(kind, content, part_bytes, part_rows):
    read, measured = READERS[kind]
    whole = list(read(io.BytesIO(content), 0))
    assert sum(record.size_bytes for record in whole) == len(content)
    assert sum(record.lines for record in whole) == len(io.BytesIO(content).readlines())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "PART_BYTES", part_bytes)
        patch.setattr(extents, "PART_ROWS", part_rows)
        parts = list(cut(measured(io.BytesIO(content), 0), 7, BEGIN))
        for number, part in enumerate(parts):
            rest = measured(io.BytesIO(content[part.start.offset :]), part.start.lines)
            assert list(cut(rest, 7, part.start)) == parts[number:]
    again = []
    for part in parts:
        inside = list(read(io.BytesIO(content[part.start.offset : part.stop.offset]), part.start.lines))
        assert inside
        assert part.stop.rows - part.start.rows == sum(record.fields != [] for record in inside) <= part_rows
        again += inside
    assert again == whole


@pytest.mark.parametrize("piece", [b'"a""', b'"a"b', b"a\r", b'"",', b'"\n', b'a"', b'""'])
def test_pieces_over_and_over_end_where_the_records_do(piece):
    """The pattern must not try every way to read them."""
    content = piece * (200_000 // len(piece))
    expected = list(map(extent, csv_records(io.BytesIO(content), 0, ",")))
    assert list(csv_extents(io.BytesIO(content), 0, ",")) == expected
