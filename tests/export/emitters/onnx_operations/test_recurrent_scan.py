"""A recurrent layer as a Scan answers like the oracle, with the activations that ONNX's own nodes have, too."""

import numpy as np
import onnx
import onnxruntime
import pytest

from drupelet_export.emitters import onnx as emitter
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.emitters.onnx_operations import recurrent
from drupelet_export.model.evaluator import evaluate_ids
from export.case_models import case_model
from runtime.operation_cases import TEXTS

LAYERS = [
    f"{cell} {direction} {returns}"
    for cell in ("lstm", "gru", "gru reset_after", "rnn")
    for direction in ("forward none", "backward none", "bidirectional concat")
    for returns in ("gelu hard_sigmoid_2 steps", "gelu hard_sigmoid_2 last")
]


def answers(model, texts):
    """The kinds of nodes of the ONNX file, and the logits of texts in one batch."""
    content = emit_onnx(model)
    ids = np.zeros((len(texts), max(map(len, texts))), np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {"ids": ids, "lengths": np.array([len(text) for text in texts], np.int32)}
    return {node.op_type for node in onnx.load_from_string(content).graph.node}, session.run(["logits"], feed)[0]


@pytest.mark.parametrize("name", LAYERS)
def test_a_scan_answers_like_the_oracle(name):
    model = case_model(name)
    kinds, logits = answers(model, TEXTS)
    assert "Scan" in kinds
    np.testing.assert_allclose(logits, [evaluate_ids(model, text) for text in TEXTS], rtol=2e-6, atol=5e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru", "gru reset_after", "rnn"])
def test_a_scan_answers_like_the_node_of_onnx(cell, monkeypatch):
    model = case_model(f"{cell} bidirectional concat tanh sigmoid steps")
    kinds, expected = answers(model, TEXTS)
    assert "Scan" not in kinds
    for module in (recurrent, emitter):  # the emitter looks whether each layer became what it should
        monkeypatch.setattr(module, "NODE_ACTIVATIONS", {})
    kinds, logits = answers(model, TEXTS)
    assert "Scan" in kinds
    np.testing.assert_allclose(logits, expected, atol=2e-6)
