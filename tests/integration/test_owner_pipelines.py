"""From raw text to probabilities on every engine: a bundle answers as the owner's own program does.

Each owner here is written with what owners use - Keras's Tokenizer, TextVectorization and pad_sequences, Python's re - and
never with Drupelet's rules. A small network stands behind it. The command line gets what an owner has: the model, a file of
words, and the options that the questions ask for.
"""

from __future__ import annotations

import json
import pickle
import random
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drupelet.classifier import load
from drupelet.cli.main import main
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

pytestmark = pytest.mark.long

REAL_TEXTS = 2000
HOSTILE_TEXTS = 500
TRAINING_TEXTS = 300
LENGTH = 40
NUM_WORDS = 1500
TOLERANCE = 1e-5
ENGINES = ("native", "numpy", "onnx", "litert")
ASSIGNED = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
"""Characters of this interpreter's Unicode, on which it and the rules agree, without the surrogates that TensorFlow refuses."""
MARKS = "".join(character for character in ASSIGNED if unicodedata.category(character).startswith("M"))
WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = [
    "", "\0", "\r\n", "\x1c", "\x85", "\xa0", "\u3000", "\u200b", "\ufeff", "<br />", "<BR/>", "<br", "DON'T ", "don\u2019t",
    "_a_", "\u0130STANBUL", "\u039f\u03a3", "\u039f\u03a3.", "\u1e9e", "\ufb01", "e\u0301",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\u4f60\u597d",
    "\U0001f468\u200d\U0001f469", "http://a.b/c?d=1", "@name", "#tag", "12,345.6", "a\u0327" * 30, "<" * 90, "x" * 300,
]  # fmt: skip


@dataclass(frozen=True)
class Owner:
    """What an owner has: ids of texts (texts, LENGTH), the file of words, and what is said on the command line.

    ``rules``: a file for --text-rules.
    """

    ids: Callable[[Sequence[str]], Any]
    rows: int
    words: bytes
    options: tuple[str, ...]
    masked: bool = True
    rules: str | None = None


@pytest.fixture(scope="module")
def reviews() -> list[str]:
    from drupelet_train.corpora.imdb import read_imdb

    return list(read_imdb().texts)


