import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.comparison import GATES, Accuracy, AccuracyChange, Gate, compare
from drupelet.decision import HOLDS, Decision
from drupelet.errors import InputError
from drupelet.reliability import reliability

NAN = math.nan
OPEN = Gate(1.0, 1.0, 1.0)
EXACT = Gate(0.0, 0.0, 0.0)


def two_class(*values):
    """The probabilities of two classes whose second has these."""
    return [(1 - value, value) for value in values]


def test_the_gates_are_those_of_the_contract():
    assert {
        "f32": Gate(0.0, 1e-5, 0.0),
        "f16": Gate(0.001, 2e-3, 0.001),
        "wi8": Gate(0.003, 0.05, 0.002),
        "wi4": Gate(0.003, 0.05, 0.002),
    } == GATES


def test_equal_answers_pass_the_tightest_gate():
    comparison = compare(two_class(0.2, 0.9), two_class(0.2, 0.9), EXACT, [0, 1])
    assert comparison.passed
    assert (comparison.n, comparison.flips, comparison.max_difference, comparison.worst) == (2, (), 0.0, 0)
    assert comparison.accuracy == comparison.reference_accuracy == Accuracy(2, 2)


def test_nothing_compared_fails_even_an_open_gate():
    comparison = compare([], [], OPEN)
    assert not comparison.passed
    assert comparison.failures == ("nothing was compared",)
    assert comparison.worst is None
    document = comparison.to_json()
    assert document["passed"] is False
    assert document["smallest_passing_tolerance"] is None
    assert compare([], [], OPEN, true_labels=[]).accuracy is None


@pytest.mark.parametrize(("answers", "labels"), [([], None), (two_class(0.1, 0.2), None), (two_class(0.1), [0, 1])])
def test_other_numbers_of_answers(answers, labels):
    with pytest.raises(InputError, match=rf"{len(answers)} answers for 1 reference answers; expected as many"):
        compare(two_class(0.1), answers, OPEN, labels)


def test_the_largest_difference_is_the_smallest_tolerance_that_passes():
    reference, answers = two_class(0.25, 0.5, 0.75), two_class(0.25, 0.375, 0.8125)
    comparison = compare(reference, answers, OPEN)
    assert (comparison.max_difference, comparison.worst) == (0.125, 1)
    tolerance = comparison.to_json()["smallest_passing_tolerance"]
    assert tolerance == 0.125
    assert compare(reference, answers, Gate(1, tolerance, 1)).passed
    failed = compare(reference, answers, Gate(1, math.nextafter(tolerance, 0), 1))
    assert failed.failures == ("a probability is off by 0.125, allowed 0.125",)


def test_flips_are_counted_and_named():
    comparison = compare(two_class(0.1, 0.6, 0.7), two_class(0.9, 0.7, 0.2), Gate(0.5, 1, 1))
    assert comparison.flips == (0, 2)
    assert comparison.failures == ("2 of 3 labels flipped, allowed 50.0%",)
    document = comparison.to_json()
    assert (document["flips"], document["flipped"]) == (2, [0, 2])


def test_a_tie_is_the_first_label_on_both_sides():
    assert compare([(0.5, 0.5)], [(0.6, 0.4)], OPEN).flips == ()
    assert compare([(0.5, 0.5)], [(0.4, 0.6)], OPEN).flips == (0,)


@pytest.mark.parametrize(("n", "flips"), [(23, 0), (25, 0), (166, 0), (167, 1), (256, 1), (500, 1), (501, 2)])
def test_a_share_of_few_texts_is_the_nearest_whole_number_of_them(n, flips):
    gate = Gate(GATES["wi8"].max_flip_share, 1, 1)
    for flipped, passed in ((flips, True), (flips + 1, False)):
        reference, answers = two_class(0.25) * n, two_class(0.75) * flipped + two_class(0.25) * (n - flipped)
        assert compare(reference, answers, gate).passed == passed


