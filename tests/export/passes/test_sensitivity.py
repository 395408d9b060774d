"""Sensitivities are the mean outer product of gradients, and predict the effect of small errors."""

import numpy as np
import pytest

from drupelet.operations.activation import Activation
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.table import OPERATIONS
from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.model.graph_builder import IDS
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.passes.sensitivity import MAX_PROJECTIONS, _contrasts, input_sensitivities
from export.changes import TABLE, changed, table_of, with_tensor
from export.passes.drawn import ROWS, Drawn
from integration.descriptions import described, sample
from runtime.networks import SAMPLES
from runtime.operation_cases import CASES

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


def by_differences(model, text, table):
    """The mean outer product of d(logit) / d(row) by central differences of every place that a text looks up in a table."""
    rows = model.tensors[table]
    ids = model.ids(text)
    assert len(set(ids)) == len(ids), "each row is looked up once"
    gradients = []
    for row in ids:
        columns = []
        for column in range(rows.shape[1]):
            answers = []
            for sign in (1, -1):
                moved = rows.copy()
                moved[row, column] += sign * STEP
                answers.append(evaluate_text(with_tensor(model, table, frozen(moved)), text))
            columns.append((answers[0] - answers[1]) / (2 * STEP))
        contrast = np.array(columns).T
        gradients.append(contrast[1] - contrast[0])
    return gradients


def test_each_of_several_tables_has_its_own():
    drawn = Drawn()
    other = drawn(Embedding(ROWS, 3), IDS)
    both = drawn(Merge("concat"), drawn.x, other)
    vector = drawn(Reduce("average"), drawn(Activation("tanh"), drawn(Dense(3), both)), masked=True)
    model = run_passes(drawn.model(vector), PIPELINE)
    text = "w2 w5 w3"
    found = input_sensitivities(model, [text])
    assert list(found) == ["embedding.0.table", "embedding.1.table"]
    for name, answer in found.items():
        expected = np.mean([np.outer(g, g) for g in by_differences(model, text, name)], axis=0)
        np.testing.assert_allclose(answer, expected, rtol=2e-3, atol=1e-6)


def test_rows_that_are_looked_up_for_padding_count_too():
    drawn = Drawn()
    pooled = drawn(Reduce("max"), drawn(Convolution(3, 2, 1, 1, 1, 0, 0), drawn.x))
    last = drawn.lstm(drawn.x, "last")
    model = run_passes(drawn.model(drawn(Merge("concat"), last, pooled)), PIPELINE)
    tables = [node for node in model.nodes if node.operation.name == "embedding"]
    assert len(tables) == 2
    found = input_sensitivities(model, ["w2 w5"])
    assert list(found) == ["embedding.1.table"]
    assert np.linalg.eigvalsh(found["embedding.1.table"]).min() >= -1e-9
    assert np.trace(found["embedding.1.table"]) > 0


ONE_OF_EACH = {next(name for name, graph in CASES.items() if any(n.operation.name == operation for n in graph.nodes))
               for operation in OPERATIONS}  # fmt: skip


@pytest.mark.parametrize("name", sorted({*SAMPLES, *ONE_OF_EACH}))
def test_every_operation_has_derivatives(name):
    model = described(sample(name, ROWS))
    for table, found in input_sensitivities(model, ["w001 w003", "w002", ""]).items():
        assert found.shape == (model.tensors[table].shape[1],) * 2
        assert np.isfinite(found).all()
        assert np.linalg.eigvalsh(found).min() >= -1e-9 * max(np.trace(found), 1)
