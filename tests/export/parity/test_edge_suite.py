"""The edge suite names odd texts, the same ones every time, for any vocabulary."""

from dataclasses import replace

import pytest

from drupelet.goldens import MAX_TEXT_CHARACTERS
from drupelet_export.parity.edge_suite import LONG_TEXT_TOKENS, edge_suite


def test_names_are_distinct_and_texts_are_the_same_every_time(random_model):
    suite = edge_suite(random_model())
    assert len({edge.name for edge in suite}) == len(suite) >= 20
    assert suite == edge_suite(random_model())


@pytest.mark.parametrize("max_tokens", [1, 2, 5, 250])
def test_texts_around_max_tokens_have_these_numbers_of_tokens(random_model, max_tokens):
    model = random_model(max_tokens=max_tokens)
    split = model.words_of
    counts = {edge.name: len(split(edge.text * edge.times)) for edge in edge_suite(model)}
    assert counts["empty"] == counts["white space only"] == counts["punctuation only"] == 0
    assert counts["one token"] == 1
    assert counts["exactly max_tokens"] == max_tokens
    assert counts["one more than max_tokens"] == max_tokens + 1
    assert counts.get("one less than max_tokens", counts.get("no token")) == max_tokens - 1
    assert counts["head and tail differ"] == 3 * max_tokens
    assert counts[f"{LONG_TEXT_TOKENS} tokens"] == LONG_TEXT_TOKENS


def test_the_long_text_of_a_network_without_a_limit_has_many_words(random_model):
    words = (None, None, *(f"word{number}" for number in range(500)))
    model = random_model(max_tokens=None, words=words)
    (edge,) = [edge for edge in edge_suite(model) if edge.name == f"{LONG_TEXT_TOKENS} tokens"]
    found = model.words_of(edge.text * edge.times)
    assert len(found) == LONG_TEXT_TOKENS
    assert set(found) == set(words[2:])


@pytest.mark.parametrize("most_tokens", [0, 1, 5, 999, 1_000, 2_500])
def test_no_text_is_longer_than_can_be_read(random_model, most_tokens):
    model = random_model(max_tokens=None, words=(None, None, *(f"word{number}" for number in range(500))))
    lengths = {edge.name: len(model.ids(edge.text * edge.times)) for edge in edge_suite(model, most_tokens)}
    longest = most_tokens if most_tokens < 1_000 else most_tokens // 1_000 * 1_000
    assert max(lengths.values()) <= most_tokens
    assert lengths[f"{longest} tokens"] == longest
    assert edge_suite(random_model(max_tokens=9), most_tokens) == edge_suite(random_model(max_tokens=9))


def test_the_text_without_known_words_has_none(random_model):
    model = random_model()
    (edge,) = [edge for edge in edge_suite(model) if edge.name == "no known word"]
    assert set(model.ids(edge.text)) <= {1}


@pytest.mark.parametrize("words", [(None, None), (None, None, "\u732b", "\u72ac"), (None, None, "don't", "film")])
def test_any_vocabulary_has_a_suite(random_model, words):
    suite = edge_suite(random_model(words=words))
    assert all(edge.times * len(edge.text) <= MAX_TEXT_CHARACTERS for edge in suite)


def test_a_vocabulary_of_very_long_words_stays_below_the_limit_of_a_golden(random_model):
    model = replace(random_model(), vocabulary=(None, None, *(letter * 300 for letter in "abcdef")))
    assert all(edge.times * len(edge.text) <= MAX_TEXT_CHARACTERS for edge in edge_suite(model))


def test_shorter_words_are_preferred_to_long_ones(random_model):
    model = replace(random_model(), vocabulary=(None, None, "a" * 300, "film", "z" * 300, *"bcd"))
    names = {edge.name for edge in edge_suite(model)}
    assert names == {edge.name for edge in edge_suite(random_model())}


def test_a_suite_of_a_huge_max_tokens_stays_below_the_limit_of_a_golden(random_model):
    suite = edge_suite(random_model(max_tokens=1 << 24))
    assert len(suite) > 15
    assert all(edge.times * len(edge.text) <= MAX_TEXT_CHARACTERS for edge in suite)
