from collections import Counter

import numpy as np
import pytest

from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import corpus_statistics, count_tokens, texts_with_word
from drupelet_train.words.letters import LetterCounts
from drupelet_train.words.vocabulary import most_frequent

TEXTS = ("A film, a film!", "bad", "", "a cat.")
RULES = TrainConfig(tokenizer="alnum").text_rules()
LETTERS, NO_LETTERS = LetterCounts(Counter("z" * 20), Counter("abcdefghijkmmm")), LetterCounts(Counter(), Counter())
CORPUS = Corpus("a.csv", TEXTS, np.array([1, 0, 0, 1], np.int32), ("bad", "good"), np.array([0, 1, 2]), np.array([3]))


def test_frequencies_are_those_of_the_training_texts():
    counts = count_tokens(TEXTS, {"training": np.array([0, 1]), "held_out": np.array([3])}, RULES)
    assert counts.lengths.tolist() == [4, 1, 0, 2]
    assert counts.by_part["held_out"] == {"a": 1, "cat": 1}
    assert counts.frequencies == {"a": 2, "film": 2, "bad": 1}


def test_texts_that_have_a_word_are_counted_by_class():
    counts = texts_with_word(CORPUS, np.array([0, 1, 3]), ("a", "cat", "gone"), RULES)
    assert counts.tolist() == [[0, 0, 0], [2, 1, 0]]


def test_statistics():
    parts = {"training": np.array([0, 1]), "validation": np.array([2]), "held_out": np.array([3])}
    counts = count_tokens(TEXTS, parts, RULES)
    statistics = corpus_statistics(CORPUS, parts, counts, LETTERS, most_frequent(counts.frequencies, 4), max_tokens=3)
    assert statistics.to_json() == {
        "sha256": CORPUS.sha256(),
        "texts": 4,
        "parts": {
            "training": {"bad": 1, "good": 1},
            "validation": {"bad": 1, "good": 0},
            "held_out": {"bad": 0, "good": 1},
        },
        "words": 7,
        "words_per_text": 1.75,
        "tokens_per_text": {"mean": 1.75, "median": 1.5, "percentile_90": pytest.approx(3.4), "max": 4},
        "texts_without_tokens": 1,
        "texts_over_max_tokens": 1,
        "training_distinct_tokens": 3,
        "training_tokens_in_vocabulary": 0.8,
        "held_out_tokens_in_vocabulary": 0.5,
        "training_letters": 20,
        "dropped_letters": 14,
        "most_dropped": dict(zip("mabcdefghi", (3, 1, 1, 1, 1, 1, 1, 1, 1, 1), strict=True)),
    }


def test_texts_without_any_token_have_statistics():
    corpus = Corpus(
        "a.csv", ("", "!"), np.array([0, 1], np.int32), ("x", "y"), np.array([0, 1]), np.array([], np.int64)
    )
    parts = {"training": np.array([0, 1]), "held_out": corpus.held_out}
    counts = count_tokens(corpus.texts, parts, RULES)
    statistics = corpus_statistics(
        corpus, parts, counts, NO_LETTERS, most_frequent(counts.frequencies, 9), max_tokens=3
    )
    assert statistics.training_tokens_in_vocabulary == statistics.held_out_tokens_in_vocabulary == 0.0
    assert statistics.dropped_share == 0.0
    assert statistics.texts_without_tokens == 2
