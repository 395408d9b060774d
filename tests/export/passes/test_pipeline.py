"""The description is checked before and after every pass. A failure names the pass, its position and the passes before it."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet.operations.reduce import Reduce
from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import PIPELINE, Pass, pipeline, run_passes
from drupelet_export.passes.pipeline import PROBE_WORDS, probe_texts
from export.changes import TABLE, changed, last


def fine(model):
    return None


def same(model):
    return model


FIRST = Pass("first", same, fine, fine)


def test_the_default_pipeline_is_one_literal_list():
    assert [one.name for one in PIPELINE] == ["exact_length", "fold"]


def test_without_passes_the_model_is_checked_and_returned(random_model):
    model = random_model()
    assert run_passes(model, ()) is model
    with pytest.raises(ModelError, match="masking 'odd'"):
        run_passes(replace(model, masking="odd"), ())


def test_what_a_pass_requires_is_checked_before_it(random_model):
    needy = Pass("needy", lambda model: pytest.fail("applied"), lambda model: "needs a mask", fine)
    with pytest.raises(ModelError, match=r"^pass 2 of 2, needy \(before it: first\): needs a mask$"):
        run_passes(random_model(), (FIRST, needy))


def test_what_a_pass_ensures_is_checked_after_it(random_model):
    faithless = Pass("faithless", same, fine, lambda model: "the mask is still there")
    message = r"^pass 1 of 1, faithless \(before it: none\) did not keep its promise: the mask is still there$"
    with pytest.raises(ModelError, match=message):
        run_passes(random_model(), (faithless,))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda model: replace(model, labels=("one",)),
        lambda model: changed(model, last(model, "bias"), lambda bias: bias * np.nan),
        lambda model: changed(model, TABLE, lambda table: table[:, :3]),
        lambda model: replace(model, nodes=model.nodes[:-1]),
    ],
    ids=["labels", "not finite", "shapes that do not fit", "tensors of no node"],
)
def test_a_pass_that_leaves_a_contradiction_is_named(random_model, wrong):
    message = r"^pass 3 of 3, wrong \(before it: first, second\) left a contradiction: "
    with pytest.raises(ModelError, match=message):
        run_passes(random_model(), (FIRST, replace(FIRST, name="second"), Pass("wrong", wrong, fine, fine)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda model: changed(model, TABLE, lambda table: np.roll(table, 1, axis=0)),
        lambda model: replace(model, text_rules=replace(model.text_rules, keep="tail")),
        lambda model: replace(model, text_rules=replace(model.text_rules, unknown_id=None)),
        lambda model: changed(model, last(model, "bias"), lambda bias: bias + 1e-6),
    ],
    ids=["rows", "keep", "unknown words", "a bias that is off by a millionth"],
)
def test_a_pass_that_changes_an_answer_is_caught(random_model, wrong):
    message = r"^pass 2 of 2, wrong \(before it: first\) changed the answer for '.*' by \S+, allowed 1e-09$"
    with pytest.raises(ModelError, match=message):
        run_passes(random_model(max_tokens=4), (FIRST, Pass("wrong", wrong, fine, fine)))


def test_a_pass_may_change_answers_up_to_its_tolerance(random_model):
    def shift(model):
        return changed(model, last(model, "bias"), lambda bias: bias + 1e-4)

    run_passes(random_model(), (Pass("shift", shift, fine, fine, tolerance=2e-4),))
    with pytest.raises(ModelError, match=r"shift .* by 0.0001, allowed 5e-05"):
        run_passes(random_model(), (Pass("shift", shift, fine, fine, tolerance=5e-5),))


def test_nothing_is_compared_where_keras_answers_nan(random_model):
    model = random_model(pooling="average")
    assert run_passes(model, PIPELINE).masking == "exact"

    def spoil(model):
        *before, pooling, head = model.nodes
        return replace(model, nodes=(*before, replace(pooling, operation=Reduce("average")), head))

    with pytest.raises(ModelError, match=r"spoil .* changed the answer for ''"):
        run_passes(random_model(pooling="max", masking="exact"), (Pass("spoil", spoil, fine, fine),))


def test_probe_texts_reach_both_ends_of_the_vocabulary_and_beyond_max_tokens(random_model):
    model = random_model(max_tokens=4)
    texts = probe_texts(model)
    assert texts[0] == ""
    assert model.ids(texts[1]) == []  # the tokenizer drops all of it
    assert {"the", "quiet"} <= set(" ".join(texts).split())
    assert max(len(text.split()) for text in texts) > 4
    assert max(len(text.split()) for text in probe_texts(random_model())) <= PROBE_WORDS + 1


def test_probe_texts_hold_an_unknown_word(random_model):
    model = random_model()
    assert any(1 in model.ids(text) for text in probe_texts(model))


def test_a_vocabulary_without_words_can_be_probed(random_model):
    model = random_model(words=(None, None))
    assert [evaluate_text(model, text).shape for text in probe_texts(model)] == [(1,)] * len(probe_texts(model))


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("masking", ["mask", "none"])
def test_the_pipeline_twice_equals_the_pipeline_once(random_model, pooling, padding, masking):
    model = random_model(("lstm bidirectional",), pooling, masking=masking, padding=padding, max_tokens=5)
    once = run_passes(model, PIPELINE)
    twice = run_passes(once, PIPELINE)
    assert once.nodes == twice.nodes
    assert (once.vocabulary, once.text_rules, once.masking) == (twice.vocabulary, twice.text_rules, twice.masking)
    assert all(np.array_equal(once.tensors[name], twice.tensors[name]) for name in once.tensors)


def test_a_model_that_a_pass_leaves_alone_is_not_evaluated_again(random_model, monkeypatch):
    asked = []
    monkeypatch.setattr(pipeline, "evaluate_text", lambda model, text: asked.append(text) or np.zeros(1))
    model = random_model()
    run_passes(model, (FIRST, FIRST))
    assert asked == probe_texts(model)
    run_passes(model, (Pass("copy", replace, fine, fine),))
    assert asked == 3 * probe_texts(model)
