import numpy as np
import pytest

from drupelet.labelled_rows import Columns
from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.corpora.reading import Reading
from drupelet_train.judging.evaluations import evaluate_part


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"t{n},{'xyz'[n % 3]}\n" for n in range(12)))
    return read_corpus(str(tmp_path / "a.csv"))


def test_answers_are_judged_as_those_of_a_bundle(corpus):
    rows = np.array([0, 1, 2, 3])
    answers = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.2, 0.5, 0.3]], np.float32)
    found = evaluate_part(corpus, rows, answers, np.array([1, 0, 2, 3]))
    assert (found.accuracy.n, found.accuracy.correct, found.without_words) == (4, 2, 1)
    assert found.confusion == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert [(one.line, one.text, one.labels, one.answered) for one in found.mistakes] == [
        (2, "t1", ("y",), ("x",)),
        (4, "t3", ("x",), ("y",)),
    ]


def test_an_answer_that_is_no_number_is_counted(corpus):
    found = evaluate_part(corpus, np.array([1]), np.full((1, 3), np.nan, np.float32), np.array([0]))
    assert (found.not_numbers, found.accuracy.correct) == (1, 0)


def test_several_labels_are_right_together_or_not_at_all(tmp_path):
    sets = ["a|b", "a", "b", "", "a|b", "a", "b", "a", "b", "a|b"] * 3
    (tmp_path / "m.csv").write_text("text,label\n" + "".join(f"t{n},{names}\n" for n, names in enumerate(sets)))
    corpus = read_corpus(str(tmp_path / "m.csv"), reading=Reading(Columns(several=True)))
    found = evaluate_part(corpus, np.array([0, 1]), np.array([[0.9, 0.8], [0.9, 0.7]], np.float32), np.array([1, 1]))
    assert found.accuracy.correct == 1
    assert found.confusion is None
    assert [mistake.answered for mistake in found.mistakes] == [("a", "b")]


def test_nothing_is_not_evaluated(corpus):
    with pytest.raises(ValueError, match="nothing to evaluate"):
        evaluate_part(corpus, np.array([], np.int64), np.zeros((0, 3), np.float32), np.array([], np.int64))
