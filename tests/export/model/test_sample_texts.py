"""Sampled texts are the same every time, consist of the vocabulary, and have the lengths that the model reads."""

import pytest

from drupelet_export.model.sample_texts import SAMPLED_TEXT_WORDS, SAMPLED_TEXTS, UNKNOWN_SHARE, sample_texts


def test_they_are_the_same_every_time(random_model):
    assert sample_texts(random_model()) == sample_texts(random_model(seed=1))
    assert len(sample_texts(random_model())) == SAMPLED_TEXTS


def test_their_words_are_of_the_vocabulary_and_some_are_not(random_model):
    model = random_model()
    words = " ".join(sample_texts(model)).split()
    assert set(words) == {"the", "film", "a", "good", "bad", "quiet", model.out_of_vocabulary_word}
    assert words.count(model.out_of_vocabulary_word) / len(words) == pytest.approx(UNKNOWN_SHARE, abs=0.01)


@pytest.mark.parametrize(("max_tokens", "longest"), [(None, SAMPLED_TEXT_WORDS), (4, 9), (10_000, SAMPLED_TEXT_WORDS)])
def test_some_texts_are_longer_than_the_limit_and_none_is_empty(random_model, max_tokens, longest):
    lengths = [len(text.split()) for text in sample_texts(random_model(max_tokens=max_tokens))]
    assert (min(lengths), max(lengths)) == (1, longest)


def test_a_vocabulary_without_words(random_model):
    model = random_model(words=(None, None))
    assert set(" ".join(sample_texts(model)).split()) == {"word", model.out_of_vocabulary_word}
