"""Random networks with masks: after the passes, every engine answers as the oracle answers with masks and padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from drupelet.engines.numpy_engine import NumpySession, stored_arrays
from drupelet.engines.onnx_engine import OnnxSession
from drupelet.model_file import read_model_file
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.passes.exact_length import EXACT_LENGTH
from export.passes.masked_models import masked_models, texts

RELATIVE, ABSOLUTE = 1e-4, 2e-5
"""Rounding of float32 against float64, through at most a dozen layers with large weights."""


def numpy_answers(model: ModelDescription, some: Sequence[str]) -> Sequence[Sequence[float]]:
    ranked = in_rank_order(model)
    file = read_model_file(emit_drupelet(ranked))
    return NumpySession(file.graph, file.scheme, stored_arrays(file)).run([ranked.engine_ids(text) for text in some])


def native_answers(model: ModelDescription, some: Sequence[str]) -> Sequence[Sequence[float]]:
    native = pytest.importorskip("drupelet._native")
    ranked = in_rank_order(model)
    answers: Sequence[Sequence[float]] = native.Model(emit_drupelet(ranked), "a random network").run(
        [ranked.engine_ids(text) for text in some]
    )
    return answers


def onnx_answers(model: ModelDescription, some: Sequence[str]) -> Sequence[Sequence[float]]:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = OnnxSession(onnxruntime.InferenceSession(emit_onnx(model)), model.graph, "a random network")
    return session.run([model.engine_ids(text) for text in some])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(masked_models(), st.lists(texts, min_size=1, max_size=3))
def test_engines_answer_as_the_oracle_does_with_masks(model: ModelDescription, some: list[str]) -> None:
    assume(EXACT_LENGTH.requires(model) is None)
    some = ["", *some]
    expected = np.array([evaluate_text(model, text) for text in some])
    allowed = ABSOLUTE * max(1, np.nanmax(np.abs(expected), initial=1))
    final = run_passes(model, PIPELINE)
    for answers in (numpy_answers, native_answers, onnx_answers):
        found = np.array(answers(final, some))
        np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=allowed, err_msg=answers.__name__)
