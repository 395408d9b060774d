"""Ids follow the byte order of the words, and every text gets the same vectors as before."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import run_passes
from drupelet_export.passes.sort_vocabulary import SORT_VOCABULARY, is_sorted

UNSORTED = ("the", "film", "a", "good", "bad", "quiet")


def vectors(model, text):
    return model.embedding[model.ids(text)]


def test_words_are_sorted_and_rows_follow(random_model):
    before = random_model()
    after = run_passes(before, (SORT_VOCABULARY,))
    assert after.vocabulary == (None, None, "a", "bad", "film", "good", "quiet", "the")
    assert after.text_rules.unknown_id == 1
    text = "the quiet film a nothing"
    np.testing.assert_array_equal(vectors(before, text), vectors(after, text))


def test_the_input_is_not_edited(random_model):
    model = random_model()
    embedding = model.embedding.copy()
    run_passes(model, (SORT_VOCABULARY,))
    assert model.vocabulary[2] == "the"
    np.testing.assert_array_equal(model.embedding, embedding)


def test_applying_it_twice_equals_once(random_model):
    once = run_passes(random_model(), (SORT_VOCABULARY,))
    twice = run_passes(once, (SORT_VOCABULARY,))
    assert once.vocabulary == twice.vocabulary
    np.testing.assert_array_equal(once.embedding, twice.embedding)


@pytest.mark.parametrize(
    ("words", "unknown_id", "masking", "first"),
    [
        ((None, *UNSORTED[:5], None, "quiet"), 6, "mask", 2),  # unknown word in the middle
        ((None, None, *UNSORTED), None, "mask", 1),  # a row that nobody reaches
        ((None, *UNSORTED, "x"), 0, "mask", 1),  # unknown words are masked
        (("x", None, *UNSORTED), 1, "none", 2),  # padding shares the row of a word
        ((None, "x", *UNSORTED), 3, "mask", 2),  # unknown words share the row of a word
        ((None, None, *UNSORTED[:3], None, None, None), 1, "mask", 2),  # rows behind the vocabulary
        ((None,) * 8, 1, "mask", 2),  # no word at all
    ],
)
def test_reserved_rows_come_first_and_no_answer_changes(random_model, words, unknown_id, masking, first):
    before = random_model(words=words, unknown_id=unknown_id, masking=masking, padding="pre", max_tokens=5)
    after = run_passes(before, (SORT_VOCABULARY,))
    assert after.vocabulary[:first] == (None,) * first
    assert after.vocabulary[first:] == tuple(sorted(word for word in words if word))
    for text in ("", "the film x", "unheard of", "a x the good bad quiet film"):
        np.testing.assert_array_equal(vectors(before, text), vectors(after, text))
        np.testing.assert_allclose(evaluate_text(before, text), evaluate_text(after, text), atol=1e-12)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_any_words_ascend_by_their_bytes(random_model, words):
    model = random_model(words=(None, None, *sorted(words, reverse=True)))
    after = SORT_VOCABULARY.apply(model)
    encoded = [word.encode() for word in after.vocabulary if word is not None]
    assert encoded == sorted(word.encode() for word in words)
    assert is_sorted(after) is None


def test_a_word_that_is_masked_as_padding_is_refused(random_model):
    model = random_model(words=("the", None, *UNSORTED[1:], "x"))
    message = r"^pass 1 of 1, sort_vocabulary \(before it: none\): the word 'the' has id 0, which the model masks as padding; "
    with pytest.raises(ModelError, match=f"{message}add the missing empty first line to the vocabulary"):
        run_passes(model, (SORT_VOCABULARY,))


@pytest.mark.parametrize(
    ("vocabulary", "reason"),
    [
        ((None, "b", "a"), "the words do not ascend"),
        ((None, "a", None, "b"), "a row without a word is between words"),
        ((None, "\U00010000", "\uffff"), "the words do not ascend"),  # by bytes, not by UTF-16 units
        ((None, None, "a", "b"), None),
        ((None, None), None),
    ],
)
def test_unsorted_words_are_found(random_model, vocabulary, reason):
    assert is_sorted(replace(random_model(), vocabulary=vocabulary)) == reason
