from collections import Counter

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet.text.named import named_rules
from drupelet.text.words import splitter
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.learnability import check_learnable, check_new_words
from drupelet_train.words.letters import LetterCounts, count_letters, dropped_letters


def check(texts, label_ids, tokenizer="alnum", training=None):
    rules = named_rules(tokenizer)
    training = np.arange(len(texts)) if training is None else np.array(training)
    letters = count_letters(texts[index] for index in training)
    lengths = np.array([len(splitter(rules)(text)) for text in texts])
    corpus = Corpus("a.csv", tuple(texts), np.array(label_ids, np.int32), ("bad", "good"), training, np.array([], int))
    check_learnable(corpus, training, lengths, LetterCounts(letters, dropped_letters(letters, rules)), rules)


def test_texts_with_words_in_every_class_can_be_learned_from():
    check(["a film", "", "bad", "so"], [0, 0, 1, 1])
    check(["\u0444", "!", "\u0436", "\u0437"], [0, 0, 1, 1], "words")


def test_most_letters_dropped_is_refused():
    with pytest.raises(
        InputError,
        match=r"a\.csv: the tokenizer 'alnum' drops 75 % of the letters of the training texts, most often \u0444 \u0436; "
        r'expected at most 50 %: set tokenizer = "words" in the configuration, or "auto", which chooses it for these texts$',
    ):
        check(["\u0444\u0444a", "\u0436"], [0, 1])
    check(["\u0444a", "\u0436b"], [0, 1])  # half of them


def test_texts_without_a_word_are_refused():
    with pytest.raises(
        InputError, match=r"a\.csv: the tokenizer 'alnum' finds no word in any training text; expected .* \"char"
    ):
        check(["!", "?", "a"], [0, 1, 1], training=[0, 1])
    with pytest.raises(
        InputError, match=r"finds no word in 2 of 3 training texts; expected at most 50 % without a word: look at"
    ):
        check(["!", "a", "?"], [0, 1, 1])


def test_a_class_without_a_word_is_named():
    with pytest.raises(
        InputError,
        match=r"no word in any training text of the class 'bad'; expected words in some of them: look at the texts, or drop",
    ):
        check(["!", "a", "b", "?"], [0, 1, 1, 0])
    with pytest.raises(
        InputError, match=r"of the class 'bad'; expected words in some of them: look at the texts, or drop"
    ):
        check(["!", "a", "b", "?"], [0, 1, 1, 0], "words")  # alnum would find none there either


def test_words_that_never_come_again_are_refused():
    rules = named_rules("words")
    text = "\u8fd9\u90e8\u7535\u5f71"
    letters = LetterCounts(count_letters([text]), Counter())
    check_new_words("a.csv", Counter("ab"), Counter({"a": 1, "z": 19}), letters, rules)
    check_new_words("a.csv", Counter("ab"), Counter(), letters, rules)
    with pytest.raises(
        InputError,
        match=r"a\.csv: 95 % of the words that the tokenizer 'words' finds in validation texts stand "
        r'in no training text; expected at most 95 %, or the model learns nothing of use: set .* "char.* give more texts$',
    ):
        check_new_words("a.csv", Counter("ab"), Counter({"a": 1, "z": 20}), letters, rules)