@pytest.mark.parametrize("scheme", ["f16", "wi8", "wi4"])
@pytest.mark.parametrize("n", [1000, 2000, 3000, 7000, 25_000])
def test_the_share_of_flips_at_its_exact_boundary(scheme, n):
    gate = Gate(GATES[scheme].max_flip_share, 1, 1)
    allowed = round(gate.max_flip_share * n)
    reference = two_class(0.6) * n
    for flips, passed in ((allowed, True), (allowed + 1, False)):
        assert compare(reference, two_class(0.4) * flips + two_class(0.6) * (n - flips), gate).passed is passed


def test_a_single_flip_fails_f32():
    assert compare([(0.4999999, 0.5000001)], [(0.5000001, 0.4999999)], GATES["f32"]).failures == (
        "1 of 1 labels flipped, allowed 0.0%",
    )


@pytest.mark.parametrize("scheme", ["f16", "wi8"])
@pytest.mark.parametrize("n", [1000, 2000, 25_000])
def test_the_change_of_accuracy_at_its_exact_boundary(scheme, n):
    gate = Gate(1, 1, GATES[scheme].max_accuracy_change)
    allowed = round(gate.max_accuracy_change * n)
    right, wrong = two_class(0.9), two_class(0.1)
    reference = right * (n // 2) + wrong * (n - n // 2)
    for change, passed in ((allowed, True), (-allowed, True), (allowed + 1, False), (-allowed - 1, False)):
        answers = right * (n // 2 + change) + wrong * (n - n // 2 - change)
        comparison = compare(reference, answers, gate, [1] * n)
        assert comparison.passed is passed, (change, comparison.failures)


def test_a_change_of_accuracy_is_named():
    comparison = compare(two_class(0.9, 0.9), two_class(0.9, 0.1), Gate(1, 1, 0.1), [1, 1])
    assert comparison.failures == ("accuracy changed by 50.00%, allowed 10.0%",)
    assert comparison.to_json()["accuracy"]["share"] == 0.5
    assert comparison.to_json()["reference_accuracy"]["share"] == 1.0


def test_other_ids_than_the_reference_fail():
    comparison = compare(two_class(0.1, 0.2), two_class(0.1, 0.2), OPEN, id_mismatches=[1])
    assert comparison.failures == ("1 texts got other ids than the reference: text rules or vocabulary differ",)
    assert comparison.to_json()["id_mismatches"] == 1


def test_nan_agrees_with_nan():
    assert compare([(NAN, NAN)], [(NAN, NAN)], EXACT).passed


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ((NAN, NAN), (0.5, 0.5)),
        ((0.5, 0.5), (NAN, NAN)),
        ((0.5, NAN), (NAN, 0.5)),
        ((0.5, 0.5), (0.5,)),
        ((0.5, 0.5), (0.5, 0.5, 0.0)),
        ((math.inf, 0.0), (-math.inf, 0.0)),
        ((math.inf, 0.0), (1.0, 0.0)),
    ],
)
def test_nan_agrees_with_nothing_else_nor_do_other_lengths(expected, got):
    comparison = compare([(0.1, 0.9), expected], [(0.1, 0.9), got], OPEN)
    assert "a probability is off by inf, allowed 1" in comparison.failures
    assert comparison.worst == 1
    document = json.dumps(comparison.to_json(), allow_nan=False)
    assert json.loads(document)["max_difference"] is None


def test_the_percentile_leaves_out_one_in_a_thousand():
    reference, answers = two_class(0.5) * 2000, two_class(*[0.5] * 1998, 0.75, 1.0)
    assert compare(reference, answers, OPEN).p999_difference == 0.0
    assert compare(reference[:-1], answers[1:], OPEN).p999_difference == 0.25
    assert compare(reference[:1], answers[-1:], OPEN).p999_difference == 0.5


# Wilson's interval, from the closed form evaluated with 50 digits; 0 and n of n are the cases that simpler ones get wrong.
@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.27753280),
        (10, 10, 0.72246720, 1.0),
        (5, 10, 0.23659309, 0.76340691),
        (1, 1, 0.20654931, 1.0),
        (224, 256, 0.82886394, 0.91004817),
        (21875, 25000, 0.87084274, 0.87904204),
    ],
)
def test_the_interval_of_an_accuracy(correct, n, low, high):
    assert Accuracy(n, correct).interval() == pytest.approx((low, high), abs=1e-7)
    assert 0.0 <= Accuracy(n, correct).interval()[0] <= Accuracy(n, correct).interval()[1] <= 1.0


