"""Text for a terminal: escapes, quotes, ranges of characters, columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.cli.shown_text import columns, quoted, shortened, shown, width_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain \u00e9\u4e2d", "plain \u00e9\u4e2d"),
        ("\x1b[0m\r\n\t\x00", "\\x1b[0m\\r\\n\\t\\x00"),
        ("\u202e\u200d\ud800\u3000", "\\u202e\\u200d\\ud800\\u3000"),
        ("a\\n", "a\\\\n"),
    ],
)
def test_what_is_invisible_is_escaped(text, expected):
    assert shown(text) == expected


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_is_printable_and_can_be_told_from_any_other(text):
    assert shown(text).isprintable()
    assert shown(text).encode("ascii", "backslashreplace").decode("unicode_escape") == text


def test_quotes_and_a_limit():
    assert quoted('say "no"\n', 20) == '"say \\"no\\"\\n"'
    assert quoted("abcdef", 3) == '"abc"... (6 characters)'
    assert quoted("abc", 3) == '"abc"'


@pytest.mark.parametrize(
    ("characters", "expected"),
    [("", ""), ("abc", "abc"), ("abcd", "a-d"), ("'0123456789abcz", "'0-9abcz"), ('!"#$%', "!-%")],
)
def test_runs_of_characters(characters, expected):
    assert shortened(characters) == expected


def test_width_of_wide_characters_and_marks():
    assert [width_of(text) for text in ("ab", "\u4e2d\u6587", "e\u0301", "\u00e9")] == [2, 4, 1, 1]


def test_columns_line_up_and_wrap():
    cells = [["the", "2"], ["\u4e2d", "12345"], ["x", ""]]
    assert list(columns(["", "id"], cells, 80)) == ["    the  \u4e2d     x", "id  2    12345"]
    assert list(columns(["", "id"], cells, 12)) == ["    the", "id  2", "", "    \u4e2d     x", "id  12345"]


def test_an_entry_that_is_too_wide_has_its_own_block():
    assert list(columns(["", "id"], [["a", "1"], ["b" * 30, "2"], ["c", "3"]], 10)) == [
        "    a", "id  1", "", "    " + "b" * 30, "id  2", "", "    c", "id  3"
    ]  # fmt: skip
