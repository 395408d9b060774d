"""Logits become the answer for a text."""

import math

import pytest

from drupelet.answering import Answering
from drupelet.decision import Decision
from drupelet.prediction import Prediction
from runtime.networks import SAMPLES

LABELS = ("sad", "short", "loud")


def test_the_most_probable_label_is_the_answer():
    found = Answering(SAMPLES["text cnn"], LABELS).prediction([0.0, math.log(2), 0.0], 7)
    assert found == Prediction(("short", pytest.approx(0.5), pytest.approx((0.25, 0.5, 0.25)), 7))
    assert found.labels == ("short",)


@pytest.mark.parametrize(
    ("logits", "label", "labels"),
    [
        ([0.0, 1.0, -1.0], "short", ("sad", "short")),
        ([-2.0, -3.0, -1.0], "loud", ()),
        ([math.nan, 1.0, 2.0], "sad", LABELS[1:]),
    ],
)
def test_each_label_of_a_multi_label_network_is_decided_alone(logits, label, labels):
    found = Answering(SAMPLES["several labels"], LABELS).prediction(logits, 7)
    assert (found.label, found.labels, found.n_tokens) == (label, labels, 7)
    assert found.probabilities == pytest.approx([1 / (1 + math.exp(-x)) for x in logits], nan_ok=True)


def test_thresholds_and_rejection_are_those_of_the_file():
    several = Answering(SAMPLES["several labels"], LABELS, Decision((0.25, 0.5, 0.75), 0.5))
    assert several.prediction([-1.0, 1.0, 1.0], 7).labels == ("sad", "short")
    rejected = several.prediction([-1.0, -0.1, -1.0], 7)
    assert (rejected.label, rejected.labels, rejected.is_multi_label, rejected.rejected) == (None, (), True, True)
    one = Answering(SAMPLES["text cnn"], LABELS, Decision((), 0.5))
    assert one.prediction([0.0, 1.0, 0.0], 7).label == "short"
    assert one.prediction([0.0, 0.1, 0.0], 7).label is None
    assert one.prediction([0.0, 9.0, 0.0], 0).label is None  # without a known word it says nothing
    assert Answering(SAMPLES["text cnn"], LABELS).prediction([0.0, 9.0, 0.0], 0).label == "short"
