"""The promise of the project: compiled Keras models of the whole grammar answer like ``model.predict`` on every engine.

Each case builds a Keras model with random weights, saves it and exports it as a user would. Every file on every engine that
runs here must pass the f32 gate on sampled texts and on the edge suite: no flipped label, and no probability off by more than
1e-5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drupelet.engines import ENGINES
from drupelet.text.named import ALNUM, TOKENIZER
from drupelet_export.exporter import Export, ExportRequest, export_bundle
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.source import Source
from drupelet_export.reading.text_facts import Given
from drupelet_export.reading.text_options import TextOptions
from runtime.rotation import every_nth

WORDS = tuple(f"w{number}" for number in range(38))
VOCABULARY = ("", "[UNK]", *WORDS)
MAX_TOKENS = 12
SEED = 11


@dataclass(frozen=True)
class Case:
    """A model of the grammar: its layers after the embedding, and how its texts are read."""

    layers: Callable[[Any], list[Any]]
    classes: int = 2
    variants: tuple[tuple[bool, str], ...] = ((True, "pre"), (True, "post"), (False, "pre"), (False, "post"))
    """The (mask_zero, padding) pairs to test the model with."""


CASES = {
    "lstm": Case(lambda k: [k.LSTM(5), k.Dense(2, activation="softmax")]),
    "gru": Case(lambda k: [k.SpatialDropout1D(0.2), k.GRU(5), k.Dropout(0.3), k.Dense(1, activation="sigmoid")]),
    "gru that resets before the product": Case(
        lambda k: [k.GRU(5, reset_after=False), k.Dense(3)], classes=3, variants=((True, "pre"), (False, "post"))
    ),
    "stacked lstm": Case(
        lambda k: [k.LSTM(5, return_sequences=True), k.LSTM(4), k.Dense(3, activation="softmax")],
        classes=3,
        variants=((True, "pre"), (False, "post")),
    ),
    "three stacked, cells mixed": Case(
        lambda k: [k.GRU(4, return_sequences=True), k.LSTM(6, return_sequences=True), k.GRU(3), k.Dense(2)],
        variants=((True, "post"), (False, "pre")),
    ),
    "bidirectional, concat": Case(
        lambda k: [k.Bidirectional(k.LSTM(5)), k.Dense(2, activation="softmax")],
        variants=((True, "post"), (False, "pre")),
    ),
    "bidirectional gru, sum": Case(
        lambda k: [k.Bidirectional(k.GRU(5), merge_mode="sum"), k.Dense(2, activation="softmax")],
        variants=((True, "pre"), (False, "post")),
    ),
    "bidirectional, max pooling": Case(
        lambda k: [
            k.Bidirectional(k.LSTM(5, return_sequences=True)),
            k.GlobalMaxPooling1D(),
            k.Dense(6, activation="relu"),
            k.Dense(2, activation="softmax"),
        ]
    ),
    "bidirectional, sum, max pooling": Case(
        lambda k: [
            k.Bidirectional(k.LSTM(5, return_sequences=True), merge_mode="sum"),
            k.GlobalMaxPooling1D(),
            k.Dense(2, activation="softmax"),
        ],
    ),
    "bidirectional, ave, over bidirectional, mul, average pooling": Case(
        lambda k: [
            k.Bidirectional(k.LSTM(5, return_sequences=True), merge_mode="mul"),
            k.Bidirectional(k.GRU(4, return_sequences=True), merge_mode="ave"),
            k.GlobalAveragePooling1D(),
            k.Dense(4, activation="selu"),
            k.Dense(2, activation="sigmoid"),
        ],
        variants=((True, "pre"), (False, "post")),
    ),
    "bidirectional, mul, average pooling": Case(
        lambda k: [
            k.Bidirectional(k.GRU(5, return_sequences=True), merge_mode="mul"),
            k.GlobalAveragePooling1D(),
            k.Dense(4, activation="silu"),
            k.Dense(3, activation="softmax"),
        ],
        classes=3,
        variants=((True, "post"), (False, "pre")),
    ),
    "max pooling of a plain layer": Case(
        lambda k: [
            k.LSTM(5, return_sequences=True),
            k.GlobalMaxPooling1D(),
            k.Dense(4, activation="elu"),
            k.Dense(2, activation="softmax"),
        ]
    ),
    "max pooling of a layer that outputs zeros for masked steps": Case(
        lambda k: [
            k.GRU(5, return_sequences=True, zero_output_for_mask=True),
            k.GlobalMaxPooling1D(),
            k.Dense(2, activation="softmax"),
        ],
        variants=((True, "pre"), (True, "post")),
    ),
    "average pooling, relu and hard sigmoid inside": Case(
        lambda k: [
            k.LSTM(5, return_sequences=True, activation="relu", recurrent_activation="hard_sigmoid"),
            k.GlobalAveragePooling1D(),
            k.Dense(4, activation="softsign"),
            k.Dense(2, activation="softmax"),
        ],
        variants=((True, "pre"), (False, "post")),
    ),
    "backwards": Case(
        lambda k: [
            k.LSTM(5, go_backwards=True),
            k.Dense(4, activation="hard_sigmoid"),
            k.Dense(2, activation="softmax"),
        ],
        variants=((True, "pre"), (False, "post")),
    ),
    "no biases": Case(
        lambda k: [
            k.GRU(5, use_bias=False, activation="sigmoid", recurrent_activation="hard_sigmoid"),
            k.Dense(4, activation="tanh", use_bias=False),
            k.Dense(2),
            k.Activation("softmax"),
        ],
        variants=((True, "post"), (False, "pre")),
    ),
}

PARAMETERS = [
    pytest.param(name, mask, padding, id=f"{name}, {'masked' if mask else 'not masked'}, padded {padding}")
    for name, case in CASES.items()
    for mask, padding in case.variants
]


def embedding(keras: Any, mask: bool, rows: int = len(VOCABULARY)) -> Any:
    """An embedding with vectors large enough to saturate some gates."""
    return keras.layers.Embedding(
        rows, 7, mask_zero=mask, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0, seed=SEED)
    )


def save(keras: Any, model: Any, path: Path) -> Path:
    """Saves a model with other biases than the zeros that Keras starts with, so that a test notices a lost bias."""
    random = keras.random.SeedGenerator(SEED)
    for weight in model.weights:
        if "bias" in weight.path:
            weight.assign(keras.random.normal(weight.shape, stddev=0.3, seed=random))
    model.save(path)
    return path


def export(path: Path, options: TextOptions) -> Export:
    return export_bundle(ExportRequest(Source(path, options, None), path.with_suffix(".bundle")))


def options(classes: int, padding: str | None, max_tokens: int | None = MAX_TOKENS) -> TextOptions:
    return TextOptions(
        labels=("negative", "neutral", "positive")[:classes] if classes > 2 else ("no", "yes"),
        text=Given(words(VOCABULARY), rules=ALNUM, max_tokens=max_tokens, keep="ends", padding=padding),
    )


def words(tokens: tuple[str, ...]) -> OwnerVocabulary:
    return OwnerVocabulary("list of words", tokens=tokens)


def hold_to_gate(exported: Export, suites: tuple[str, ...] = ("sampled", "edge")) -> None:
    """Asserts that every engine ran on every suite and passed the f32 gate."""
    expected = {engine.name for engine in ENGINES.values() if engine.check() is None}
    assert {verdict.engine for verdict in exported.verification.verdicts} >= expected
    assert {"litert", "onnx", "numpy"} <= expected, "the workstation has all engines installed"
    for verdict in exported.verification.verdicts:
        assert tuple(verdict.comparisons) == suites, verdict.engine
        for suite, comparison in verdict.comparisons.items():
            where = f"{verdict.engine} {suite}"
            assert comparison.n >= 20, where
            assert comparison.flips == (), where
            assert comparison.max_difference <= 1e-5, where
            assert comparison.id_mismatches == (), where
            assert comparison.passed, where


@pytest.mark.parametrize(("name", "mask", "padding"), every_nth(7, PARAMETERS))
def test_every_engine_answers_like_keras(keras: Any, tmp_path: Path, name: str, mask: bool, padding: str) -> None:
    case = CASES[name]
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([keras.Input((None,)), embedding(keras, mask), *case.layers(keras.layers)])
    hold_to_gate(export(save(keras, model, tmp_path / "model.keras"), options(case.classes, padding)))


@pytest.mark.parametrize("mask", [True, False])
def test_a_functional_model(keras: Any, tmp_path: Path, mask: bool) -> None:
    layers = keras.layers
    ids = keras.Input((MAX_TOKENS,), dtype="int32")
    steps = layers.SpatialDropout1D(0.1)(embedding(keras, mask)(ids))
    steps = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(steps)
    vector = layers.GlobalAveragePooling1D()(layers.GRU(3, return_sequences=True)(steps))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(vector))
    hold_to_gate(export(save(keras, model, tmp_path / "model.keras"), options(2, "pre")))


@pytest.mark.parametrize(
    ("standardize", "mask"),
    every_nth(
        3,
        (
            (standardize, mask)
            for standardize in ["lower_and_strip_punctuation", "lower", "strip_punctuation", None]
            for mask in [True, False]
        ),
    ),
)
def test_a_model_with_text_vectorization_inside(
    keras: Any, tmp_path: Path, standardize: str | None, mask: bool
) -> None:
    layers = keras.layers
    vectorization = layers.TextVectorization(
        max_tokens=60, standardize=standardize, output_sequence_length=MAX_TOKENS, vocabulary=[*WORDS, "\u00e9t\u00e9"]
    )
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorization,
            embedding(keras, mask, rows=60),
            layers.Bidirectional(layers.GRU(4, return_sequences=True)),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    exported = export(save(keras, model, tmp_path / "model.keras"), TextOptions(labels=("no", "yes")))
    hold_to_gate(exported)
    assert exported.bundle.manifest.text_rules.max_tokens == MAX_TOKENS


@pytest.mark.long
def test_a_model_that_reads_all_of_a_text(keras: Any, tmp_path: Path) -> None:
    # Without max_tokens, the edge suite's 100,000 tokens go through every engine, also through collected sequences.
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((None,)),
            embedding(keras, True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(2)),
            layers.Dense(2, activation="softmax"),
        ]
    )
    exported = export(save(keras, model, tmp_path / "model.keras"), options(2, None, max_tokens=None))
    hold_to_gate(exported)


def test_the_keras_tokenizer_and_unknown_words_left_out(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((None,)),
            embedding(keras, True, 39),
            keras.layers.LSTM(4),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    given = Given(
        words(WORDS), rules=TOKENIZER, max_tokens=MAX_TOKENS, keep="tail", padding="pre", unknown_id="drop", id_offset=1
    )
    text_options = TextOptions(("no", "yes"), given)
    exported = export(save(keras, model, tmp_path / "model.keras"), text_options)
    assert exported.bundle.manifest.text_rules.unknown_id is None
    hold_to_gate(exported)


def test_unknown_words_with_the_masked_id(keras: Any, tmp_path: Path) -> None:
    # `index.get(word, 0)` with mask_zero: an unknown word is skipped, but still counts for max_tokens.
    model = keras.Sequential(
        [
            keras.Input((None,)),
            embedding(keras, True, 39),
            keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    given = Given(
        words(WORDS), rules=ALNUM, max_tokens=MAX_TOKENS, keep="ends", padding="post", unknown_id=0, id_offset=1
    )
    text_options = TextOptions(("no", "yes"), given)
    hold_to_gate(export(save(keras, model, tmp_path / "model.keras"), text_options))


def test_an_h5_file(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((MAX_TOKENS,)),
            embedding(keras, True),
            keras.layers.GRU(4),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    hold_to_gate(export(save(keras, model, tmp_path / "model.h5"), options(2, "pre")))
