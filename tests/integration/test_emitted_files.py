"""Emitted files of other networks than the committed ones run on every engine of the runtime."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import EngineUnavailableError, FormatError
from drupelet.ledger import PARTS, size_ledger
from drupelet.operations.dense import Dense
from drupelet.schemes import SCHEMES
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.quantized import values_of
from drupelet_export.passes import SCHEME_PASSES, run_passes
from golden.make_bundle_v3 import EMITTERS, WORDS, tiny_model, write_bundle
from integration.descriptions import described, drawn, samples
from runtime.networks import tiny_model as tiny_network

TEXTS = [*(" ".join(WORDS[:n]) for n in range(1, len(WORDS) + 1)), "", "?", "qzx", "\ud800"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine that can run here. The others are skipped with their reason."""
    name: str = request.param
    reason = ENGINES[name].check()
    if reason is not None:
        pytest.skip(f"{name}: {reason}")
    return name


def bundle_for(engine: str, model: ModelDescription, folder: Path) -> Path:
    """A bundle with the file that an engine reads, and goldens of the float64 reference."""
    file_format = ENGINES[engine].format
    write_bundle(folder, model, {file_format: EMITTERS[file_format](model)})
    return folder


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_padding_that_is_not_masked_is_computed(tmp_path: Path, engine: str, padding: str) -> None:
    padded = replace(tiny_model(), masking="none", padding=padding)
    outcome = drupelet.verify(open_bundle(bundle_for(engine, padded, tmp_path / "padded")), engine)
    assert outcome.passed, json.dumps(outcome.to_json(), indent=1)


def test_an_average_answers_nan_and_the_first_label_when_there_is_no_token(tmp_path: Path, engine: str) -> None:
    average = described(tiny_network().with_pooling("average"))
    classifier = drupelet.load(bundle_for(engine, average, tmp_path / "average"), engine)
    prediction = classifier("")
    assert all(math.isnan(value) for value in prediction.probabilities)
    assert (prediction.label, prediction.n_tokens) == ("negative", 0)
    assert not math.isnan(classifier("good").probability)


def wider() -> ModelDescription:
    model = tiny_model()
    head = {"dense.2.kernel": frozen(np.arange(9).reshape(3, 3)), "dense.2.bias": frozen([99, 100, 101])}
    nodes = (*model.nodes[:2], replace(model.nodes[2], operation=Dense(3)))
    return replace(model, labels=("a", "b", "c"), nodes=nodes, tensors={**model.tensors, **head})


def shorter() -> ModelDescription:
    model = tiny_model()
    tables = {name: frozen(values_of(table)[:5]) for name, table in model.tables.items()}
    return model.with_rows(tables, model.vocabulary[:5])


@pytest.mark.parametrize("other", [wider, shorter])
def test_a_file_under_the_manifest_of_another_is_refused(
    tmp_path: Path, engine: str, other: Callable[[], ModelDescription]
) -> None:
    """The hashes are right, but the file has another number of classes than labels, or fewer rows than ids.

    A .drupelet file with fewer words answers by itself. It is refused where its ids are compared, as verify does.
    """
    file_format = ENGINES[engine].format
    write_bundle(tmp_path / "forged", tiny_model(), {file_format: EMITTERS[file_format](other())})

    def answer_and_compare() -> None:
        classifier = drupelet.load(tmp_path / "forged", engine)
        classifier.predict(TEXTS)
        classifier.keras_ids(TEXTS[0])

    with pytest.raises((FormatError, EngineUnavailableError), match=r"model\.f32"):
        answer_and_compare()


LSTM = ("lstm", "forward", "none", "tanh", "sigmoid", False)
GRU = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)
HEAD = (("relu", 3), ("linear", 2))
SAMPLE = samples()
LEDGERS = {
    "stacked": (drawn(GRU, LSTM, dense=HEAD), {"embedding", "recurrent", "dense"}),
    "text cnn": (SAMPLE["text cnn"], {"embedding", "convolution", "dense"}),
    "transformer": (SAMPLE["transformer"], {"embedding", "dense", "other"}),
}
"""Networks, and the parts of the ledger that their tensors are in."""


@pytest.mark.parametrize("name", LEDGERS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_ledger_sums_to_an_onnx_file(scheme: str, name: str) -> None:
    network, parts = LEDGERS[name]
    content = emit_onnx(run_passes(described(network), SCHEME_PASSES[scheme]))
    ledger = size_ledger(network.graph, scheme, len(content), 0)
    assert list(ledger) == list(PARTS)
    assert sum(ledger.values()) == len(content)
    assert {part for part, size in ledger.items() if size > 0} == parts | {"container"}
    assert all(size >= 0 for size in ledger.values())
