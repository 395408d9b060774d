"""The ONNX file of every operation answers like the oracle, in a batch of texts of unequal length and one by one."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.operations.table import OPERATIONS
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.emitters.onnx_operations.table import WRITERS
from drupelet_export.model.evaluator import evaluate_ids
from export.case_models import case_model, described, engine_ids
from runtime.operation_cases import CASES, TEXTS, random_tensors
from runtime.random_graphs import batches, graphs


def test_every_operation_has_a_writer_and_a_case():
    assert list(WRITERS) == list(OPERATIONS)
    assert {node.operation.name for graph in CASES.values() for node in graph.nodes} == set(OPERATIONS)


def run(session, texts):
    """The logits of texts in one batch."""
    ids = np.zeros((len(texts), max(1, *map(len, texts))), np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    feed = {"ids": ids, "lengths": np.array([len(text) for text in texts], np.int32)}
    return session.run(["logits"], {inputs.name: feed[inputs.name] for inputs in session.get_inputs()})[0]


@pytest.mark.parametrize("name", CASES)
def test_a_batch_answers_like_the_oracle_and_like_its_texts_one_by_one(name):
    model = case_model(name)
    texts = [engine_ids(model, text) for text in TEXTS]
    expected = np.array([evaluate_ids(model, text) for text in texts])
    session = onnxruntime.InferenceSession(emit_onnx(model), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(run(session, texts), expected, rtol=2e-6, atol=5e-6)
    alone = np.concatenate([run(session, [text, text])[:1] for text in texts])
    np.testing.assert_allclose(alone, expected, rtol=2e-6, atol=5e-6)


@pytest.mark.parametrize("name", ["reduce average", "attention dot 2 causal", "reverse", "softmax softmax of steps"])
def test_ids_after_the_end_of_a_text_do_not_matter(name):
    session = onnxruntime.InferenceSession(emit_onnx(case_model(name)), providers=["CPUExecutionProvider"])
    lengths = np.array([3, 1], np.int32)
    zeros = session.run(None, {"ids": np.array([[2, 3, 4, 0, 0], [5, 0, 0, 0, 0]], np.int32), "lengths": lengths})
    junk = session.run(None, {"ids": np.array([[2, 3, 4, 7, 6], [5, 7, 6, 5, 4]], np.int32), "lengths": lengths})
    np.testing.assert_array_equal(zeros[0], junk[0])


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_random_graphs_answer_like_the_oracle(graph, data):
    model = described(graph, random_tensors(graph, scale=0.3))
    texts = data.draw(batches(graph))
    expected = np.array([evaluate_ids(model, text) for text in texts])
    session = onnxruntime.InferenceSession(emit_onnx(model), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(run(session, texts), expected, rtol=1e-5, atol=1e-5)
