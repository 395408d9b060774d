import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_train.json_value import JsonValue
from drupelet_train.training.scores import Score, right_answers, score, wilson_interval


def test_accuracy_and_loss():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]], np.float32)
    labels = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], np.float32)
    result = score(probabilities, labels)
    assert (result.n, result.accuracy) == (4, 0.75)
    assert result.loss == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.5]).mean(), rel=1e-6)
    assert set(result.to_json()) == {"n", "accuracy", "loss", "interval_95"}


def test_an_answer_that_is_no_number_is_wrong():
    result = score(np.array([[np.nan, np.nan], [1, 0]], np.float32), np.array([[1, 0], [1, 0]], np.float32))
    assert result.accuracy == 0.5
    assert result.loss == pytest.approx(-np.log(1e-7) / 2)


def test_a_teachers_distribution_is_a_target():
    result = score(np.array([[0.5, 0.5]], np.float32), np.array([[0.7, 0.3]], np.float32))
    assert result.loss == pytest.approx(np.log(2))


def test_nothing_compared_is_no_score():
    with pytest.raises(ValueError, match="nothing to score"):
        score(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))


def test_the_interval_of_a_known_case():
    low, high = wilson_interval(0.85, 2_000)
    assert (low, high) == (pytest.approx(0.8337, abs=1e-4), pytest.approx(0.8650, abs=1e-4))


@given(right=st.integers(0, 50), wrong=st.integers(0, 50))
def test_the_interval_holds_the_share(right, wrong):
    if right + wrong:
        low, high = wilson_interval(right / (right + wrong), right + wrong)
        assert 0 <= low <= right / (right + wrong) + 1e-12
        assert right / (right + wrong) - 1e-12 <= high <= 1


def test_each_label_is_decided_alone_where_a_text_may_have_several():
    probabilities = np.array([[0.9, 0.5], [0.2, 0.1], [0.6, 0.4], [np.nan, np.nan]], np.float32)
    labels = np.array([[1, 1], [0, 0], [0, 1], [1, 0]], np.float32)
    assert right_answers(probabilities, labels, each=True).tolist() == [True, True, False, False]
    result = score(probabilities, labels, each=True)
    assert (result.n, result.accuracy) == (4, 0.5)
    assert result.loss == pytest.approx(-np.log([0.9, 0.5, 0.8, 0.9, 0.4, 0.4, 1e-7, 1e-7]).mean(), rel=1e-3)
    assert result.macro_f1 == pytest.approx((2 * 1 / (2 + 2) + 2 * 1 / (1 + 2)) / 2)
    assert result.micro_f1 == pytest.approx(2 * 2 / 7)
    assert Score.from_json(JsonValue(result.to_json(), "run.json")) == result


def test_labels_that_nothing_has_and_nothing_got_count_in_no_f1():
    nothing = np.zeros((2, 3), np.float32)
    assert (score(nothing, nothing, each=True).macro_f1, score(nothing, nothing, each=True).micro_f1) == (0.0, 0.0)
    first = np.array([[1, 0, 0], [0, 0, 0]], np.float32)
    assert score(first, first, each=True).macro_f1 == 1.0
