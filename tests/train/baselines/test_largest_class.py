import numpy as np

from drupelet_train.baselines.largest_class import answer
from drupelet_train.baselines.questions import Question
from drupelet_train.words.token_texts import number_tokens


def question(labels):
    texts = number_tokens(["a"] * (len(labels) + 3), str.split)
    parts = {"validation": np.array([7]), "held_out": np.array([8, 9])}
    return Question(texts, len(labels), parts, np.array(labels, np.bool_), True)


def test_the_most_frequent_label_or_set_of_labels():
    asked = question([[1, 0], [0, 1], [0, 1]])
    assert answer(asked).tolist() == [[False, True]] * 3
    assert answer(question([[1, 1], [0, 0], [0, 0], [0, 1]])).tolist() == [[False, False]] * 3
