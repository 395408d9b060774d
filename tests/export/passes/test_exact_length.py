"""Leaving out masked ids does not change the answer, for any padding."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.text.rules import KEEPS
from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.passes import run_passes
from drupelet_export.passes.eliminate_mask import ELIMINATE_MASK


def without_mask(model):
    return run_passes(model, (ELIMINATE_MASK,))


def test_the_mask_is_removed(random_model):
    after = without_mask(random_model(max_tokens=5))
    assert (after.masking, after.pool_zero_below) == ("exact", None)
    assert after.architecture().padding == "none"


def test_a_model_without_mask_stays_as_it_is(random_model):
    model = random_model(masking="none", padding="pre", max_tokens=4)
    assert without_mask(model) is model


def test_applying_it_twice_equals_once(random_model):
    once = without_mask(random_model(pooling="max", padding="pre", max_tokens=4))
    assert without_mask(once) is once


@pytest.mark.parametrize(
    ("layer", "padding", "zero_output_for_mask", "expected"),
    [
        ("lstm forward", "pre", False, 6),
        ("lstm forward", "post", False, None),
        ("lstm forward", "post", True, 6),
        ("gru bidirectional", "post", False, 6),
    ],
)
def test_a_maximum_includes_the_zeros_of_masked_steps(random_model, layer, padding, zero_output_for_mask, expected):
    model = random_model(
        (layer,), "max", padding=padding, max_tokens=6, zero_output_for_mask=zero_output_for_mask
    )  # fmt: skip
    assert without_mask(model).pool_zero_below == expected


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("layers", [("lstm forward",), ("gru backward",), ("lstm bidirectional", "gru forward")])
@given(
    text=st.lists(st.integers(1, 7), max_size=6),
    padding=st.sampled_from(["pre", "post"]),
    max_tokens=st.integers(6, 9),
    zero_output_for_mask=st.booleans(),
)
@settings(max_examples=15, deadline=None)
def test_padding_never_changes_the_answer_of_a_masked_model(
    random_model, layers, pooling, text, padding, max_tokens, zero_output_for_mask
):
    if pooling == "max" and layers == ("gru backward",):
        layers = ("gru forward",)  # a plain backward layer gives no sequence in the grammar
    model = random_model(
        layers, pooling, padding=padding, max_tokens=max_tokens, zero_output_for_mask=zero_output_for_mask
    )
    filling = [0] * (max_tokens - len(text))
    padded = filling + text if padding == "pre" else text + filling
    after = without_mask(model)
    np.testing.assert_allclose(evaluate_ids(after, text), evaluate_ids(model, padded), atol=1e-12)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_masked_steps_in_the_middle_only_add_zeros_to_a_maximum(random_model, ids):
    for pooling in ("last", "average", "max"):
        model = random_model(("lstm bidirectional",), pooling, padding="pre", max_tokens=8, unknown_id=0)
        padded = [0] * (8 - len(ids)) + ids
        after = without_mask(model)
        left = [row for row in ids if row]
        np.testing.assert_allclose(evaluate_ids(after, left), evaluate_ids(model, padded), atol=1e-12)


@pytest.mark.parametrize("missing", [{"padding": None}, {"max_tokens": None}])
def test_a_maximum_over_padding_of_unknown_length_is_refused(random_model, missing):
    model = random_model(pooling="max", **{"padding": "pre", "max_tokens": 4, **missing})
    message = r"^pass 1 of 1, eliminate_mask \(before it: none\): GlobalMaxPooling1D pools over masked steps too"
    with pytest.raises(ModelError, match=f"{message}; give --padding and --max-tokens$"):
        without_mask(model)


def test_a_maximum_over_masked_unknown_words_is_refused(random_model):
    model = random_model(pooling="max", padding="post", max_tokens=4, unknown_id=0)
    message = r"GlobalMaxPooling1D over 'lstm_0', and unknown words have id 0, which is masked: .* an id of their own$"
    with pytest.raises(ModelError, match=message):
        without_mask(model)
    without_mask(random_model(pooling="average", unknown_id=0))


@given(
    text=st.lists(st.integers(1, 7), max_size=6),
    start_id=st.sampled_from([None, 0]),
    end_id=st.sampled_from([None, 0]),
    padding=st.sampled_from(["pre", "post"]),
    keep=st.sampled_from(KEEPS),
    zero_output_for_mask=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_masked_start_or_end_is_left_out_or_refused(
    random_model, text, start_id, end_id, padding, keep, zero_output_for_mask
):
    model = random_model(
        pooling="max", padding=padding, max_tokens=4, zero_output_for_mask=zero_output_for_mask
    )  # fmt: skip
    rules = replace(model.text_rules, start_id=start_id, end_id=end_id, keep=keep)
    model = replace(model, text_rules=rules)
    option = "start-id" if padding == "post" else "end-id"
    if (start_id if padding == "post" else end_id) == 0 and not zero_output_for_mask:
        with pytest.raises(ModelError, match=rf"with id 0, which is masked: .*; leave --{option} out"):
            without_mask(model)
        return
    ids = rules.ids(text)
    filling = [0] * (4 - len(ids))
    padded = filling + ids if padding == "pre" else ids + filling
    after = without_mask(model)
    left = [row for row in ids if row]
    np.testing.assert_allclose(evaluate_ids(after, left), evaluate_ids(model, padded), atol=1e-12)


def test_a_mask_that_stays_is_an_error(random_model):
    lazy = replace(ELIMINATE_MASK, apply=lambda model: model)
    with pytest.raises(ModelError, match=r"eliminate_mask .* did not keep its promise: the mask is still there"):
        run_passes(random_model(), (lazy,))


def test_a_word_that_is_masked_as_padding_is_refused(random_model):
    model = random_model(words=("the", None, "film", "a", "good", "bad", "quiet", "x"))
    message = (
        r"^pass 1 of 1, eliminate_mask \(before it: none\): the word 'the' has id 0, which the model masks as padding; "
    )
    with pytest.raises(ModelError, match=f"{message}add the missing empty first line to the vocabulary"):
        without_mask(model)
