"""In the order of a .drupelet file ids follow the bytes of the words, and every text gets the same vectors as before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.model.description import check
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.model.quantized import values_of
from drupelet_export.passes import SCHEME_PASSES, run_passes
from export.changes import table_of

UNSORTED = ("the", "film", "a", "good", "bad", "quiet")


def vectors(model, text):
    return values_of(table_of(model))[model.ids(text)]


def test_words_are_sorted_and_rows_follow(random_model):
    before = random_model()
    after = in_rank_order(before)
    assert after.vocabulary == (None, None, "a", "bad", "film", "good", "quiet", "the")
    assert after.text_rules.unknown_id == 1
    text = "the quiet film a nothing"
    np.testing.assert_array_equal(vectors(before, text), vectors(after, text))


def test_the_input_is_not_edited(random_model):
    model = random_model()
    embedding = table_of(model).copy()
    in_rank_order(model)
    assert model.vocabulary[2] == "the"
    np.testing.assert_array_equal(table_of(model), embedding)


def test_a_model_in_that_order_stays_as_it_is(random_model):
    once = in_rank_order(random_model())
    twice = in_rank_order(once)
    assert (once.vocabulary, once.text_rules) == (twice.vocabulary, twice.text_rules)
    np.testing.assert_array_equal(table_of(once), table_of(twice))


@pytest.mark.parametrize(
    ("words", "unknown_id", "masking", "first"),
    [
        ((None, *UNSORTED[:5], None, "quiet"), 6, "mask", 2),  # unknown word in the middle
        ((None, None, *UNSORTED), None, "mask", 1),  # a row that nobody reaches
        ((None, *UNSORTED, "x"), 0, "mask", 1),  # unknown words are masked
        (("x", None, *UNSORTED), 1, "none", 2),  # padding shares the row of a word
        ((None, "x", *UNSORTED), 3, "mask", 2),  # unknown words share the row of a word
        ((None, None, *UNSORTED[:3], None, None, None), 1, "mask", 2),  # rows behind the vocabulary
        ((None, None, "", *UNSORTED), 1, "mask", 2),  # no text has the empty word
        ((None,) * 8, 1, "mask", 2),  # no word at all
    ],
)
def test_reserved_rows_come_first_and_no_answer_changes(random_model, words, unknown_id, masking, first):
    before = random_model(words=words, unknown_id=unknown_id, masking=masking, padding="pre", max_tokens=5)
    after = in_rank_order(before)
    check(after)
    assert after.vocabulary[:first] == (None,) * first
    assert after.vocabulary[first:] == tuple(sorted(word for word in words if word))
    for text in ("", "the film x", "unheard of", "a x the good bad quiet film"):
        np.testing.assert_array_equal(vectors(before, text), vectors(after, text))
        np.testing.assert_allclose(evaluate_text(before, text), evaluate_text(after, text), atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_rows_of_every_scheme_keep_their_numbers(random_model, scheme):
    words = (None, None, *(f"w{7 * number % 397:03}" for number in range(397)), None)
    before = run_passes(random_model(words=words, embedding_dim=6), SCHEME_PASSES[scheme])
    after = in_rank_order(before)
    assert type(table_of(after)) is type(table_of(before))
    assert table_of(after).shape == (399, 6)
    for text in ("", "w000 w396 w013", "qzx w200"):
        np.testing.assert_array_equal(vectors(before, text), vectors(after, text))


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_any_words_ascend_by_their_bytes(random_model, words):
    after = in_rank_order(random_model(words=(None, None, *sorted(words, reverse=True))))
    encoded = [word.encode() for word in after.vocabulary if word is not None]
    assert encoded == sorted(word.encode() for word in words)
