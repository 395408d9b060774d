"""fastText stands in an environment of its own, if anywhere: a module that records what it is asked takes its place."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from drupelet_train.baselines.fasttext_classifier import answer
from drupelet_train.baselines.questions import BaselineError, Question
from drupelet_train.words.token_texts import number_tokens


def question(each=False, weights=None):
    texts = number_tokens(["a b", "c", "a a", "d"], lambda line: line.replace(" ", " \n ").split(" "))
    return Question(texts, 2, {"held_out": np.array([2, 3])}, np.array([[True, each], [False, True]]), each, weights)


@pytest.fixture
def trained(monkeypatch):
    """What fastText was trained with: its settings and the lines of its file."""
    seen = {}

    def train_supervised(**settings):
        seen.update(settings, lines=sorted(Path(settings["input"]).read_text(encoding="utf-8").splitlines()))
        return SimpleNamespace(predict=lambda lines, k, threshold: seen.update(asked=(lines, k, threshold)) or ANSWERS)

    monkeypatch.setitem(sys.modules, "fasttext", SimpleNamespace(train_supervised=train_supervised))
    return seen


ANSWERS = ([["__label__1"], ["__label__0"]], None)


def test_it_learns_the_training_texts_and_answers_the_others(trained):
    assert answer(question()).tolist() == [[False, True], [True, False]]
    assert trained["lines"] == ["__label__0 a  b", "__label__1 c"]
    assert (trained["loss"], trained["epoch"], trained["asked"]) == ("softmax", 25, (["a  a", "d"], 1, 0.0))


def test_each_label_is_decided_alone_where_a_text_may_have_several(trained):
    answer(question(each=True))
    assert trained["lines"] == ["__label__0 __label__1 a  b", "__label__1 c"]
    assert (trained["loss"], trained["asked"][1:]) == ("ova", (-1, 0.5))


def test_a_text_of_a_large_weight_is_written_often(trained):
    answer(question(weights=np.array([3.0, 1.0], np.float32)))
    assert trained["lines"] == ["__label__0 a  b"] * 3 + ["__label__1 c"]


def test_without_a_fasttext_that_trains_there_is_no_answer(monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", SimpleNamespace())
    assert answer(question()) is None
    monkeypatch.setitem(sys.modules, "fasttext", None)
    assert answer(question()) is None


def test_another_learning_rate_is_tried_before_it_fails(monkeypatch):
    tried = []

    def train_supervised(**settings):
        tried.append(settings["lr"])
        if settings["lr"] > wrong_above:
            raise RuntimeError("Encountered NaN.")
        return SimpleNamespace(predict=lambda lines, k, threshold: ANSWERS)

    monkeypatch.setitem(sys.modules, "fasttext", SimpleNamespace(train_supervised=train_supervised))
    wrong_above = 0.2
    assert answer(question()).tolist() == [[False, True], [True, False]]
    assert tried == [0.5, 0.1]
    wrong_above = 0.0
    with pytest.raises(BaselineError, match=r"fastText cannot be trained on these texts \(Encountered NaN\.\)"):
        answer(question())
