import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.reliability import BINS, Reliability, reliability

NAN = math.nan


def two_class(*confidences):
    """The probabilities of two classes of which the first, with these, is answered."""
    return [(p, 1 - p) for p in confidences]


def drawn(n, seed=3):
    """n answers that are right exactly as often as their probabilities say, and the labels."""
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    answers = two_class(*(generator.uniform(0.5, 1) for _ in range(n)))
    return answers, [int(generator.random() >= p) for p, _ in answers]


def test_a_known_case():
    result = reliability([(0.9, 0.1), (0.1, 0.9), (0.45, 0.55), (1.0, 0.0)], [0, 0, 1, 0])
    assert sum(result.counts) == 4
    assert len(result.counts) == len(result.confidences) == len(result.accuracies) == BINS == 15
    assert (result.counts[13], result.confidences[13], result.accuracies[13]) == (2, 0.9, 0.5)
    assert (result.counts[8], result.confidences[8], result.accuracies[8]) == (1, 0.55, 1.0)
    assert (result.counts[14], result.accuracies[14]) == (1, 1.0)
    assert (result.counts[0], result.confidences[0], result.accuracies[0]) == (0, None, None)
    assert result.expected_calibration_error == pytest.approx((2 * 0.4 + 0.45 + 0.0) / 4)
    assert result.error_by_chance == pytest.approx(
        math.sqrt(2 / math.pi) * (2 * math.sqrt(0.9 * 0.1 / 2) + math.sqrt(0.55 * 0.45)) / 4
    )


def test_a_bin_holds_its_lower_edge_and_the_last_one_both():
    rows = [(0.0,), (1 / 15,), (14 / 15,), (1.0,)]
    assert [place for place, n in enumerate(reliability(rows, [0] * 4).counts) for _ in range(n)] == [0, 1, 14, 14]


def test_always_sure_and_wrong_is_off_by_one():
    assert reliability([(1.0, 0.0)] * 7, [1] * 7).expected_calibration_error == 1.0


def test_always_sure_and_right_is_not_off():
    result = reliability([(0.0, 1.0)] * 7, [1] * 7)
    assert result.expected_calibration_error == result.error_by_chance == 0.0


def test_perfectly_calibrated_answers_are_hardly_off():
    assert reliability(*drawn(100_000)).expected_calibration_error < 0.01


@pytest.mark.parametrize("n", [50, 500, 5000])
def test_the_error_by_chance_is_what_perfectly_calibrated_answers_show(n):
    results = [reliability(*drawn(n, seed)) for seed in range(60)]
    shown = sum(result.expected_calibration_error for result in results) / len(results)
    assert sum(result.error_by_chance for result in results) / len(results) == pytest.approx(shown, rel=0.15)


@given(st.lists(st.tuples(st.lists(st.floats(0, 1), min_size=2, max_size=4), st.integers(0, 3)), min_size=1))
def test_an_error_is_from_zero_to_one_and_every_answer_counts(cases):
    result = reliability([row for row, _ in cases], [label for _, label in cases])
    assert 0.0 <= result.expected_calibration_error <= 1.0
    assert 0.0 <= result.error_by_chance <= 0.5
    assert sum(result.counts) == len(cases)
    assert len(result.counts) == len(result.confidences) == len(result.accuracies) == BINS
    for place, (confidence, accuracy) in enumerate(zip(result.confidences, result.accuracies)):
        if result.counts[place]:
            assert place / BINS - 1e-9 <= confidence <= (place + 1) / BINS + 1e-9
            assert 0.0 <= accuracy <= 1.0


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1), st.randoms())
def test_the_order_of_texts_does_not_matter(cases, generator):
    def of(rows):
        return reliability(two_class(*(p for p, _ in rows)), [int(wrong) for _, wrong in rows])

    assert of(cases) == of(generator.sample(cases, len(cases)))


@pytest.mark.parametrize("odd", [(NAN, NAN), (0.5, NAN), (math.inf, 0.0), (-3.0, 1.0), (1.5, 0.0)])
def test_what_is_no_probability_is_left_out(odd):
    assert reliability([(0.9, 0.1), odd], [0, 0]) == reliability([(0.9, 0.1)], [0])


@pytest.mark.parametrize("answers", [[], [(NAN, NAN)]])
def test_without_an_answer_there_is_no_error(answers):
    result = reliability(answers, [0] * len(answers))
    assert result == Reliability((0,) * BINS, (None,) * BINS, (None,) * BINS)
    assert math.isnan(result.expected_calibration_error)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert (document["expected_calibration_error"], document["error_by_chance"]) == (None, None)


def test_as_json():
    result = reliability(*drawn(30))
    assert json.loads(json.dumps(result.to_json())) == {
        "counts": list(result.counts),
        "confidences": list(result.confidences),
        "accuracies": list(result.accuracies),
        "expected_calibration_error": result.expected_calibration_error,
        "error_by_chance": result.error_by_chance,
    }


def test_other_numbers_of_labels():
    with pytest.raises(InputError, match="1 answers for 2 true labels; expected as many"):
        reliability([(0.5, 0.5)], [0, 1])
