"""Tokens with characters at which other programs end a line: engines answer as the owner's TextVectorization does."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import numpy as np
import pytest

import drupelet
from drupelet.cli.main import main
from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_file import load_keras_model

ODD = (
    *(
        "\u0085",
        "it\u0085",
        "\u0085\u0085x",
        "\u00a0",
        "good\u00a0place",
        "a\u2028b",
        "\u2028",
        "\u2029c",
        "\u3000",
        "\u3000d",
    ),
    *("\ufeff", "\ufeffgood", "\x1c", "e\x1df", "\x1e", "\u200b", "\u1680", "caf\u00e9"),
)
PLAIN = ("good", "bad", "food", "place", "film", "it", "was")


def texts() -> list[str]:
    generator = random.Random(14)  # noqa: S311 (a fixed seed, no secret)
    pieces = [*ODD, *PLAIN, "unknown", "GOOD", "bad!"]
    joined = [
        generator.choice([" ", "  ", "\t", "\n", "\r\n"]).join(generator.choices(pieces, k=n % 9)) for n in range(200)
    ]
    return ["", *ODD, *PLAIN, *joined, *("".join(generator.choices(pieces, k=3)) for _ in range(100))]


@pytest.fixture(scope="module")
def vectorization() -> Any:
    import keras

    layer = keras.layers.TextVectorization()
    layer.adapt([" ".join([*ODD, *PLAIN, *PLAIN])])
    assert set(ODD) <= set(layer.get_vocabulary())
    return layer


def network(first: list[Any], rows: int) -> Any:
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [*first, layers.Embedding(rows, 6, mask_zero=True), layers.LSTM(5), layers.Dense(1, activation="sigmoid")]
    )
    generator = np.random.default_rng(3)
    if not first:
        model.build((None, None))
    for weight in model.trainable_weights:
        weight.assign(generator.uniform(-1, 1, weight.shape))
    return model


def compare(bundle: Path, ids: Any, probabilities: Any) -> None:
    """Every engine: the owner's ids, and the owner's probabilities."""
    seen: set[int] = set()
    for engine in ("native", "numpy", "onnx", "litert"):
        classifier = drupelet.load(bundle, engine)
        for text, row, probability in zip(texts(), ids, probabilities, strict=True):
            given = [int(number) for number in row if number]
            assert classifier.keras_ids(text) == given, (engine, ascii(text))
            seen |= set(given)
            assert classifier(text).probabilities[1] == pytest.approx(float(probability), abs=1e-5), (
                engine,
                ascii(text),
            )
    assert len(seen) >= len(ODD) + len(PLAIN)


@pytest.mark.long
@pytest.mark.slow
def test_a_list_of_words_beside_the_model(tmp_path: Path, vectorization: Any) -> None:
    words = [str(word) for word in vectorization.get_vocabulary()]
    (tmp_path / "words.txt").write_bytes("\n".join(words).encode() + b"\n")
    model = network([], len(words))
    model.save(tmp_path / "model.keras")
    given = (
        "--vocab",
        tmp_path / "words.txt",
        "--tokenizer",
        "textvectorization",
        "--labels",
        "bad,good",
        "--out",
        tmp_path / "b",
    )
    assert main(["export", str(tmp_path / "model.keras"), *map(str, given)]) == 0
    ids = np.asarray(vectorization(np.array(texts(), dtype=object)))
    compare(tmp_path / "b", ids, model.predict(ids, verbose=0)[:, 0])


@pytest.mark.slow
def test_a_vocabulary_inside_the_model(tmp_path: Path, vectorization: Any) -> None:
    import keras
    import tensorflow as tf

    words = vectorization.get_vocabulary()
    model = network([keras.Input((1,), dtype="string"), vectorization], len(words))
    model.save(tmp_path / "model.keras")
    assert load_keras_model(tmp_path / "model.keras").layers[0].get_vocabulary() == words
    assert main(["export", str(tmp_path / "model.keras"), "--labels", "bad,good", "--out", str(tmp_path / "b")]) == 0
    given = tf.constant([[text] for text in texts()])
    compare(tmp_path / "b", np.asarray(vectorization(given)), model.predict(given, verbose=0)[:, 0])


def edited(path: Path, content: bytes) -> Path:
    """A copy of a .keras file with other vocabulary files."""
    copy = path.with_name("edited.keras")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, content if name.endswith("vocabulary.txt") else archive.read(name))
    return copy


def test_the_vocabulary_of_a_file_is_read_by_our_rules(tmp_path: Path, vectorization: Any) -> None:
    import keras

    network([keras.Input((1,), dtype="string"), vectorization], 8).save(tmp_path / "model.keras")
    for content in (b"\n[UNK]\ngood\na\rb\n\n", b"\xef\xbb\xbf\r\n[UNK]\r\ngood\r\na\rb"):
        model = load_keras_model(edited(tmp_path / "model.keras", content))
        assert model.layers[0].get_vocabulary() == ["", "[UNK]", "good", "a\rb"]
    with pytest.raises(
        ModelError, match=r"edited\.keras: assets/.*vocabulary\.txt: line 3: byte 1 \(0xe4\) is not UTF-8"
    ):
        load_keras_model(edited(tmp_path / "model.keras", b"\n[UNK]\ng\xe4d\n"))
    with pytest.raises(ModelError, match=r"edited\.keras: Keras \S+ cannot build the model: .*repeated"):
        load_keras_model(edited(tmp_path / "model.keras", b"\n[UNK]\ngood\ngood\n"))


def test_a_nested_vectorization_keeps_its_vocabulary(tmp_path: Path, vectorization: Any) -> None:
    import keras

    inner = network([keras.Input((1,), dtype="string"), vectorization], len(vectorization.get_vocabulary()))
    given = keras.Input((1,), dtype="string")
    keras.Model(given, inner(given)).save(tmp_path / "nested.keras")
    loaded = load_keras_model(tmp_path / "nested.keras")
    found = [layer for layer in loaded._flatten_layers() if type(layer).__name__ == "TextVectorization"]
    assert [layer.get_vocabulary() for layer in found] == [vectorization.get_vocabulary()]
