"""The one place where facts about texts become settings."""

from collections import Counter

import numpy as np

from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.settings_choice import Facts, choose_settings, facts_of

ENGLISH = Counter("abc" * 100)


def test_the_facts_are_those_of_the_training_texts():
    several = np.array([[1, 0], [1, 1]], np.float32)
    corpus = Corpus("a", ("ab", "z"), np.array([0, 1], np.int32), ("x", "y"), np.array([0]), np.array([1]), several)
    assert facts_of(corpus, np.array([0])) == Facts(1, 2, True, Counter("ab"))


def test_text_rules_suit_the_letters():
    assert choose_settings(TrainConfig(), Facts(9, 2, False, ENGLISH)).config == TrainConfig(tokenizer="alnum")
    named = choose_settings(TrainConfig(tokenizer="words"), Facts(9, 2, False, ENGLISH))
    assert named.config.tokenizer == "words"
    assert "auto would choose alnum" in named.reasons["tokenizer"]


def test_each_label_has_a_sigmoid_where_a_text_may_have_several():
    chosen = choose_settings(TrainConfig(), Facts(9, 2, True, ENGLISH))
    assert chosen.config.output == "sigmoids"
    assert chosen.reasons["output"] == "a text may have several labels, and each is decided alone"
    assert "output" not in choose_settings(TrainConfig(output="sigmoids"), Facts(9, 2, True, ENGLISH)).reasons
