"""The one place where facts about texts become settings."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from drupelet.text.named import named_rules
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus
from drupelet_train.corpora.corpus_statistics import count_tokens
from drupelet_train.settings_choice import CHOSEN, Facts, choose_settings, facts_of
from drupelet_train.words.letters import count_letters

ENGLISH, GERMAN = Counter("abc" * 100), Counter("ab\u00e4" * 100)
FEW = Facts(9, 2, False, ENGLISH, 12, 30, 20)


def test_the_facts_are_those_of_the_training_texts():
    several = np.array([[1, 0], [1, 1]], np.float32)
    texts = ("ab ab c", "z z z z")
    corpus = Corpus("a", texts, np.array([0, 1], np.int32), ("x", "y"), np.array([0]), np.array([1]), several)
    parts = {"training": np.array([0]), "held_out": np.array([1])}
    counts = count_tokens(texts, parts, named_rules("alnum"))
    facts = facts_of(corpus, parts["training"], count_letters(texts[:1]), counts)
    assert facts == Facts(1, 2, True, Counter("ababc"), 3, 2, 1)


def test_text_rules_suit_the_letters():
    assert choose_settings(TrainConfig(), FEW).config == TrainConfig(tokenizer="alnum")
    named = choose_settings(TrainConfig(tokenizer="words"), FEW)
    assert named.config.tokenizer == "words"
    assert "auto would choose alnum" in named.reasons["tokenizer"]


def test_each_label_has_a_sigmoid_where_a_text_may_have_several():
    several = replace(FEW, several_labels=True)
    chosen = choose_settings(TrainConfig(), several)
    assert chosen.config.output == "sigmoids"
    assert chosen.reasons["output"] == "a text may have several labels, and each is decided alone"
    assert "output" not in choose_settings(TrainConfig(output="sigmoids"), several).reasons


def chosen_for(**changes):
    return choose_settings(TrainConfig(), replace(FEW, **changes), CHOSEN)


def test_settings_are_chosen_with_a_reason_each_where_they_are_open():
    chosen = chosen_for()
    assert set(chosen.reasons) == {"tokenizer", *CHOSEN}
    assert all(reason and not reason.endswith(".") for reason in chosen.reasons.values())
    kept = choose_settings(
        TrainConfig(units=7, epochs=3), FEW, [name for name in CHOSEN if name not in ("units", "epochs")]
    )
    assert kept.config == replace(chosen.config, units=7, epochs=3)
    assert not {"units", "epochs"} & set(kept.reasons)


def test_nothing_is_chosen_where_a_configuration_is_given():
    config = TrainConfig(tokenizer="alnum", pooling="average")
    assert choose_settings(config, FEW).config == config


@pytest.mark.parametrize(
    "changes", [{}, {"texts": 100_000}, {"labels": 100}, {"longest": 5_000}, {"several_labels": True}]
)
def test_equal_facts_choose_alike(changes):
    assert chosen_for(**changes) == chosen_for(**changes)


def test_a_model_reads_as_much_as_nearly_all_texts_have():
    assert chosen_for(longest=12).config.max_tokens == 16
    assert chosen_for(longest=50).config.max_tokens == chosen_for(longest=50).config.training_tokens == 50
    long = chosen_for(longest=5_000).config
    assert (long.max_tokens, long.training_tokens) == (1_000, 400)


def test_words_have_glove_vectors_in_english_alone():
    assert chosen_for().config.embedding == "glove-6b-50d"
    german = chosen_for(letters=GERMAN).config
    assert (german.tokenizer, german.embedding) == ("words", "random")


def test_the_vocabulary_grows_with_the_words():
    sizes = [chosen_for(words=words).config.vocabulary_size for words in (30, 3_000, 300_000)]
    assert sizes == [1_000, 3_002, 20_000]


def test_several_labels_have_no_teacher():
    assert chosen_for().config.teacher == "ngram"
    several = chosen_for(several_labels=True).config
    assert (several.teacher, several.crops) == ("none", 0)


def test_many_labels_have_more_units():
    assert chosen_for(labels=20).config.units > chosen_for(labels=3).config.units


def test_more_texts_have_fewer_epochs():
    epochs = [chosen_for(texts=texts).config.epochs for texts in (200, 2_000, 20_000, 200_000)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[2]
