"""The record of how a threshold of rejection was chosen."""

from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.rejection import Rejection

ONE = Rejection(0.05, "foreign.txt", 200, 10, 201, 11, "held_out", 100, 3, 7)


def test_a_rejection_round_trips():
    assert Rejection.from_json(ONE.to_json()) == ONE
    assert list(ONE.to_json())[:2] == ["rate", "foreign"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0.0}, "rejection: rate 0.0, expected a number above 0 and below 1"),
        ({"rate": float("nan")}, "rejection: rate nan, expected"),
        ({"accepted": 201}, r"rejection: accepted is 201 of 200 \(chosen_on\)"),
        ({"fresh_accepted": -1}, r"rejection: fresh_accepted is -1 of 201 \(fresh\)"),
        ({"own": 2}, r"rejection: own_rejected is 3 of 2 \(own\)"),
        ({"fresh": 0, "fresh_accepted": 0}, "rejection: no foreign text was counted"),
        ({"without_words": -1}, "rejection: no foreign text was counted"),
        ({"foreign": "a\nb"}, r"rejection: 'a\\nb' cannot stand in a line"),
    ],
)
def test_impossible_counts_are_refused(change, message):
    with pytest.raises(FormatError, match=f"^{message}"):
        replace(ONE, **change)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"more": 1}, r"rejection: unknown fields \['more'\]"),
        ({"fresh": 1.5}, "rejection: field 'fresh' is 1.5, expected int"),
        ({"rate": "5%"}, "rejection: field 'rate' is '5%', expected float"),
    ],
)
def test_each_field_is_checked(document, message):
    with pytest.raises(FormatError, match=f"^{message}"):
        Rejection.from_json({**ONE.to_json(), **document})
    with pytest.raises(FormatError, match="rejection: field 'own' is missing"):
        Rejection.from_json({name: value for name, value in ONE.to_json().items() if name != "own"})
