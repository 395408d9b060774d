"""The fixed workload: its texts, its network, and a small bundle made from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import drupelet
from benchmarks.tutorial_model import tutorial_model
from benchmarks.workload_bundle import FILES, write_workload_bundle
from benchmarks.workload_folder import read_lines, write_lines
from benchmarks.workload_texts import first_pieces, pieces_of
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.text.named import ALNUM
from drupelet.text.words import splitter
from drupelet_export.model.description import ModelDescription, check
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.model.quantized import values_of

WORDS = tuple(f"{kind}{number}" for kind in ("bad", "good", "the") for number in range(40))
POLARITIES = tuple({"b": -0.8, "g": 0.8, "t": 0.0}[word[0]] for word in WORDS)
TEXT = " ".join(f"the{number}" for number in range(20))


@pytest.fixture(scope="module")
def model() -> ModelDescription:
    return tutorial_model(WORDS, POLARITIES)


@pytest.fixture(scope="module")
def bundle(model: ModelDescription, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workload") / "bundle"
    write_workload_bundle(folder, model)
    return folder


def test_the_network_is_the_tutorials(model: ModelDescription) -> None:
    check(model)
    embedding, layer, head = (node.operation for node in model.nodes)
    assert embedding == Embedding(len(WORDS) + 2, 50)
    assert layer == Recurrent("lstm", "forward", "none", 64, "tanh", "sigmoid", False, "last")
    assert head == Dense(2)
    assert (model.text_rules.max_tokens, model.text_rules.keep, model.output) == (250, "head", "softmax")


def test_the_weights_follow_from_the_arguments(model: ModelDescription) -> None:
    again = tutorial_model(WORDS, POLARITIES).tensors
    for name, tensor in model.tensors.items():
        assert np.array_equal(values_of(tensor), values_of(again[name])), name


def test_positive_words_make_an_answer_more_positive(model: ModelDescription) -> None:
    margins = {}
    for kind in ("bad", "good"):
        negative, positive = evaluate_text(model, " ".join(f"{kind}{number}" for number in range(20)) + " " + TEXT)
        margins[kind] = positive - negative
    assert margins["bad"] < -1
    assert margins["good"] > 1


def test_the_bundle_answers_like_the_description(model: ModelDescription, bundle: Path) -> None:
    assert [(entry.format, entry.scheme) for entry in drupelet.open_bundle(bundle).manifest.models] == list(FILES)
    logits = evaluate_text(model, TEXT)
    expected = np.exp(logits) / np.exp(logits).sum()
    for engine, scheme, allowed in [("numpy", "f32", 1e-5), ("onnx", "f32", 1e-5), ("numpy", "wi8", 0.05)]:
        answer = drupelet.load(bundle, engine=engine, scheme=scheme)(TEXT)
        assert answer.probabilities == pytest.approx(expected, abs=allowed)
        assert answer.n_tokens == 20


def test_quantized_rows_are_exact(bundle: Path) -> None:
    wi8, wi4 = (drupelet.load(bundle, engine="numpy", scheme=scheme)(TEXT) for scheme in ("wi8", "wi4"))
    assert wi8 == wi4


def test_pieces_have_as_many_tokens_and_keep_their_spelling() -> None:
    text = "A <br /><br />film -- by\u00a0me. It's NOT bad, and it ends"
    pieces = list(pieces_of(text, 4))
    assert pieces == ["A film -- by me.", "It's NOT bad, and"]
    assert [len(splitter(ALNUM)(piece)) for piece in pieces] == [4, 4]


def test_pieces_of_many_texts_never_span_two() -> None:
    assert first_pieces(["a b c", "d", "e f"], 2, 2) == ("a b", "e f")
    with pytest.raises(ValueError, match="have 2 pieces of 2 tokens, expected 3"):
        first_pieces(["a b c", "d", "e f"], 3, 2)


def test_lines_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    lines = ["a", "", "b\u2028c\x85\r", "\u00fc"]
    write_lines(path, lines)
    assert read_lines(path) == lines
    assert path.read_bytes().count(b"\n") == 4


def test_lines_that_are_there_already_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    write_lines(path, ["a"])
    before = path.stat().st_ino, path.stat().st_mtime_ns
    write_lines(path, iter(["a"]))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before
    write_lines(path, ["b"])
    assert read_lines(path) == ["b"]


def test_a_text_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has a line feed, expected one line"):
        write_lines(tmp_path / "lines.txt", ["a\nb"])
