import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.output import most_probable, probabilities

NAN = math.nan


def test_softmax_sigmoid_and_plain_logits():
    assert probabilities([0.0, 0.0], "softmax") == (0.5, 0.5)
    assert probabilities([0.0, math.log(3)], "softmax") == pytest.approx((0.25, 0.75))
    assert probabilities([0.0, math.log(3)], "logits") == pytest.approx((0.25, 0.75))
    assert probabilities([math.log(3)], "sigmoid") == pytest.approx((0.25, 0.75))
    assert probabilities([math.log(3)], "logits") == pytest.approx((0.25, 0.75))
    assert probabilities([0.0, math.log(3), -math.log(3)], "sigmoid") == pytest.approx((0.5, 0.75, 0.25))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2, max_size=5))
def test_softmax_never_overflows(logits):
    values = probabilities(logits, "softmax")
    assert sum(values) == pytest.approx(1)
    assert all(0 <= value <= 1 for value in values)


@given(st.floats(allow_nan=False, width=32))
def test_sigmoid_never_overflows(logit):
    no, yes = probabilities([logit], "sigmoid")
    assert 0 <= yes <= 1
    assert no + yes == 1
    assert yes >= 0.5 if logit >= 0 else yes <= 0.5


def test_nan_stays_nan():
    assert all(math.isnan(value) for value in probabilities([NAN, 1.0], "softmax"))
    assert all(math.isnan(value) for value in probabilities([1.0, NAN], "softmax"))
    assert all(math.isnan(value) for value in probabilities([NAN], "sigmoid"))


@pytest.mark.parametrize(
    ("values", "best"),
    [((0.1, 0.9), 1), ((0.5, 0.5), 0), ((0.2, 0.4, 0.4), 1), ((NAN, NAN), 0), ((NAN, 0.9), 0), ((0.1, NAN, 0.9), 0)],
)
def test_the_most_probable_is_the_first_of_equal_ones_and_the_first_when_there_is_a_nan(values, best):
    assert most_probable(values) == best


def test_probabilities_of_the_network_are_taken_as_they_are():
    assert probabilities([0.25, 0.5, 0.25], "probabilities") == (0.25, 0.5, 0.25)
