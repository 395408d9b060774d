"""The passes that store weights in fewer bits: their conditions, their results, and the models that they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from drupelet.quantization import INT8_MAX, SMALL_INT8, WEIGHT_RANGES, grid_scale
from drupelet_export.errors import ModelError
from drupelet_export.model.description import frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.model.quantized import Quantized, kind_of, stored_bytes, values_of
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes, scheme_passes
from drupelet_export.passes import quantize as quantize_module
from drupelet_export.passes.pipeline import probe_texts
from drupelet_export.passes.quantize import (
    QUANTIZE_EMBEDDING_INT4,
    QUANTIZE_EMBEDDING_INT8,
    QUANTIZE_KERNELS,
    QUANTIZE_KERNELS_SMALL,
    ROUND_TO_FLOAT16,
)
from export.changes import TABLE, last, table_of, with_tensor

WORDS = (None, None, *(f"w{number}" for number in range(498)))


@pytest.fixture(scope="module")
def model(random_model):
    """A model large enough that quantization saves bytes."""
    return run_passes(random_model(("lstm bidirectional",), words=WORDS, embedding_dim=8, hidden=("relu",)), PIPELINE)


def kinds(model):
    return {name: kind_of(tensor) for name, tensor in model.tensors.items()}


def on_grid(rows, columns, largest=7):
    values = np.random.default_rng(0).integers(-largest, largest + 1, (rows, columns))
    values[:, 0] = largest
    return frozen(values * np.float32(grid_scale(-40)))


def kinds_after(model, embedding, kernel):
    return {
        name: "float32" if name.endswith("bias") else embedding if name == TABLE else kernel for name in model.tensors
    }


@pytest.mark.parametrize(
    ("scheme", "embedding", "kernel"),
    [
        ("f32", "float32", "float32"),
        ("f16", "float16", "float16"),
        ("wi8", "int8", "int8"),
        ("wi4", "int4", "int8"),
    ],
)
def test_tensors_after_each_scheme(model, scheme, embedding, kernel):
    assert set(kinds(model).values()) == {"float32"}
    small = run_passes(model, SCHEME_PASSES[scheme])
    assert kinds(small) == kinds_after(model, embedding, kernel)
    assert small.graph == model.graph
    assert set(kinds(model).values()) == {"float32"}, "the input of the pass is not changed"
    for name, before in model.tensors.items():
        after = small.tensors[name]
        if name.endswith("bias"):
            np.testing.assert_array_equal(after, before)
        else:
            largest = np.abs(before).max()
            assert np.abs(values_of(after) - before).max() <= largest * (0.2 if embedding == "int4" else 0.006), name


def test_kernels_have_one_scale_per_column_and_the_embedding_a_coded_one_per_row(model):
    small = run_passes(model, SCHEME_PASSES["wi4"])
    for name, tensor in small.tensors.items():
        if isinstance(tensor, Quantized):
            assert (tensor.axis, tensor.codes is not None) == ((0, True) if name == TABLE else (1, False)), name


@pytest.mark.parametrize("scheme", ["f16", "wi8", "wi4"])
def test_answers_change_little(model, scheme):
    small = run_passes(model, SCHEME_PASSES[scheme])
    tolerance = {"f16": 2e-3, "wi8": 0.05, "wi4": 0.5}[scheme]
    for text in probe_texts(model):
        np.testing.assert_allclose(evaluate_text(small, text), evaluate_text(model, text), atol=tolerance)


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_a_row_and_a_column_of_zeros_stay_zero(model, scheme):
    head = last(model, "kernel")
    embedding, kernel = table_of(model).copy(), model.tensors["dense.2.kernel"].copy()
    embedding[5], kernel[:, 1] = 0, 0
    zeros = with_tensor(with_tensor(model, TABLE, frozen(embedding)), "dense.2.kernel", frozen(kernel))
    small = run_passes(zeros, SCHEME_PASSES[scheme])
    assert not values_of(table_of(small))[5].any()
    assert not values_of(small.tensors["dense.2.kernel"])[:, 1].any()
    assert values_of(small.tensors[head]).any()


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
@pytest.mark.parametrize("largest", [3, 7])
def test_an_embedding_on_the_grid_is_kept_exactly(model, scheme, largest):
    on = with_tensor(model, TABLE, on_grid(500, 8, largest))
    small = run_passes(on, SCHEME_PASSES[scheme])
    np.testing.assert_array_equal(values_of(table_of(small)), table_of(on))


def test_an_embedding_on_the_grid_needs_no_tensorflow(model, monkeypatch):
    monkeypatch.setattr(quantize_module, "sample_texts", lambda model: pytest.fail("asked for sensitivities"))
    run_passes(with_tensor(model, TABLE, on_grid(500, 8)), SCHEME_PASSES["wi4"])


@pytest.mark.parametrize("scheme", ["f16", "wi8", "wi4"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(model, scheme, value):
    embedding = table_of(model).copy()
    embedding[3, 2] = value
    with pytest.raises(
        ModelError, match=rf"^embedding.0.table: {value} at \(3, 2\); a trained model has finite weights"
    ):
        run_passes(with_tensor(model, TABLE, frozen(embedding)), SCHEME_PASSES[scheme])


@pytest.mark.parametrize("weight", [65_520, -1e6])
def test_a_weight_beyond_float16_is_refused(model, weight):
    embedding = table_of(model).copy()
    embedding[3, 2] = weight
    message = rf"a weight of {abs(weight):.6g} is too large for float16 \(65504\); use f32 or wi8"
    with pytest.raises(ModelError, match=message.replace("+", r"\+")):
        run_passes(with_tensor(model, TABLE, frozen(embedding)), SCHEME_PASSES["f16"])


def test_the_largest_float16_is_kept(model):
    embedding = table_of(model).copy()
    embedding[3, 2] = 65_504
    small = run_passes(with_tensor(model, TABLE, frozen(embedding)), SCHEME_PASSES["f16"])
    assert table_of(small)[3, 2] == 65_504


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
@pytest.mark.parametrize(("rows", "embedding_dim"), [(500, 1), (200, 2), (8, 4)])
def test_a_model_too_small_is_refused(random_model, scheme, rows, embedding_dim):
    small = run_passes(random_model(words=WORDS[:rows], embedding_dim=embedding_dim, units=2), PIPELINE)
    message = r"the model is too small to quantize usefully: its weights would go from \d+ to \d+ bytes; export f32$"
    with pytest.raises(ModelError, match=message):
        run_passes(small, SCHEME_PASSES[scheme])


def test_the_message_has_the_bytes_that_would_be_stored(random_model):
    small = run_passes(random_model(words=WORDS[:8], embedding_dim=4, units=2), PIPELINE)
    floats = sum(tensor.nbytes for tensor in small.tensors.values())
    with pytest.raises(ModelError, match=f"would go from {floats} to "):
        run_passes(small, SCHEME_PASSES["wi8"])


def test_weights_shrink_to_about_a_quarter_and_an_eighth(random_model):
    words = (None, None, *(f"w{number}" for number in range(9998)))
    large = run_passes(random_model(words=words, embedding_dim=32, units=8), PIPELINE)
    floats = sum(tensor.nbytes for tensor in large.tensors.values())
    shares = {
        scheme: sum(map(stored_bytes, run_passes(large, SCHEME_PASSES[scheme]).tensors.values())) / floats
        for scheme in ("f16", "wi8", "wi4")
    }
    assert shares["f16"] == pytest.approx(0.5, abs=0.001)
    assert shares["wi8"] == pytest.approx(0.26, abs=0.01)
    assert shares["wi4"] == pytest.approx(0.135, abs=0.01)


@pytest.mark.parametrize("one", [ROUND_TO_FLOAT16, QUANTIZE_KERNELS], ids=lambda one: one.name)
def test_a_pass_that_needs_floats_is_refused_the_second_time(model, one):
    message = rf"^pass 2 of 2, {one.name} \(before it: {one.name}\): \S+ is not float32 any more$"
    with pytest.raises(ModelError, match=message):
        run_passes(model, (one, one))


@pytest.mark.parametrize("one", [QUANTIZE_EMBEDDING_INT8, QUANTIZE_EMBEDDING_INT4], ids=lambda one: one.name)
def test_an_embedding_is_quantized_once(model, one):
    message = rf"^pass 3 of 3, {one.name} \(before it: quantize_kernels, {one.name}\): embedding.0.table is quantized already$"
    with pytest.raises(ModelError, match=message):
        run_passes(model, (QUANTIZE_KERNELS, one, one))


def test_schemes_do_not_mix(model):
    with pytest.raises(
        ModelError, match=r"^pass 2 of 2, quantize_kernels .*: embedding.0.table is not float32 any more$"
    ):
        run_passes(model, (ROUND_TO_FLOAT16, QUANTIZE_KERNELS))
    with pytest.raises(
        ModelError, match=r"^pass 3 of 3, round_to_float16 .*: embedding.0.table is not float32 any more$"
    ):
        run_passes(model, (*SCHEME_PASSES["wi8"], ROUND_TO_FLOAT16))


@pytest.mark.parametrize(
    ("one", "promise"),
    [
        (ROUND_TO_FLOAT16, "embedding.0.table is not float16"),
        (QUANTIZE_KERNELS, r"recurrent.1.forward.kernel is not int8"),
        (QUANTIZE_EMBEDDING_INT8, "embedding.0.table does not have 8-bit rows"),
        (QUANTIZE_EMBEDDING_INT4, "embedding.0.table does not have 4-bit rows"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_result_of_a_pass_is_checked(model, one, promise):
    idle = replace(one, apply=lambda model: model)
    message = rf"^pass 1 of 1, {one.name} \(before it: none\) did not keep its promise: {promise}$"
    with pytest.raises(ModelError, match=message):
        run_passes(model, (idle,))


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_recurrent_kernels_are_small_when_asked_for(model, scheme):
    usual, small = (run_passes(model, scheme_passes(scheme, limit)) for limit in WEIGHT_RANGES)
    for name, tensor in small.tensors.items():
        if name.endswith("kernel"):
            largest = np.abs(tensor.values.astype(int)).max(axis=0)
            expected = SMALL_INT8 if ".forward." in name or ".backward." in name else INT8_MAX
            np.testing.assert_array_equal(largest, expected)
        elif scheme == "wi8" or name != TABLE:  # int4 rows are rounded to suit the kernel that reads them
            np.testing.assert_array_equal(values_of(tensor), values_of(usual.tensors[name]))


def test_recurrent_kernels_that_are_not_small_break_the_promise(model):
    large = run_passes(model, (QUANTIZE_KERNELS,))
    assert "has a weight beyond 63" in QUANTIZE_KERNELS_SMALL.ensures(large)


def test_kernels_of_another_scheme_are_refused(model):
    half_done = replace(QUANTIZE_EMBEDDING_INT4, apply=QUANTIZE_EMBEDDING_INT8.apply)
    with pytest.raises(ModelError, match="does not have 4-bit rows"):
        run_passes(model, (QUANTIZE_KERNELS, half_done))