@pytest.fixture(scope="module")
def training(reviews: list[str]) -> list[str]:
    """The texts that vocabularies are made of."""
    return reviews[7 :: len(reviews) // TRAINING_TEXTS][:TRAINING_TEXTS]


@pytest.fixture(scope="module")
def texts(reviews: list[str]) -> list[str]:
    """Real reviews, then texts of frequent words, odd pieces and any assigned characters, in all lengths around the limit."""
    generator = random.Random(20261127)  # noqa: S311
    frequent = [word for review in reviews[:40] for word in review.split()]
    pool = [*frequent[:400], *ODD, *map(chr, range(256)), *WHITE_SPACE]
    hostile = ["", " ", WHITE_SPACE, "".join(map(chr, range(256)))]
    while len(hostile) < HOSTILE_TEXTS:
        pieces = generator.choices(pool, k=generator.randint(0, 2 * LENGTH)) + generator.choices(ASSIGNED, k=6)
        generator.shuffle(pieces)
        hostile.append(generator.choice(("", " ", "\n")).join(pieces))
    real = reviews[:: len(reviews) // REAL_TEXTS][:REAL_TEXTS]
    assert len(real) == REAL_TEXTS
    return real + hostile


def index_of(words: Sequence[str]) -> dict[str, int]:
    """A word index as owners make it: the most frequent word has 1."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[: NUM_WORDS - 1]
    return {word: rank for rank, word in enumerate(ranked, 1)}


def padded(rows: Sequence[Sequence[int]], side: str, cut: str) -> Any:
    from keras.utils import pad_sequences

    return pad_sequences(rows, maxlen=LENGTH, padding=side, truncating=cut)


def owner_with_tokenizer(training: list[str]) -> Owner:
    """keras.preprocessing.text.Tokenizer with a limit of words and its own unknown word; the model reads its padding."""
    from keras.src.legacy.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(num_words=NUM_WORDS, oov_token="<OOV>")  # noqa: S106
    tokenizer.fit_on_texts(training)
    return Owner(
        lambda texts: padded(tokenizer.texts_to_sequences(texts), "pre", "pre"),
        NUM_WORDS,
        json.dumps(tokenizer.word_index).encode(),
        ("--tokenizer", "tokenizer", "--num-words", str(NUM_WORDS), "--keep", "tail", "--padding", "pre"),
        masked=False,
    )


def owner_with_pickled_tokenizer(training: list[str]) -> Owner:
    """A Tokenizer in a pickle, which says its rules itself, with filters of its own and unknown words that are dropped."""
    from keras.src.legacy.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(num_words=NUM_WORDS, filters='"(),-.<>', lower=False)
    tokenizer.fit_on_texts(training)
    return Owner(
        lambda texts: padded(tokenizer.texts_to_sequences(texts), "post", "post"),
        NUM_WORDS,
        pickle.dumps(tokenizer),
        ("--keep", "head"),
    )


def owner_with_textvectorization(training: list[str]) -> Owner:
    with tensorflow_log_on_failure():
        import tensorflow as tf

    with tf.device("CPU"):
        layer = tf.keras.layers.TextVectorization(NUM_WORDS, output_sequence_length=LENGTH)
        layer.adapt(training)

    def ids(texts: Sequence[str]) -> Any:
        with tf.device("CPU"):
            return layer(tf.constant(texts)).numpy()

    words = "".join(f"{word}\n" for word in layer.get_vocabulary()).encode()
    return Owner(ids, NUM_WORDS, words, ("--tokenizer", "textvectorization", "--keep", "head", "--padding", "post"))


def owner_with_imdb(training: list[str]) -> Owner:
    """keras.datasets.imdb.load_data(num_words): 1 begins a text, 2 is unknown, ranks + 3."""
    from keras.src.legacy.preprocessing.text import Tokenizer, text_to_word_sequence

    index = Tokenizer()
    index.fit_on_texts(training)

    def ids(texts: Sequence[str]) -> Any:
        found = [
            [1, *(index.word_index.get(word, NUM_WORDS) + 3 for word in text_to_word_sequence(text))] for text in texts
        ]
        return padded([[word if word < NUM_WORDS else 2 for word in row] for row in found], "pre", "pre")

    options = ("--tokenizer", "imdb", "--num-words", str(NUM_WORDS), "--keep", "tail")
    return Owner(ids, NUM_WORDS, json.dumps(index.word_index).encode(), options)


def owner_with_words(
    training: list[str], split: Callable[[str], list[str]], options: tuple[str, ...], unknown: int = 0
) -> Owner:
    """A program of an owner's own: a function from a text to words, and word_index.get(word, unknown)."""
    index = index_of([word for text in training for word in split(text)])
    return Owner(
        lambda texts: padded([[index.get(word, unknown) for word in split(text)] for text in texts], "pre", "pre"),
        len(index) + 1,
        json.dumps(index).encode(),
        (*options, "--unknown-id", str(unknown), "--keep", "tail", "--padding", "pre"),
        masked=False,
    )


def owner_with_alnum(training: list[str]) -> Owner:
    def split(text: str) -> list[str]:
        return re.sub(r"[^0-9a-z\s]", "", text.lower().replace("<br />", " ")).split()

    return owner_with_words(training, split, ("--tokenizer", "alnum"))


def owner_with_words_of_any_script(training: list[str]) -> Owner:
    pattern = re.compile(rf"[^\w{MARKS}\u200c\u200d]|_")

    def split(text: str) -> list[str]:
        return pattern.sub(" ", text.lower()).split()

    return owner_with_words([*training, *ODD], split, ("--tokenizer", "words"))


def owner_with_characters(training: list[str]) -> Owner:
    from keras.src.legacy.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(char_level=True, lower=False)
    tokenizer.fit_on_texts(training)
    return Owner(
        lambda texts: padded(tokenizer.texts_to_sequences(texts), "post", "pre"),
        len(tokenizer.word_index) + 1,
        json.dumps(tokenizer.word_index).encode(),
        ("--tokenizer", "characters", "--unknown-id", "drop", "--keep", "tail"),
    )


CLEANED = r"""
name = "cleaned"

[[steps]]
step = "lower"
letters = "unicode"

[[steps]]
step = "substitute"
pattern = '<.*?>'
replacement = " "

[[steps]]
step = "substitute"
pattern = 'https?://\S+|www\.\S+'
replacement = ""

[[steps]]
step = "substitute"
pattern = '@\w+'
replacement = "user"

[[steps]]
step = "substitute"
pattern = "[^\\w\\s']"
replacement = " "

[[steps]]
step = "substitute"
pattern = '\d+'
replacement = "0"

[[steps]]
step = "substitute"
pattern = '\b\w\b'
replacement = ""

[[steps]]
step = "split"
by = "unicode"

[[steps]]
step = "drop_words"
words = ["and", "of", "the"]
"""


def owner_with_a_chain_of_re(training: list[str]) -> Owner:
    """A chain of re.sub and a list of stop words, which the owner wrote down as a rules file."""

    def split(text: str) -> list[str]:
        text = re.sub(r"<.*?>", " ", text.lower())
        text = re.sub(r"https?://\S+|www\.\S+", "", text)
        text = re.sub(r"@\w+", "user", text)
        text = re.sub(r"[^\w\s']", " ", text)
        text = re.sub(r"\d+", "0", text)
        text = re.sub(r"\b\w\b", "", text)
        return [word for word in text.split() if word not in ("and", "of", "the")]

    return replace(owner_with_words(training, split, ()), rules=CLEANED)


OWNERS: dict[str, Callable[[list[str]], Owner]] = {
    "tokenizer": owner_with_tokenizer,
    "pickled tokenizer": owner_with_pickled_tokenizer,
    "textvectorization": owner_with_textvectorization,
    "imdb": owner_with_imdb,
    "alnum": owner_with_alnum,
    "words": owner_with_words_of_any_script,
    "characters": owner_with_characters,
    "rules file": owner_with_a_chain_of_re,
}


def network(keras: Any, rows: int, masked: bool) -> Any:
    """A small network whose answers lie well apart, so that a wrong id shows."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((LENGTH,)),
            layers.Embedding(rows, 4, mask_zero=masked),
            layers.LSTM(4),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    generator = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(generator.normal(0, 1, weight.shape))
    return model


@pytest.mark.parametrize("name", OWNERS)
def test_a_bundle_answers_texts_as_the_owners_own_program(
    name: str, keras: Any, texts: list[str], training: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = OWNERS[name](training)
    model = network(keras, owner.rows, owner.masked)
    model.save(tmp_path / "model.keras")
    (tmp_path / "words").write_bytes(owner.words)
    expected = model.predict(owner.ids(texts), batch_size=500, verbose=0)[:, 0]
    assert np.std(expected) > 0.05  # else a wrong id would not show

    paths = ["--vocab", str(tmp_path / "words"), "--out", str(tmp_path / "bundle")]
    if owner.rules is not None:
        (tmp_path / "rules.toml").write_text(owner.rules)
        paths += ["--text-rules", str(tmp_path / "rules.toml")]
    status = main(["export", str(tmp_path / "model.keras"), "--labels", "bad,good", *paths, *owner.options])

    assert status == 0, capsys.readouterr().err
    for engine in ENGINES:
        answers = np.array([answer.probabilities[1] for answer in load(tmp_path / "bundle", engine).predict(texts)])
        worst = int(np.argmax(np.abs(answers - expected)))
        assert abs(answers[worst] - expected[worst]) <= TOLERANCE, (engine, ascii(texts[worst]))
        assert not np.any((answers > 0.5) != (expected > 0.5)), engine
