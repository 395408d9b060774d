"""Texts and numbers in the form that the report shows."""

import pytest

from drupelet_export.report.wording import (
    difference_text,
    markup,
    number_text,
    share_text,
    size_text,
    time_text,
    visible,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#x27;"),
        ("\t\n\x7f\x85\xad", r"\t\n\x7f\x85\xad"),
        ("\u200b\u2028\ud83d\U000e0001", "\\u200b\\u2028\\ud83d\\U000e0001"),
        ("schön 世界 🎬", "schön 世界 🎬"),
        (7, "7"),
    ],
)
def test_markup(given: object, expected: str) -> None:
    assert markup(given) == expected
    assert markup("x" * 30, 10) == "x" * 9 + "…"
    assert visible("\ud800") == r"\ud800"


def test_numbers_are_short() -> None:
    assert [size_text(n) for n in (0, 999, 76_319, 4_195_976, 25e9)] == [
        "0 B",
        "999 B",
        "76.3 kB",
        "4.20 MB",
        "25.0 GB",
    ]
    assert [time_text(t) for t in (0.5, 850, 1234.5, 45_600, 2e6)] == [
        "0.50 µs",
        "850 µs",
        "1.23 ms",
        "45.6 ms",
        "2.00 s",
    ]
    assert [difference_text(d) for d in (0, 3.7e-7, 0.05)] == ["0", "3.7e-07", "5.0e-02"]


def test_values_that_are_not_finite_are_shown_as_such() -> None:
    for show in (difference_text, share_text, time_text):
        assert show(None) == "not finite"
    assert number_text(None, ".3f") == "not finite"
