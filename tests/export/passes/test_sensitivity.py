"""Sensitivities are the mean outer product of gradients, and predict the effect of small errors."""

import numpy as np
import pytest

from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.passes.sensitivity import MAX_PROJECTIONS, _contrasts, input_sensitivities
from export.changes import TABLE, changed, table_of, with_tensor

STEP = 1e-3


def input_sensitivity(model, texts):
    """The sensitivity of the only table."""
    found = input_sensitivities(model, texts)
    assert list(found) == [TABLE]
    return found[TABLE]


def numeric(model, text, word):
    """d(logit) / d(embedding vector) by central differences, for a word that occurs once in the text."""
    gradient = []
    for column in range(table_of(model).shape[1]):
        answers = []
        for sign in (1, -1):
            moved = table_of(model).copy()
            moved[model.row_of[word], column] += sign * STEP
            answers.append(evaluate_text(with_tensor(model, TABLE, frozen(moved)), text))
        gradient.append((answers[0] - answers[1]) / (2 * STEP))
    return np.array(gradient).T


@pytest.mark.parametrize("cell", ["lstm bidirectional", "gru forward"])
def test_one_logit_agrees_with_finite_differences(random_model, cell):
    model = run_passes(random_model((cell,)), PIPELINE)
    found = input_sensitivity(model, ["good film"])
    gradients = [numeric(model, "good film", word)[0] for word in ("good", "film")]
    np.testing.assert_allclose(found, np.mean([np.outer(g, g) for g in gradients], axis=0), rtol=2e-3, atol=1e-6)


def test_more_logits_are_contrasted_with_their_mean(random_model):
    model = run_passes(random_model(output="softmax"), PIPELINE)
    found = input_sensitivity(model, ["quiet"])
    gradients = numeric(model, "quiet", "quiet")
    centred = gradients - gradients.mean(axis=0)
    np.testing.assert_allclose(found, np.mean([np.outer(g, g) for g in centred], axis=0), rtol=2e-3, atol=1e-6)


def test_it_is_symmetric_and_positive_semidefinite(random_model):
    model = run_passes(random_model(("lstm bidirectional",), pooling="average", output="softmax"), PIPELINE)
    found = input_sensitivity(model, ["the film", "a quiet good film", "unheard"])
    np.testing.assert_array_equal(found, found.T)
    assert np.linalg.eigvalsh(found).min() >= -1e-12 * np.trace(found)
    assert np.trace(found) > 0


def test_a_direction_that_the_kernels_do_not_read_costs_nothing(random_model):
    model = run_passes(random_model(), PIPELINE)

    def without_row(kernel):
        kernel[2] = 0
        return kernel

    blind = changed(model, "recurrent.1.forward.kernel", without_row)
    found = input_sensitivity(blind, ["a good film"])
    assert not found[2].any()
    assert not found[:, 2].any()


@pytest.mark.parametrize("texts", [[], [""]])
def test_without_a_token_it_is_zero(random_model, texts):
    found = input_sensitivity(run_passes(random_model(), PIPELINE), texts)
    np.testing.assert_array_equal(found, np.zeros((4, 4)))


@pytest.mark.parametrize(("units", "count"), [(1, 1), (2, 1), (3, 3), (8, 8), (9, 8), (50, 8)])
def test_contrasts_ignore_a_shift_of_all_logits(units, count):
    contrasts = _contrasts(units)
    assert contrasts.shape == (count, units)
    assert count <= MAX_PROJECTIONS
    if units > 1:
        np.testing.assert_allclose(contrasts.sum(axis=1), 0, atol=1e-12)
