"""Thresholds of labels as users type them."""

from dataclasses import replace

import pytest

from drupelet.decision import float32
from drupelet.errors import InputError
from drupelet_export.parity.stated_thresholds import parse_thresholds, thresholds_of


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ([], ()),
        (["0.3"], ((None, 0.3),)),
        (["a=0.3", "x=y=0.25", "b, c=.5"], (("a", 0.3), ("x=y", 0.25), ("b, c", 0.5))),
        (["\u05d8\u05d5\u05d1=0.125"], (("\u05d8\u05d5\u05d1", 0.125),)),
    ],
)
def test_the_last_equals_sign_counts(given, parsed):
    assert parse_thresholds(given) == parsed


@pytest.mark.parametrize(
    "given",
    ["", "a", "a=", "=0.5", "a=0", "a=1", "0", "1", "-0.5", "nan", "a=nan", "inf", "5%", "1e-60", "0.99999999999"],
)
def test_what_is_no_probability_is_refused(given):
    with pytest.raises(
        InputError, match=r"^--threshold .*: expected P or LABEL=P, with a probability P above 0 and below 1"
    ):
        parse_thresholds([given])


def test_thresholds_are_for_labels_that_are_decided_alone(compiled):
    model = replace(compiled.final, labels=("a", "c=d"))
    with pytest.raises(InputError, match=r"^--threshold is for models that decide each label alone"):
        thresholds_of(model, ((None, 0.3),))
    assert thresholds_of(model, ()) == ()


class Several:
    """Stands in for a model of three labels that are decided alone."""

    labels = ("a", "b", "c=d")

    class graph:  # noqa: N801 - as the field of a description is called
        is_multi_label = True


def test_thresholds_of_labels():
    assert thresholds_of(Several, (("c=d", 0.7), (None, 0.3))) == tuple(map(float32, (0.3, 0.3, 0.7)))
    assert thresholds_of(Several, (("b", 0.25),)) == (0.5, 0.25, 0.5)
    with pytest.raises(InputError, match=r"^--threshold: label 'aa' is not known; did you mean 'a'\?"):
        thresholds_of(Several, (("aa", 0.3),))
    for twice, what in (((("a", 0.3), ("a", 0.4)), "'a'"), (((None, 0.3), (None, 0.4)), "all labels")):
        with pytest.raises(InputError, match=rf"^--threshold: {what} twice; give one$"):
            thresholds_of(Several, twice)
