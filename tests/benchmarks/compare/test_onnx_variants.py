"""The files for one length, and with int8 weights, answer like the file they are made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from benchmarks.compare.growth_models import FILES, random_network, vocabulary
from benchmarks.compare.models import write_network
from benchmarks.compare.onnx_variants import for_one_length

WORDS = vocabulary(["a good film and a bad film"], 40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("network")
    write_network(place, random_network(WORDS, 8, 2), with_int8=True, files=FILES)
    return place


def logits(path: Path, **feed: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert {value.name for value in session.get_inputs()} == set(feed)
    found: np.ndarray = session.run(["logits"], feed)[0]
    return found


def test_the_files_answer_alike(folder: Path) -> None:
    ids = np.array([[2, 3, 4, 5, 6, 30], [7, 8, 9, 10, 11, 12]], np.int32)
    lengths = np.array([6, 6], np.int32)
    expected = logits(folder / "padded.f32.onnx", ids=ids, lengths=lengths)
    assert np.abs(logits(folder / "exact.f32.onnx", ids=ids) - expected).max() < 1e-6
    for found in (
        logits(folder / "exact.int8.onnx", ids=ids),
        logits(folder / "padded.int8.onnx", ids=ids, lengths=lengths),
    ):
        assert 0 < np.abs(found - expected).max() < 0.1


def test_nothing_of_the_lengths_is_left(folder: Path) -> None:
    exact = onnx.load(str(folder / "exact.f32.onnx"))
    assert [value.name for value in exact.graph.input] == ["ids"]
    assert "lengths" not in {name for node in exact.graph.node for name in node.input}
    assert all(len(node.input) < 5 or not node.input[4] for node in exact.graph.node if node.op_type == "LSTM")


def test_a_graph_that_reads_lengths_in_another_way_is_refused(folder: Path) -> None:
    model = onnx.load(str(folder / "padded.f32.onnx"))
    model.graph.node.append(onnx.helper.make_node("Neg", ["lengths"], ["negative"]))
    model.graph.output.append(onnx.helper.make_tensor_value_info("negative", onnx.TensorProto.INT32, ["texts"]))
    with pytest.raises(ValueError, match="reads lengths in a way"):
        for_one_length(model)
