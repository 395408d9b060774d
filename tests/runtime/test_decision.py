"""What of probabilities is answered: thresholds of labels, rejection, and float32 on both sides of a comparison."""

import math
import random

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.decision import HOLDS, ONE_LABEL, Decision, check_decision, decision_for, float32, shortest
from drupelet.errors import FormatError
from drupelet.model_file import read_model_file
from runtime.decided_files import decided_file, decision_section
from runtime.format_writer import model_file
from runtime.networks import SAMPLES, model_of

NAN = math.nan
SEVERAL, SINGLE, THREE = SAMPLES["several labels"], SAMPLES["text cnn"], ("label0", "label1", "label2")


def numbers(*values):
    return tuple(map(float32, values))


@pytest.mark.parametrize(
    ("values", "places"),
    [((0.5, 0.4999, 1.0), (0, 2)), ((0.1, 0.2, 0.3), ()), ((NAN, 0.9, 0.2), (1,)), ((NAN, NAN, NAN), ())],
)
def test_labels_hold_from_one_half_on(values, places):
    assert decision_for(SEVERAL, None).answered(values) == places


def test_each_label_has_a_threshold_of_its_own():
    decision = Decision(numbers(0.2, 0.5, 0.9), None)
    assert decision.answered((0.2, 0.2, 0.2)) == (0,)
    assert decision.answered((0.1999999, 0.5, 0.9)) == (1, 2)


@pytest.mark.parametrize(
    ("values", "rejected"),
    [((0.3, 0.7), False), ((0.31, 0.69), True), ((0.69, 0.31), True), ((NAN, 0.9), True), ((1e300, 0.0), False)],
)
def test_a_text_is_rejected_by_its_largest_probability(values, rejected):
    decision = Decision((), float32(0.7))
    assert decision.rejects(values) is rejected
    assert bool(decision.answered(values)) is not rejected
    assert decision.without_rejection() == ONE_LABEL
    assert len(decision.held(values)) == 1


def test_a_rejected_text_has_no_label_of_several():
    decision = Decision(numbers(0.1, 0.1, 0.1), float32(0.5))
    assert decision.answered((0.2, 0.3, 0.49)) == ()
    assert decision.held((0.2, 0.3, 0.49)) == (0, 1, 2)


def test_probabilities_are_rounded_before_they_are_compared():
    threshold = float32(0.7)
    just_below = math.nextafter(threshold, 0)
    assert just_below < threshold
    assert not Decision((), threshold).rejects((0.0, just_below))
    assert Decision((threshold,) * 2, None).answered((just_below, threshold - 1e-7)) == (0,)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.25, 2.0, NAN, math.inf, -math.inf, 0.7, 1e-50])
def test_a_threshold_is_a_float32_between_0_and_1(value):
    for make in (lambda: Decision((), value), lambda: Decision((0.5, value), None)):
        with pytest.raises(FormatError, match=r"^decision: threshold .*, expected a float32 above 0 and below 1$"):
            make()


def test_a_decision_fits_its_network():
    check_decision(None, SEVERAL)
    check_decision(Decision((0.5,) * 3, None), SEVERAL)
    check_decision(Decision((), 0.5), SEVERAL)
    check_decision(Decision((), 0.5), SINGLE)
    for decision, network, count, expected in (
        (Decision((0.5,) * 2, None), SEVERAL, 2, 3),
        (Decision((0.5,) * 3, 0.5), SINGLE, 3, 0),
        (ONE_LABEL, SEVERAL, 0, 3),
        (ONE_LABEL, SINGLE, 0, 0),
    ):
        with pytest.raises(
            FormatError, match=f"^decision: {count} thresholds, expected {expected}, or reject_below alone$"
        ):
            check_decision(decision, network)


def test_a_network_decides_though_nothing_is_stored():
    assert decision_for(SINGLE, None) == ONE_LABEL
    assert decision_for(SEVERAL, None) == Decision((HOLDS,) * 3, None)
    assert decision_for(SEVERAL, Decision((), 0.25)) == Decision((HOLDS,) * 3, 0.25)
    assert decision_for(SEVERAL, Decision((0.25,) * 3, None)) == Decision((0.25,) * 3, None)


