"""A number of an option: ASCII digits within bounds, and an error that names them."""

import argparse

import pytest

from drupelet.cli.number_option import number_within


@pytest.mark.parametrize(("given", "expected"), [("0", 0), ("007", 7), ("65535", 65535)])
def test_a_number_within_its_bounds(given, expected):
    assert number_within(0, 65535)(given) == expected
    assert number_within(0)(given) == expected


@pytest.mark.parametrize("given", ["0", "11", "-1", "+1", "1.5", "1e1", "", " 1", "\u0663", "9" * 5000])
def test_what_is_none(given):
    with pytest.raises(argparse.ArgumentTypeError, match=r" is no number from 1 to 10$"):
        number_within(1, 10)(given)
    if given != "11":
        with pytest.raises(argparse.ArgumentTypeError, match=r" is no number from 1 on$"):
            number_within(1)(given)