# Half a text added to each cell of the paired table, then Wald; evaluated with 30 digits.
@pytest.mark.parametrize(
    ("n", "gained", "lost", "low", "high"),
    [
        (100, 0, 0, -0.0192153332, 0.0192153332),
        (100, 5, 15, -0.1840149121, -0.0120635193),
        (100, 15, 5, 0.0120635193, 0.1840149121),
        (25_000, 40, 30, -0.0002605586, 0.0010604946),
        (256, 0, 1, -0.0146089941, 0.0068570561),
    ],
)
def test_the_paired_interval_of_a_change(n, gained, lost, low, high):
    change = AccuracyChange(n, gained, lost)
    assert change.interval() == pytest.approx((low, high), abs=1e-9)
    assert change.share == (gained - lost) / n


@pytest.mark.parametrize("n", [1, 2, 10, 256, 25_000])
def test_no_flip_at_all_is_still_an_interval_that_holds_zero(n):
    low, high = AccuracyChange(n, 0, 0).interval()
    assert low == -high
    assert low < 0 < high


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 25_000))
def test_a_change_and_its_opposite_mirror_each_other(gained, lost, rest):
    n = gained + lost + rest
    low, high = AccuracyChange(n, gained, lost).interval()
    assert AccuracyChange(n, lost, gained).interval() == pytest.approx((-high, -low), abs=1e-12)
    assert low < high
    if gained == lost:
        assert low < 0 < high


