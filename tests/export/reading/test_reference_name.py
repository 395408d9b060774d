"""A verdict names who gave the answers in one short line, whatever the file is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.proof import TEXT, check_proof
from drupelet_export.reading.owner_answers import OwnerAnswers
from drupelet_export.reading.reference_name import MAX_NAME_CHARACTERS, reference_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("answers.csv", "answers.csv"), ("größe.csv", "größe.csv"), ("a\nb\udc80.csv", "a\\nb\\udc80.csv")],
)
def test_what_cannot_be_printed_is_escaped(name, expected):
    assert reference_name(name) == expected


def test_a_long_name_loses_its_middle():
    shown = reference_name("a" * 200 + ".csv")
    assert len(shown) <= MAX_NAME_CHARACTERS
    assert (shown[:2], shown[-5:]) == ("aa", "a.csv")
    assert "a...a" in shown


@given(st.text(st.characters(), min_size=1, max_size=255), st.integers(1, 10**9))
def test_every_name_is_a_reference(name, count):
    check_proof(TEXT, reference_name(name))
    check_proof(TEXT, OwnerAnswers(reference_name(name), range(count), range(count)).reference)
