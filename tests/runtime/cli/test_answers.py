"""How answers are spelled, and what is kept until an answer is there."""

import math

import pytest

from drupelet.cli.answers import Kept, answer_line, answer_object, texts_of_json, top_labels
from drupelet.errors import InputError
from drupelet.prediction import Prediction

LABELS = ("a", "b", "c")


def answer(*probabilities):
    return Prediction(("b", probabilities[1], probabilities, 2))


def test_the_first_of_equal_labels_comes_first_and_no_number_last():
    assert top_labels(answer(0.25, 0.5, 0.25), LABELS, 2) == [("b", 0.5), ("a", 0.25)]
    found = top_labels(answer(math.nan, 0.5, 0.25), LABELS, 3)
    assert [label for label, _ in found] == ["b", "c", "a"]


def test_a_line_has_pairs_and_then_the_text():
    assert answer_line(answer(0.25, 0.5, 0.25), LABELS) == "b\t0.500000\n"
    assert answer_line(answer(0.25, 0.5, 0.25), LABELS, 2, b"x\ty") == "b\t0.500000\ta\t0.250000\tx\\ty\n"


@pytest.mark.parametrize("several", [(), ((),)])
def test_a_rejected_text_is_marked(several):
    rejected = Prediction((None, 0.5, (0.25, 0.5, 0.25), 2, *several))
    assert answer_line(rejected, LABELS) == "(rejected)\t0.500000\n"
    assert answer_line(rejected, LABELS, 2, b"x") == "(rejected)\t0.500000\tb\t0.500000\ta\t0.250000\tx\n"
    found = answer_object(rejected, LABELS, 1)
    assert (found["label"], found["rejected"], found["probabilities"]) == (None, True, [0.25, 0.5, 0.25])
    assert found["top"] == [{"label": "b", "probability": 0.5}]
    assert found.get("labels") == ([] if several else None)
    assert "rejected" not in answer_object(answer(0.25, 0.5, 0.25), LABELS)


def test_labels_that_hold_have_their_own_probabilities():
    prediction = Prediction(("b", 0.6, (0.3, 0.6, 0.1), 2, ("a",)))  # the threshold of b is higher than 0.6
    assert answer_line(prediction, LABELS) == "a\t0.300000\n"


def test_an_object_has_null_for_what_is_no_number():
    found = answer_object(answer(math.nan, 0.5, math.inf), LABELS, 3, b"x")
    assert found["probabilities"] == [None, 0.5, None]
    assert (found["text"], found["top"][2]) == ("x", {"label": "a", "probability": None})


def test_what_is_kept_comes_back_in_order():
    kept = Kept(iter([("one", b"1"), ("two", b"2"), ("three", b"3")]))
    texts = iter(kept)
    assert [next(texts), next(texts)] == [b"1", b"2"]
    assert kept.take(1) == ["one"]
    assert list(texts) == [b"3"]
    assert kept.take(2) == ["two", "three"]


def test_texts_of_json_name_the_line():
    lines = iter([b'{"text": "x", "n": 1}', b'"y"', b"7"])
    texts = texts_of_json(lines, "stdin")
    assert [next(texts), next(texts)] == [({"text": "x", "n": 1}, b"x"), ({"text": "y"}, b"y")]
    with pytest.raises(InputError, match="stdin: line 3: 7 has no string 'text'"):
        next(texts)
