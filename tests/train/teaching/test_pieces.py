from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.named import named_rules
from drupelet.text.rules import KEEPS
from drupelet_train.teaching import pieces as pieces_module
from drupelet_train.teaching.pieces import concatenated, crops, mixtures, piece_ids, token_runs, whole_texts
from drupelet_train.words.token_texts import number_tokens

TEXTS = number_tokens(["a b c d e f g h", "i", "", "j k l"], str.split)
ROWS = np.array([0, 1, 3])


def words(pieces, piece):
    return [
        TEXTS.words[TEXTS.numbers[token]]
        for start, stop in zip(pieces.starts[piece], pieces.stops[piece], strict=True)
        for token in range(start, stop)
    ]


def test_whole_texts_are_whole():
    pieces = whole_texts(TEXTS, np.array([3, 2]))
    assert (words(pieces, 0), words(pieces, 1)) == (["j", "k", "l"], [])
    assert pieces.lengths.tolist() == [3, 0]


def test_crops_are_runs_of_their_text():
    generator = np.random.default_rng(1)
    seen = set()
    for _ in range(200):
        pieces = crops(TEXTS, ROWS, 2, 4, generator)
        assert pieces.texts[:, 0].tolist() == [0, 1, 3]
        assert all("".join(words(pieces, piece)) in text for piece, text in enumerate(("abcdefgh", "i", "jkl")))
        assert words(pieces, 1) == ["i"]
        seen.add("".join(words(pieces, 0)))
    assert seen == {"abcdefgh"[start : start + length] for length in (2, 3, 4) for start in range(9 - length)}


def test_no_crop_is_longer_than_the_longest():
    assert crops(TEXTS, ROWS, 5, 2, np.random.default_rng(1)).lengths.tolist() == [2, 1, 2]


def test_mixtures_are_one_behind_the_other():
    whole = whole_texts(TEXTS, ROWS)
    mixed = mixtures(whole, whole.select(np.array([2, 0, 1])))
    assert words(mixed, 1) == ["i", *"abcdefgh"]
    together = concatenated([whole, mixed])
    assert [words(together, piece) for piece in range(6)] == [words(whole, p) for p in range(3)] + [
        words(mixed, p) for p in range(3)
    ]
    assert together.lengths.tolist() == [8, 1, 3, 11, 9, 4]


def test_token_runs():
    tokens, owners = token_runs(np.array([3, 7, 0]), np.array([5, 7, 1]))
    assert (tokens.tolist(), owners.tolist()) == ([3, 4, 0], [0, 0, 2])


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("keep", KEEPS)
@given(max_tokens=st.integers(1, 12), order=st.permutations([0, 1, 2, 3]))
def test_ids_are_cut_and_padded_as_the_tokenizer_does(keep, padding, max_tokens, order):
    ids = np.arange(2, 2 + len(TEXTS.words), dtype=np.int32)
    whole = whole_texts(TEXTS, np.array(order))
    pieces = concatenated([whole, mixtures(whole, whole.select(np.array([1, 2, 3, 0])))])
    rules = replace(named_rules("alnum"), max_tokens=max_tokens, keep=keep, unknown_id=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pieces_module, "PIECES_AT_ONCE", 3)
        matrix = piece_ids(TEXTS, pieces, ids, max_tokens, keep, padding)
    assert matrix.dtype == np.int32
    for piece, row in enumerate(matrix.tolist()):
        expected = rules.cut([int(ids[TEXTS.words.index(word)]) for word in words(pieces, piece)])
        filler = [0] * (max_tokens - len(expected))
        assert row == (filler + expected if padding == "pre" else expected + filler)
