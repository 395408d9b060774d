import numpy as np

from drupelet_train.baselines.questions import Question, one_label
from drupelet_train.words.token_texts import number_tokens


def test_the_answers_of_the_parts_are_told_apart():
    parts = {"validation": np.array([7]), "held_out": np.array([8, 9])}
    question = Question(number_tokens(["a"] * 4, str.split), 1, parts, np.array([[True, False]]), False)
    answers = np.array([[True, False], [False, True], [True, True]])
    assert {part: rows.tolist() for part, rows in question.split(answers).items()} == {
        "validation": [[True, False]],
        "held_out": [[False, True], [True, True]],
    }


def test_the_first_of_equal_scores_is_answered():
    assert one_label(np.array([[0.5, 0.5], [0.1, 0.2]])).tolist() == [[True, False], [False, True]]
