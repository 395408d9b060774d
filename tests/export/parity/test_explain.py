"""The explanation: the cost of one tensor at a time, and the growth of the error from stage to stage."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.parity.explain import explain_stages, explain_tensors, with_tensor
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes
from drupelet_export.passes.rounding import quantize_columns
from drupelet_export.report.document import TensorCost

WORDS = (None, None, *(f"w{number}" for number in range(398)))
TEXTS = ["w1 w2 w3", "w300", "w7 w8 unheard w9 w10"]
ROWS = 400


@pytest.fixture(scope="module")
def exact(random_model):
    return run_passes(
        random_model(("lstm bidirectional", "gru forward"), words=WORDS, embedding_dim=6, hidden=("relu",)), PIPELINE
    )


@pytest.fixture(scope="module")
def small(exact):
    return run_passes(exact, SCHEME_PASSES["wi8"])


def kernels(model):
    return [name for name in model.tensors if not name.endswith("bias")]


def test_only_that_tensor_is_replaced(exact):
    names = kernels(exact)
    assert len(names) == 1 + 3 * 2 + 2
    for name in names:
        other = frozen(exact.tensors[name] + 1)
        mixed = with_tensor(exact, name, other).tensors
        for each, tensor in exact.tensors.items():
            assert mixed[each] is (other if each == name else tensor), (name, each)


def test_every_tensor_but_biases_has_a_row(exact, small):
    rows = explain_tensors("wi8", exact, small, TEXTS)
    assert [row.tensor for row in rows] == kernels(exact)
    assert {row.scheme for row in rows} == {"wi8"}
    for row in rows:
        assert 0 < row.mean_dp <= row.max_dp < 0.1
        assert row.flips in range(len(TEXTS) + 1)


def coarse(kernel):
    """A kernel rounded to two levels, as a broken quantizer would leave it."""
    return quantize_columns(frozen(np.sign(kernel) * np.abs(kernel).max()))


@pytest.mark.parametrize(
    "name", ["recurrent.1.backward.kernel", "recurrent.2.forward.recurrent_kernel", "dense.3.kernel"]
)
def test_a_coarse_tensor_costs_most(exact, small, name):
    worse = with_tensor(small, name, coarse(exact.tensors[name]))
    rows = explain_tensors("wi8", exact, worse, TEXTS)
    assert max(rows, key=lambda row: row.max_dp).tensor == name
    assert max(rows, key=lambda row: row.mean_dp).tensor == name


def test_a_flipped_answer_is_counted(random_model):
    exact = random_model()
    turned = with_tensor(exact, "dense.2.kernel", frozen(-40 * exact.tensors["dense.2.kernel"]))
    rows = {row.tensor: row for row in explain_tensors("wi8", exact, turned, ["the", "film", "a", "good", "bad"])}
    assert rows["dense.2.kernel"].flips > 0
    assert rows["embedding.0.table"] == TensorCost(
        scheme="wi8", tensor="embedding.0.table", max_dp=0, mean_dp=0, flips=0
    )


def test_each_label_that_flips_is_counted_where_labels_are_decided_alone(random_model):
    model = replace(random_model(output="softmax"), output="sigmoid")
    model = with_tensor(model, "dense.2.bias", frozen([0, 0, 0]))
    texts = ["the", "film", "a good film"]
    small = with_tensor(model, "dense.2.kernel", frozen(-40 * model.tensors["dense.2.kernel"]))
    flips = {row.tensor: row.flips for row in explain_tensors("wi8", model, small, texts)}["dense.2.kernel"]
    changed = [
        sum((a >= 0) != (b >= 0) for a, b in zip(evaluate_text(model, text), evaluate_text(small, text), strict=True))
        for text in texts
    ]
    assert flips == sum(changed) > len(texts)


def test_the_same_model_costs_nothing(exact):
    assert all(row.max_dp == row.flips == 0 for row in explain_tensors("wi8", exact, exact, TEXTS))
    assert all(row.relative_error == 0 for row in explain_stages("wi8", exact, exact, TEXTS))


def test_stages_are_in_the_order_of_the_network(exact, small):
    stages = explain_stages("wi8", exact, small, TEXTS)
    assert [row.stage for row in stages] == ["embedding", "lstm_0", "gru_1", "dense_relu", "head"]
    assert all(0 < row.relative_error < 0.05 for row in stages)


def test_an_error_appears_from_its_stage_on(exact):
    name = "recurrent.2.forward.kernel"
    worse = with_tensor(exact, name, coarse(exact.tensors[name]))
    errors = {row.stage: row.relative_error for row in explain_stages("wi8", exact, worse, TEXTS)}
    assert (errors["embedding"], errors["lstm_0"]) == (0, 0)
    assert errors["gru_1"] > 0.05
    assert errors["head"] > 0


def test_texts_without_a_token_are_allowed(exact, small):
    stages = explain_stages("wi8", exact, small, ["", *TEXTS])
    assert all(np.isfinite(row.relative_error) for row in stages)
