"""Decisions in words."""

from drupelet.decision import ONE_LABEL, Decision, float32
from drupelet.decision_words import rejection_in_words, thresholds_in_words
from drupelet.rejection import Rejection


def test_thresholds_are_named_unless_all_are_alike():
    assert thresholds_in_words(Decision((0.5, 0.5), None), ("a", "b")) == "a label holds from 0.5 on"
    assert thresholds_in_words(Decision((0.5, float32(0.7)), None), ("a", "b, c")) == "a 0.5, b, c 0.7"
    many = tuple(f"l{number}" for number in range(25))
    words = thresholds_in_words(Decision((0.25, *[0.5] * 24), None), many)
    assert words.startswith("l0 0.25, l1 0.5, ")
    assert words.endswith("l19 0.5, and 5 more")


def test_a_rejection_has_its_counts_with_intervals():
    assert rejection_in_words(ONE_LABEL, None) == "none"
    decision = Decision((), float32(0.8))
    assert rejection_in_words(decision, None) == "below 0.8"
    record = Rejection(0.05, "f.txt", 1000, 50, 1001, 51, "held_out", 2000, 20, 3)
    assert rejection_in_words(decision, record) == (
        "below 0.8: accepted 51 of 1,001 (5.1%; 95 %: 3.9% to 6.6%) fresh foreign texts, asked for 5.0% (chosen on 1,000 "
        "others of f.txt); rejected 20 of 2,000 (1.0%; 95 %: 0.6% to 1.5%) held-out texts"
    )
    nothing = Rejection(0.05, "f.txt", 1000, 50, 1001, 51, "held_out", 0, 0, 3)
    assert rejection_in_words(decision, nothing).endswith("rejected 0 of 0 held-out texts")