def test_more_texts_make_the_interval_narrower():
    widths = [
        high - low for low, high in (AccuracyChange(n, n // 10, n // 20).interval() for n in (20, 200, 2000, 20_000))
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.02


def test_gained_and_lost_are_counted_text_by_text():
    reference, answers = two_class(0.9, 0.9, 0.1, 0.1, 0.9), two_class(0.9, 0.1, 0.9, 0.9, 0.1)
    comparison = compare(reference, answers, OPEN, [1, 1, 1, 0, 0])
    # right and right; right, then wrong; wrong, then right; right, then wrong; wrong, then right
    assert comparison.accuracy_change == AccuracyChange(5, 2, 2)
    assert comparison.accuracy.correct == comparison.reference_accuracy.correct == 3
    document = comparison.to_json()["accuracy_change"]
    assert document == {"share": 0.0, "interval_95": list(AccuracyChange(5, 2, 2).interval())}


def test_flips_among_wrong_answers_are_no_change():
    reference, answers = [(0.6, 0.3, 0.1)], [(0.3, 0.6, 0.1)]
    assert compare(reference, answers, OPEN, [2]).accuracy_change == AccuracyChange(1, 0, 0)


def test_without_true_labels_there_is_no_change():
    comparison = compare(two_class(0.1), two_class(0.1), OPEN)
    assert comparison.accuracy_change is None
    assert comparison.to_json()["accuracy_change"] is None


def test_reliability_of_both_where_true_labels_are_known():
    reference, answers, labels = two_class(0.9, 0.9, 0.1), two_class(0.8, 0.2, 0.1), [1, 1, 0]
    comparison = compare(reference, answers, OPEN, labels)
    assert comparison.reliability == reliability(answers, labels)
    assert comparison.reference_reliability == reliability(reference, labels)
    document = comparison.to_json()
    assert document["expected_calibration_error"] == pytest.approx((2 * 0.3 + 0.1) / 3)
    assert document["reference_expected_calibration_error"] == pytest.approx(0.1)


def test_without_true_labels_there_is_no_reliability():
    comparison = compare(two_class(0.1), two_class(0.1), OPEN)
    assert (comparison.reliability, comparison.reference_reliability) == (None, None)
    assert comparison.to_json()["expected_calibration_error"] is None


def test_an_error_of_no_answer_is_null():
    document = compare([(NAN, NAN)], [(NAN, NAN)], OPEN, [0]).to_json()
    assert document["expected_calibration_error"] is document["reference_expected_calibration_error"] is None


EACH_ALONE = Decision((HOLDS,) * 4, None)


def test_single_labels_of_a_multi_label_network_flip():
    reference = [(0.9, 0.6, 0.1), (0.2, 0.3, 0.4), (0.5, 0.5, 0.5)]
    answers = [(0.9, 0.4, 0.5), (0.4, 0.3, 0.2), (0.5, 0.5, 0.5)]
    comparison = compare(reference, answers, OPEN, decision=EACH_ALONE)
    assert (comparison.n, comparison.decisions) == (3, 9)
    assert (comparison.flips, comparison.flipped_labels) == ((0,), 2)
    # The most probable labels flip elsewhere.
    plain = compare(reference, answers, OPEN)
    assert (plain.flips, plain.flipped_labels, plain.decisions) == ((1,), 1, 3)
    document = comparison.to_json()
    assert (document["n"], document["decisions"], document["flips"], document["flipped"]) == (3, 9, 2, [0])


def test_the_gate_of_a_multi_label_network_counts_single_labels():
    same, other = (0.9, 0.1, 0.1, 0.1), (0.9, 0.6, 0.6, 0.1)
    gate = Gate(0.1, 1.0, 1.0)
    assert compare([same] * 5, [same] * 4 + [other], gate, decision=EACH_ALONE).passed
    failed = compare([same] * 5, [same] * 3 + [other] * 2, gate, decision=EACH_ALONE)
    assert failed.failures == ("4 of 20 labels flipped, allowed 10.0%",)


def test_an_answer_of_a_multi_label_network_is_right_where_the_true_label_holds():
    reference, answers = [(0.9, 0.6), (0.9, 0.6), (0.4, 0.3)], [(0.9, 0.6), (0.9, 0.4), (0.6, 0.3)]
    comparison = compare(reference, answers, OPEN, [1, 1, 0], decision=EACH_ALONE)
    assert (comparison.reference_accuracy, comparison.accuracy) == (Accuracy(3, 2), Accuracy(3, 2))
    assert comparison.accuracy_change == AccuracyChange(3, 1, 1)
    assert (comparison.reliability, comparison.reference_reliability) == (None, None)


def test_a_nan_of_a_multi_label_network_holds_nowhere():
    assert compare([(NAN, 0.9)], [(NAN, 0.9)], EXACT, decision=EACH_ALONE).passed
    assert compare([(NAN, 0.9)], [(0.1, 0.9)], OPEN, decision=EACH_ALONE).failures == (
        "a probability is off by inf, allowed 1",
    )


def test_a_text_that_one_side_rejects_has_a_flip():
    decision = Decision((), 0.75)
    reference = [(0.1, 0.9), (0.3, 0.7), (0.6, 0.4), (0.2, 0.8)]
    answers = [(0.3, 0.7), (0.2, 0.8), (0.4, 0.6), (0.9, 0.1)]
    comparison = compare(reference, answers, OPEN, [1, 1, 1, 1], decision=decision)
    assert (comparison.flips, comparison.flipped_labels, comparison.decisions) == ((0, 1, 3), 3, 4)
    assert (comparison.accuracy, comparison.reference_accuracy) == (Accuracy(4, 3), Accuracy(4, 3))
    assert compare([(0.3, 0.7)], [(0.7, 0.3)], OPEN, decision=decision).flips == ()  # both are rejected
    assert compare([(NAN, 0.9)], [(NAN, 0.9)], OPEN, decision=decision).flips == ()


def test_thresholds_of_labels_decide_what_flips():
    decision = Decision((0.25, 0.75), None)
    assert compare([(0.3, 0.7)], [(0.2, 0.8)], OPEN, decision=decision).flipped_labels == 2
    assert compare([(0.3, 0.7)], [(0.6, 0.4)], OPEN, decision=decision).flipped_labels == 0
    assert compare([(0.3, 0.7)], [(0.6, 0.4)], OPEN, decision=EACH_ALONE).flipped_labels == 2


def test_a_rejected_text_of_several_labels_flips_though_none_holds():
    decision = Decision((0.75, 0.75), 0.5)
    assert compare([(0.6, 0.1)], [(0.4, 0.1)], OPEN, decision=decision).flipped_labels == 1
    assert compare([(0.8, 0.9)], [(0.4, 0.1)], OPEN, decision=decision).flipped_labels == 2
