"""Places and parts are values; a bad row is a line of the file of errors."""

import pickle

from drupelet.bulk.part import Answered, BadRow, Part, Place


def test_a_bad_row_says_where_it_is_and_how_it_begins():
    bad = BadRow(7, 9, "not UTF-8", "x" * 500)
    assert bad.to_json("in.csv") == {"file": "in.csv", "row": 7, "line": 9, "reason": "not UTF-8", "begins": "x" * 200}
    assert "line" not in BadRow(7, 0, "no text", "").to_json("in.parquet")


def test_parts_and_what_they_become_are_pickled():
    part = Part(3, Place(0, 0, 1), Place(9, 2, 4))
    assert pickle.loads(pickle.dumps(part)) == part  # noqa: S301 - our own
    answered = Answered(b"rows", 1, (BadRow(2, 3, "why", "x"),), 1)
    assert pickle.loads(pickle.dumps(answered)) == answered  # noqa: S301 - our own
