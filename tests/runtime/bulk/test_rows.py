"""The rows of a part keep their order and their numbers, in however many batches they are answered."""

import pytest

from drupelet.bulk import rows as rows_module
from drupelet.bulk.lines import Record
from drupelet.bulk.part import Part, Place
from drupelet.bulk.rows import Rows, read_part
from drupelet.errors import InputError


def written(good):
    return b"".join(record.fields[0].encode() + b"\n" for record, _ in good)


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 256])
def test_rows_are_answered_in_batches(monkeypatch, scorer, batch_rows):
    monkeypatch.setattr(rows_module, "BATCH_ROWS", batch_rows)
    rows = Rows(scorer)
    for number, text in enumerate(["good", None, "zzz", "", "bad"], 11):
        fields = None if text is None else [text]
        rows.add(Record(number, 1, 5, "begins", fields, "" if fields else "why"), text)
    found = rows.answered(Part(0, Place(0, 100, 10), Place(9, 105, 15)), written)
    assert found.content == b"good\nzzz\n\nbad\n"
    assert (found.answered, found.without_words) == (4, 2)
    ((bad),) = found.bad
    assert (bad.row, bad.line, bad.reason, bad.begins) == (102, 12, "why", "begins")


def test_the_bytes_of_a_part_are_read(tmp_path):
    (tmp_path / "in").write_bytes(b"0123456789")
    part = Part(0, Place(2, 0, 0), Place(6, 1, 1))
    assert read_part(str(tmp_path / "in"), part).read() == b"2345"
    (tmp_path / "in").write_bytes(b"01234")
    with pytest.raises(InputError, match="became shorter while it was read"):
        read_part(str(tmp_path / "in"), part)
