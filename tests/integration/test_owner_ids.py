"""The .onnx and .tflite files answer as Keras does for ids that their owner's own code made; with the code of the guide."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import drupelet
from drupelet.cli import main

PAGE = Path(__file__).parents[2] / "docs/guide/your_own_model.md"
LENGTH = 12
TOLERANCE = 1e-5
WORDS = """
the film was a and it is of to in this movie bad good awful wonderful plot story boring acting don't never again
music end very really not but with for he she they caf\u00e9 na\u00efve \u00fcber scene script cast love hate time
""".split()  # noqa: SIM905  # by falling frequency, as texts() draws them
TEXTS_OF_OWNER = 150

OwnersIds = Callable[[Sequence[str]], NDArray[np.int32]]


def texts(count: int) -> list[str]:
    """Texts of up to 20 words, some of them unknown, with capitals and punctuation; the first is empty."""
    random = np.random.default_rng(7)
    made = [""]
    for _ in range(count - 1):
        words = [WORDS[place] for place in np.minimum(random.geometric(0.12, random.integers(1, 21)), len(WORDS)) - 1]
        odd = random.random(len(words))
        pairs = zip(words, odd, strict=True)
        words = ["Zyx" if chance < 0.08 else word.capitalize() if chance > 0.8 else word for word, chance in pairs]
        made.append(", ".join(words) + "!")
    return made


def tokenizer(keras: Any, padding: str, folder: Path) -> tuple[OwnersIds, list[str], int]:
    """Keras's Tokenizer and pad_sequences: the function, the options of export, the rows of the embedding."""
    from keras.src.legacy.preprocessing.text import Tokenizer

    fitted = Tokenizer(num_words=45, oov_token="<oov>")  # noqa: S106
    fitted.fit_on_texts(texts(400))
    (folder / "tokenizer.json").write_text(fitted.to_json())

    def ids(given: Sequence[str]) -> NDArray[np.int32]:
        sequences = fitted.texts_to_sequences(given)
        padded: NDArray[np.int32] = keras.utils.pad_sequences(sequences, LENGTH, padding=padding)
        return padded

    return ids, ["--vocab", str(folder / "tokenizer.json"), "--keep", "tail"], 45


def vectorization(keras: Any, padding: str, folder: Path) -> tuple[OwnersIds, list[str], int]:
    """TextVectorization, which pads behind; the same in other words."""
    layer = keras.layers.TextVectorization(max_tokens=40, output_sequence_length=LENGTH)
    layer.adapt(texts(400))
    words = layer.get_vocabulary()
    (folder / "words.txt").write_text("".join(word + "\n" for word in words), encoding="utf-8")

    def ids(given: Sequence[str]) -> NDArray[np.int32]:
        found: NDArray[np.int32] = np.asarray(layer(given), np.int32)
        if padding == "pre":
            rows = [[0] * int((row == 0).sum()) + [number for number in row if number] for row in found]
            return np.array(rows, np.int32)
        return found

    # Two rows more than there are words: an owner's ids may hit no row but those of words, and the file has them all.
    return (
        ids,
        ["--vocab", str(folder / "words.txt"), "--tokenizer", "textvectorization", "--keep", "head"],
        len(words) + 2,
    )


def code_of_the_page(name: str, bundle: Path, masked: bool) -> Callable[[Sequence[int]], NDArray[np.float32]]:
    """The function ``logits`` of the block of the guide with this name."""
    (code,) = re.findall(rf"```python\n# {name}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace('"bundle/', f'"{bundle}/').replace("MASKED = True", f"MASKED = {masked}")
    held: dict[str, Any] = {}
    exec(compile(code, name, "exec"), held)  # noqa: S102
    function: Callable[[Sequence[int]], NDArray[np.float32]] = held["logits"]
    return function


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "unmasked"])
@pytest.mark.parametrize("owner", [tokenizer, vectorization])
def test_files_answer_the_ids_of_their_owner(
    keras: Any, tmp_path: Path, owner: Callable[..., tuple[OwnersIds, list[str], int]], masked: bool, padding: str
) -> None:
    ids_of, options, rows = owner(keras, padding, tmp_path)
    layers = keras.layers
    keras.utils.set_random_seed(11)
    chain = [layers.Embedding(rows, 6, mask_zero=masked), layers.LSTM(5), layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential([keras.Input((LENGTH,)), *chain])
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        weight.assign(random.uniform(-1.5, 1.5, weight.shape))
    model.save(tmp_path / "model.keras")
    bundle = tmp_path / "bundle"
    status = main(
        ["export", str(tmp_path / "model.keras"), *options, "--labels", "no,yes", "--max-tokens", str(LENGTH),
         "--padding", padding, "--formats", "tflite,onnx,drupelet", "--out", str(bundle)]
    )  # fmt: skip
    assert status == 0
    given = texts(TEXTS_OF_OWNER)
    owners = ids_of(given)
    assert len(np.unique(owners)) > 30  # not a few words alone
    expected = model.predict(owners, verbose=0)[:, 0]
    assert np.ptp(expected) > 0.3
    for name in ("onnx_logits.py", "tflite_logits.py"):
        logits = code_of_the_page(name, bundle, masked)
        answers = [1 / (1 + np.exp(-float(logits(row.tolist())[0]))) for row in owners]
        np.testing.assert_allclose(answers, expected, rtol=0, atol=TOLERANCE, err_msg=name)
    for engine in ("native", "numpy", "onnx", "litert"):
        classifier = drupelet.load(bundle, engine)
        for text, row in zip(given, owners, strict=True):
            ids = [number for number in row.tolist() if number] if masked else row.tolist()
            assert classifier.keras_ids(text) == ids, (engine, text)
            assert (classifier.encode(text) == ids) or engine in ("native", "numpy"), (engine, text)
        probabilities = [answer.probabilities[1] for answer in classifier.predict(given)]
        np.testing.assert_allclose(probabilities, expected, rtol=0, atol=TOLERANCE, err_msg=engine)
