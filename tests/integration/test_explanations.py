"""What words add to the log-odds is compared with Keras: with the bias it is the logit of its float32 network, within 1e-5."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import drupelet
from drupelet.text.named import ALNUM
from drupelet_export.compiled import compile_source
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.model.description import ModelDescription
from drupelet_export.passes import PIPELINE, run_passes
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.owner_vocabulary import OwnerVocabulary
from drupelet_export.reading.source import read_run_folder
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions

ROOT = Path(__file__).parents[2]
WORDS = ("", "[UNK]", "the", "film", "a", "good", "bad", "quiet", "wonderful", "dull")
LENGTH = 12
GIVEN = Given(
    OwnerVocabulary("list of words", tokens=WORDS),
    "words.txt",
    ALNUM,
    None,
    LENGTH,
    "tail",
    padding="pre",
    unknown_id=1,
)
TEXTS = ("a good film", "the bad film, a quiet and wonderful bad film", "x", "dull " * 20)
REVIEWS = (
    "a quiet, wonderful film", "", "dull and badly acted, I wanted my money back " * 40,
    "not as bad as people say, and the ending is lovely",
)  # fmt: skip
TOLERANCE = 1e-5


def pooled(keras: Any, name: str) -> Callable[[Any], Any]:
    """The layers between the embedding and the dense layer, by the name of a case."""
    layers = keras.layers
    lstm, gru = layers.LSTM(5, return_sequences=True), layers.GRU(4)
    cases: dict[str, Callable[[Any], Any]] = {
        "last state of an LSTM": layers.LSTM(5),
        "last state of a GRU, backwards": layers.GRU(5, go_backwards=True),
        "last states of both directions": layers.Bidirectional(layers.LSTM(4)),
        "maximum of both directions": lambda x: layers.GlobalMaxPooling1D()(layers.Bidirectional(lstm)(x)),
        "average of a GRU": lambda x: layers.GlobalAveragePooling1D()(layers.GRU(5, return_sequences=True)(x)),
        "average of the embedding": layers.GlobalAveragePooling1D(),
        "maximum and last state": lambda x: layers.Concatenate()([layers.GlobalMaxPooling1D()(lstm(x)), gru(x)]),
    }
    return cases[name]


CASES = (
    "last state of an LSTM", "last state of a GRU, backwards", "last states of both directions", "maximum of both directions",
    "average of a GRU", "average of the embedding", "maximum and last state",
)  # fmt: skip


def logits_of(keras: Any, model: Any, ids: Any) -> Any:
    """The logits of a Keras model whose last layer is dense, before its activation: float32, as Keras multiplies."""
    dense = model.layers[-1]
    vectors = keras.Model(model.inputs, dense.input).predict(ids, verbose=0)
    return np.asarray(vectors @ np.asarray(dense.kernel) + np.asarray(dense.bias))


def log_odds(logits: Any, place: int) -> float:
    """Those of a label, as the definition of an explanation has it."""
    if len(logits) == 1:
        return float(logits[0] if place else -logits[0])
    return float(logits[place] - np.delete(logits, place).mean())


def written(model: ModelDescription, path: Path) -> Path:
    """The float32 file of a model."""
    path.write_bytes(emit_drupelet(in_rank_order(model)))
    return path


def keras_ids(text: str) -> list[int]:
    """The ids of a text, padded in front, as the owner of the model would give them."""
    found = [WORDS.index(word) if word in WORDS else 1 for word in text.replace(",", "").split()][-LENGTH:]
    return [0] * (LENGTH - len(found)) + found


@pytest.mark.parametrize("engine", ["native", "numpy"])
@pytest.mark.parametrize("masks", [True, False])
@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", CASES)
def test_words_and_bias_add_up_to_the_logits_of_keras(
    keras: Any, tmp_path: Path, name: str, units: int, masks: bool, engine: str
) -> None:
    keras.utils.set_random_seed(5)
    read = keras.Input((LENGTH,), dtype="int32")
    vector = pooled(keras, name)(keras.layers.Embedding(len(WORDS), 6, mask_zero=masks)(read))
    answer = keras.layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")(vector)
    model = keras.Model(read, answer)
    for layer in model.layers:
        layer.set_weights(
            [weight + np.random.default_rng(7).normal(0, 0.5, weight.shape) for weight in layer.get_weights()]
        )
    labels = ("bad", "good") if units == 1 else ("bad", "good", "so so")
    described = describe_model(model, TextOptions(labels, GIVEN), name)
    classifier = drupelet.load(written(run_passes(described, PIPELINE), tmp_path / "model.drupelet"), engine=engine)
    all_logits = logits_of(keras, model, np.array([keras_ids(text) for text in TEXTS], np.int32))
    for text, logits in zip(TEXTS, all_logits, strict=True):
        for place, label in enumerate(labels):
            found = classifier.explain(text, label, quick=True)
            assert found.rest is not None
            total = sum(word.share or 0.0 for word in found.words) + found.rest
            assert total == pytest.approx(log_odds(logits, place), abs=TOLERANCE)


@pytest.mark.parametrize("name", ["imdb", "imdb-tiny", "imdb-nano"])
def test_words_and_bias_add_up_to_the_logits_of_a_shipped_model(keras: Any, tmp_path: Path, name: str) -> None:
    compiled = compile_source(read_run_folder(ROOT / "artifacts" / f"{name}-source"))
    classifier = drupelet.load(written(compiled.final, tmp_path / "model.drupelet"), engine="native")
    bundle = drupelet.load(ROOT / "artifacts" / name, engine="onnx")  # with Keras's ids
    network = keras.models.load_model(ROOT / "artifacts" / f"{name}-source" / "model.keras", compile=False)
    rows = [bundle.keras_ids(text) for text in REVIEWS]
    logits = logits_of(keras, network, np.array([row + [0] * (1000 - len(row)) for row in rows], np.int32))
    for text, of_text in zip(REVIEWS, logits, strict=True):
        for place, label in enumerate(classifier.labels):
            found = classifier.explain(text, label, quick=True)
            assert found.rest is not None
            total = sum(word.share or 0.0 for word in found.words) + found.rest
            assert total == pytest.approx(log_odds(of_text, place), abs=TOLERANCE)