def test_json_has_the_fewest_digits():
    decision = Decision(numbers(0.7, 0.1, 0.333333), float32(0.05))
    document = decision.to_json()
    assert document == {"thresholds": [0.7, 0.1, 0.333333], "reject_below": 0.05}
    assert Decision.from_json(document) == decision
    assert Decision((), 0.5).to_json() == {"thresholds": None, "reject_below": 0.5}
    generator = random.Random(5)  # noqa: S311
    for _ in range(2000):
        value = float32(generator.random())
        assert float32(shortest(value)) == value


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"thresholds": None}, "decision: field 'reject_below' is missing"),
        ({"thresholds": None, "reject_below": 0.5, "more": 1}, r"decision: unknown fields \['more'\]"),
        ({"thresholds": 0.5, "reject_below": None}, "decision: field 'thresholds' is 0.5, expected list"),
        (
            {"thresholds": ["0.5"], "reject_below": None},
            "decision: threshold '0.5', expected a number above 0 and below 1",
        ),
        ({"thresholds": [True], "reject_below": None}, "decision: threshold True, expected a number"),
        ({"thresholds": [1], "reject_below": None}, "decision: threshold 1, expected a number"),
        (
            {"thresholds": [1.0], "reject_below": None},
            "decision: threshold 1.0, expected a float32 above 0 and below 1",
        ),
        ({"thresholds": [0.999999999], "reject_below": None}, "decision: threshold 1.0, expected a float32"),
        ({"thresholds": None, "reject_below": 1e-60}, "decision: threshold 0.0, expected a float32"),
        ({"thresholds": None, "reject_below": 1e300}, "decision: threshold inf, expected a float32"),
        ({"thresholds": None, "reject_below": 0}, "decision: field 'reject_below' is 0, expected float"),
    ],
)
def test_each_field_of_a_document_is_checked(document, message):
    with pytest.raises(FormatError, match=f"^{message}"):
        Decision.from_json(document)


@pytest.mark.parametrize("network", [SEVERAL, SINGLE], ids=["several", "single"])
def test_every_engine_decides_as_the_file_says(tmp_path, any_engine, network):
    model = model_of(network)
    plain = tmp_path / "plain.drupelet"
    plain.write_bytes(model_file(model))
    texts = ["w000 w003", "w007", "w001 w002 w009", "w004", "", "qqq", "w011 " * 9]
    probabilities = [answer.probabilities for answer in drupelet.load(plain, any_engine).predict(texts)]
    least = float32(sorted(max(values) for values in probabilities)[3])
    decision = Decision(numbers(0.3, 0.6, 0.2) if network is SEVERAL else (), least)
    decided = tmp_path / "decided.drupelet"
    decided.write_bytes(decided_file(model, decision))
    classifier = drupelet.load(decided, any_engine)
    rejected = []
    for text, values, answer in zip(texts, probabilities, classifier.predict(texts)):
        assert answer.probabilities == values
        rejected.append(decision.rejects(values) or answer.n_tokens == 0)
        assert answer.rejected is rejected[-1]
        expected = () if rejected[-1] else tuple(THREE[place] for place in decision.answered(values))
        assert answer.labels == expected
        assert answer.probability == max(values)
        assert (answer.label is None) is answer.rejected
        assert classifier(text) == answer
        follower = classifier.follow()
        assert follower.feed(text) == answer
        assert classifier.explain(text).label in THREE
    assert rejected[4:6] == [True, True]
    assert 2 <= rejected.count(False) < len(texts)
    assert open_bundle(decided).manifest.decision == decision
    assert read_model_file(decided.read_bytes()).decision == decision


def test_files_are_written_from_the_specification():
    decision = Decision((0.25, 0.5, 0.75), None)
    assert decision_section(decision).hex() == "ffffffff" + "03000000" + "0000803e" + "0000003f" + "0000403f"
    assert decision_section(Decision((), 0.5)).hex() == "0000003f" + "00000000"
