"""The option --accept."""

import pytest

from drupelet.errors import InputError
from drupelet_export.parity.check_names import CHECKS, parse_accepted


def test_accepted_checks():
    assert parse_accepted(None) == ()
    assert parse_accepted("accuracy, label-order,accuracy") == ("accuracy", "label-order")
    assert parse_accepted(",".join(CHECKS)) == CHECKS


def test_unknown_names_and_empty_lists_are_refused():
    with pytest.raises(
        InputError,
        match=r"^--accept: check 'acuracy' is not known; did you mean 'accuracy'\? \(known: unreachable-words, ",
    ):
        parse_accepted("acuracy")
    with pytest.raises(InputError, match=r"^--accept: no check given; expected some of unreachable-words, single-"):
        parse_accepted(" ,")
