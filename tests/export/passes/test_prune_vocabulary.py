"""Pruning keeps the first rows and their words. The other words become unknown."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes
from drupelet_export.passes.prune_vocabulary import prune_vocabulary
from export.changes import table_of


def test_the_first_rows_stay(random_model):
    model = random_model()
    pruned = run_passes(model, (prune_vocabulary(4),))
    assert pruned.vocabulary == (None, None, "the", "film")
    np.testing.assert_array_equal(table_of(pruned), table_of(model)[:4])
    assert not table_of(pruned).flags.writeable
    assert pruned.ids("the good film") == [2, 1, 3]
    assert model.vocabulary[-1] == "quiet", "the input of the pass is not changed"


def test_removed_words_answer_like_unknown_ones_and_others_as_before(random_model):
    model = random_model(max_tokens=6)
    pruned = run_passes(model, (prune_vocabulary(5), *PIPELINE))
    np.testing.assert_allclose(evaluate_text(pruned, "the film a"), evaluate_text(model, "the film a"), atol=1e-12)
    expected = evaluate_text(model, f"the {model.out_of_vocabulary_word} a")
    np.testing.assert_allclose(evaluate_text(pruned, "the quiet a"), expected, atol=1e-12)


def test_removed_words_are_dropped_when_unknown_words_are(random_model):
    pruned = run_passes(random_model(unknown_id=None), (prune_vocabulary(4),))
    assert pruned.ids("the quiet film") == [2, 3]


def test_all_rows_may_stay(random_model):
    model = random_model()
    assert run_passes(model, (prune_vocabulary(8),)).vocabulary == model.vocabulary


@pytest.mark.parametrize("rows", [-1, 0, 1, 9])
def test_an_impossible_number_of_rows_is_refused(random_model, rows):
    message = rf"prune_vocabulary \(before it: none\): cannot keep {rows} rows, expected from 2 to 8, the rows"
    with pytest.raises(ModelError, match=message):
        run_passes(random_model(), (prune_vocabulary(rows),))


def test_the_unknown_word_must_stay(random_model):
    with pytest.raises(ModelError, match="unknown_id is 7, a row that would be removed; keep more rows"):
        run_passes(random_model(unknown_id=7), (prune_vocabulary(7),))


def test_its_result_is_checked(random_model):
    idle = replace(prune_vocabulary(4), apply=lambda model: model)
    with pytest.raises(ModelError, match=r"prune_vocabulary .* did not keep its promise: the vocabulary has 8 rows"):
        run_passes(random_model(), (idle,))


def test_a_pruned_model_compiles_in_every_scheme(random_model):
    words = (None, None, *(f"w{number}" for number in range(598)))
    model = random_model(words=words, embedding_dim=8)
    for scheme, passes in SCHEME_PASSES.items():
        pruned = run_passes(model, (prune_vocabulary(500), *PIPELINE, *passes))
        assert table_of(pruned).shape == (500, 8), scheme
