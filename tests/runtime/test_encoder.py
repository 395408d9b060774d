from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.encoder import Encoder
from drupelet.errors import FormatError
from drupelet.graph import Graph
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.rank_ids import keras_ids_of_ranks, ranked_rules, reserved_rows
from drupelet.text.named import ALNUM
from drupelet.text.rules import KEEPS, Split, Substitute, TextRules
from drupelet.vocabulary import Vocabulary
from runtime.format_writer import table_vocabulary_file, vocabulary_file
from runtime.networks import chain


def network_of(rows: int, max_tokens: int | None, padding: str = "none") -> Graph:
    """A small network of so many rows."""
    return chain(Embedding(rows, 4), Reduce("sum"), Dense(2), max_tokens=max_tokens, padding=padding)


def encoder(unknown_id=None, padding="none", max_tokens=4, keep="head", first_id=2):
    rules = replace(ALNUM, max_tokens=max_tokens, keep=keep, unknown_id=unknown_id)
    network = network_of(5, max_tokens, padding)
    return Encoder(rules, Vocabulary(vocabulary_file(["bad", "film", "good"], first_id)), network)


def test_ids_and_how_many_are_words():
    assert encoder(unknown_id=1).encode("A good film!") == ([1, 4, 3], 2)


def test_unknown_words_are_dropped_before_the_cut_when_they_have_no_id():
    assert encoder().encode("x y z good film x bad bad bad") == ([4, 3, 2, 2], 4)


def test_unknown_words_with_an_id_are_cut_like_words():
    assert encoder(unknown_id=1).encode("x y z good film") == ([1, 1, 1, 4], 1)


def test_what_a_mask_removes_is_gone_but_took_part_in_the_cut():
    assert encoder(unknown_id=0).encode("x good y film bad") == ([4, 3], 2)


@pytest.mark.parametrize("text", ["", " \u2003\x85", "???"])
def test_no_token_at_all(text):
    assert encoder(unknown_id=1).encode(text) == ([], 0)
    assert encoder(padding="pre").encode(text) == ([0, 0, 0, 0], 0)


@pytest.mark.parametrize(
    ("padding", "ids"), [("pre", [0, 1, 4, 3]), ("post", [1, 4, 3, 0]), ("none", [1, 4, 3])]
)  # fmt: skip
def test_padding_fills_the_side_it_names(padding, ids):
    assert encoder(unknown_id=1, padding=padding).encode("x good film") == (ids, 2)


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_id_0_of_unknown_words_stays_where_padding_is_not_masked(padding):
    assert encoder(unknown_id=0, padding=padding).encode("x good y film bad") == ([0, 4, 0, 3], 2)


@pytest.mark.parametrize(
    ("keep", "ids"), [("head", [2, 3, 4, 2]), ("tail", [4, 2, 3, 3]), ("ends", [2, 3, 3, 3])]
)  # fmt: skip
def test_what_is_kept_of_a_longer_text(keep, ids):
    assert encoder(keep=keep).encode("bad film good bad film film") == (ids, 4)


def test_no_limit():
    assert encoder(max_tokens=None).encode("good " * 1000) == ([4] * 1000, 1000)


def test_ids_of_a_table_and_words_that_share_a_reserved_id():
    ids = {"bad": 1, "film": 7, "good": 3}
    rules = replace(ALNUM, start_id=1, end_id=3, unknown_id=7, max_tokens=6)
    network = network_of(9, 6)
    ours = Encoder(rules, Vocabulary(table_vocabulary_file(ids, 9)), network)
    assert ours.encode("A good film, bad") == ([1, 7, 3, 7, 1, 3], 3)
    assert ours.encode("good good x good good good film") == ([1, 3, 3, 7, 3, 3], 4)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["bad", "film", "good", "x"]), max_size=9),
    *[st.none() | st.integers(0, 3)] * 3,
    st.none() | st.integers(1, 6),
    st.sampled_from(KEEPS),
)
def test_n_tokens_is_the_same_for_both_kinds_of_vocabulary(words, start_id, end_id, unknown_id, max_tokens, keep):
    rules = replace(ALNUM, start_id=start_id, end_id=end_id, unknown_id=unknown_id, max_tokens=max_tokens, keep=keep)
    network = network_of(9, max_tokens)
    table = Vocabulary(table_vocabulary_file({"bad": 7, "film": 3, "good": 5}, 9))
    of_keras = Encoder(rules, table, network).encode(" ".join(words))
    rank = Vocabulary(vocabulary_file(["bad", "film", "good"], len(reserved_rows(rules))))
    of_file = Encoder(ranked_rules(rules), rank, network).encode(" ".join(words))
    assert of_file.n_tokens == of_keras.n_tokens
    keras_ids = keras_ids_of_ranks(rules, table)
    assert [keras_ids[number] for number in of_file.ids] == of_keras.ids


def test_a_word_that_has_id_0_is_masked_like_padding_but_counts_as_known():
    assert encoder(first_id=0).encode("bad film") == ([1], 2)


def test_a_file_with_a_pattern_that_is_none():
    rules = TextRules("bad", (Substitute("a*", ""), Split("ascii")))
    network = network_of(3, None)
    with pytest.raises(
        FormatError, match=r"^text rules: pattern 'a\*', character 0: the pattern can match the empty text"
    ):
        Encoder(rules, Vocabulary(vocabulary_file(["a"], 2)), network)


@pytest.mark.parametrize(
    ("unknown_id", "start_id", "asked"),
    [
        (1, None, "x bad x good"),
        (1, 1, "x bad x"),
        (None, None, "x bad x good bad film"),
        (None, 1, "x bad x good bad"),
    ],
)
def test_words_behind_the_cut_are_not_looked_up(unknown_id, start_id, asked):
    """As in the C kernel: of a vocabulary with a damaged block, both refuse the same texts."""
    rules = replace(ALNUM, max_tokens=4, unknown_id=unknown_id, start_id=start_id)
    vocabulary = Vocabulary(vocabulary_file(["bad", "film", "good"], 2))
    ours = Encoder(rules, vocabulary, network_of(5, 4))
    looked_up = []
    id_of = vocabulary.id_of
    vocabulary.id_of = lambda word: looked_up.append(word) or id_of(word)
    text = "x bad x good bad film film bad"
    whole = [id_of(word) for word in text.split()]
    assert ours.encode(text) == (rules.ids(whole), rules.known(whole))
    assert looked_up == asked.split()
