from dataclasses import replace

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import corpus_statistics
from drupelet_train.text_settings import described, settle
from drupelet_train.words.vocabulary import most_frequent

ENGLISH, RUSSIAN = (
    ("a good film", "a bad film"),
    (
        "\u0445\u043e\u0440\u043e\u0448\u0438\u0439 \u0444\u0438\u043b\u044c\u043c",
        "\u043f\u043b\u043e\u0445\u043e\u0439 \u0444\u0438\u043b\u044c\u043c",
    ),
)
PARTS = {"training": np.array([0, 1]), "validation": np.array([2]), "held_out": np.array([3])}


def corpus_of(*texts):
    return Corpus("a.csv", texts, np.array([0, 1, 0, 1], np.int32), ("x", "y"), np.array([0, 1, 2]), np.array([3]))


def test_a_named_tokenizer_stays():
    settings = settle(TrainConfig(tokenizer="words"), corpus_of(*RUSSIAN * 2), PARTS)
    assert (settings.config.tokenizer, settings.reason) == ("words", "the configuration names it")
    other = settle(TrainConfig(tokenizer="tokenizer"), corpus_of(*ENGLISH * 2), PARTS)
    assert other.config.tokenizer == "tokenizer"
    assert other.reason.startswith("the configuration names it; auto would choose alnum, because all of the letters")


def test_the_training_texts_alone_decide():
    held_out_is_russian = settle(TrainConfig(), corpus_of(*ENGLISH, ENGLISH[0], RUSSIAN[0]), PARTS)
    assert held_out_is_russian.config == TrainConfig(tokenizer="alnum")
    held_out_is_english = settle(TrainConfig(), corpus_of(*RUSSIAN, RUSSIAN[0], ENGLISH[0]), PARTS)
    assert held_out_is_english.config == TrainConfig(tokenizer="words")


def test_texts_that_teach_nothing_are_refused():
    with pytest.raises(InputError, match=r"a\.csv: the tokenizer 'alnum' drops 100 % of the letters"):
        settle(TrainConfig(tokenizer="alnum"), corpus_of(*RUSSIAN * 2), PARTS)
    with pytest.raises(
        InputError, match=r"a\.csv: 100 % of the words that the tokenizer 'alnum' finds in validation texts"
    ):
        settle(TrainConfig(), corpus_of(*ENGLISH, "so it goes", "and on"), PARTS)


def test_the_lines_say_what_the_rules_make_of_the_texts():
    corpus = corpus_of("a caf\u00e9 \u00e9", "so bad", "a b", "bad !")
    settings = settle(TrainConfig(tokenizer="alnum"), corpus, PARTS)
    vocabulary = most_frequent(settings.counts.frequencies, 3)
    statistics = corpus_statistics(corpus, PARTS, settings.counts, settings.letters, vocabulary, 9)
    assert described(replace(settings, reasons={"tokenizer": "it is named", "output": "so"}), statistics) == (
        "text rules alnum: it is named",
        "output softmax: so",
        "letters dropped: 18 % of 11 (most often \u00e9); texts without a word: 0 of 4; unknown words in held-out texts: 100 %",
    )
