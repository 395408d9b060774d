"""From an owner's file to ids on real and hostile texts: what is settled gives the ids of the owner's own program."""

from __future__ import annotations

import json
import pickle
import random
import re
from pathlib import Path
from typing import Any

import pytest

from drupelet.text.named import NAMED_RULES, named_rules
from drupelet.text.rules import DropWords, Keep, Lower, Split, Substitute, TextRules
from drupelet.text.words import splitter
from drupelet_export.reading.owner_vocabulary import read_owner_vocabulary
from drupelet_export.reading.rules_file import read_rules_file
from drupelet_export.reading.rules_text import rules_as_toml
from drupelet_export.reading.settlement import Facts, Given, Settled, settle
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

REAL_TEXTS = 2000
HOSTILE_TEXTS = 500
LENGTH = 100
NUM_WORDS = 5000
PIECES = [
    "<br />",
    "DON'T ",
    " a",
    "\u00c9t\u00e9",
    "http://a.b/c?d=1",
    "@name",
    "\x85",
    "\u3000",
    "\u0130",
    "\u039f\u03a3",
    "\r\n",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Real reviews, then texts of odd pieces and characters; none with a lone surrogate, which TensorFlow refuses."""
    from drupelet_train.corpora.imdb import read_imdb

    reviews = list(read_imdb().texts)
    generator = random.Random(20261127)  # noqa: S311
    words = [word for review in reviews[:50] for word in review.split()]
    hostile = []
    for _ in range(HOSTILE_TEXTS):
        anywhere = [chr(code) for code in generator.choices(range(0x110000), k=5) if not 0xD800 <= code < 0xE000]
        pieces = generator.choices(
            [*words[:300], *PIECES, *map(chr, range(256)), *anywhere], k=generator.randint(0, 150)
        )
        hostile.append(generator.choice(["", " "]).join(pieces))
    return reviews[:: len(reviews) // REAL_TEXTS][:REAL_TEXTS] + hostile


@pytest.fixture(scope="module")
def training() -> list[str]:
    """The texts that a vocabulary is made of."""
    from drupelet_train.corpora.imdb import read_imdb

    return list(read_imdb().texts)[::20]


def padded_ids(settled: Settled, texts: list[str]) -> list[list[int]]:
    rows = {word: row for row, word in enumerate(settled.words) if word is not None}
    split, rules = splitter(settled.rules), settled.rules
    found = []
    for text in texts:
        ids = rules.ids([rows.get(word) for word in split(text)])
        padding = [0] * (LENGTH - len(ids))
        found.append(padding + ids if settled.padding == "pre" else ids + padding)
    return found


def facts(rows: int) -> Facts:
    return Facts("m.keras", rows, LENGTH, masked=False, padding_counts=True)


@pytest.mark.parametrize("form", ["pickle", "JSON", "list"])
@pytest.mark.parametrize("options", [{"num_words": NUM_WORDS}, {"oov_token": "<OOV>", "num_words": NUM_WORDS}, {}])
def test_a_keras_tokenizer_and_pad_sequences(
    texts: list[str], training: list[str], tmp_path: Path, form: str, options: dict[str, Any]
) -> None:
    from keras.src.legacy.preprocessing.text import Tokenizer
    from keras.utils import pad_sequences

    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(training)
    path = tmp_path / "owner"
    content = {"pickle": pickle.dumps(tokenizer), "JSON": tokenizer.to_json().encode()}
    path.write_bytes(content.get(form, json.dumps(list(tokenizer.word_index)).encode()))
    given = Given(read_owner_vocabulary(path), str(path), keep="tail", padding="pre")
    if form == "list":
        unknown = None if "oov_token" in options else "drop"
        given = Given(
            given.vocabulary,
            rules=named_rules("tokenizer"),
            num_words=options.get("num_words"),
            unknown_id=unknown,
            keep="tail",
            padding="pre",
        )
    settled = settle(given, facts(options.get("num_words", len(tokenizer.word_index) + 1)), texts)
    assert padded_ids(settled, texts) == pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=LENGTH).tolist()


def test_a_tokenizer_of_characters(texts: list[str], training: list[str], tmp_path: Path) -> None:
    from keras.src.legacy.preprocessing.text import Tokenizer
    from keras.utils import pad_sequences

    tokenizer = Tokenizer(char_level=True, oov_token="UNK")  # noqa: S106
    tokenizer.fit_on_texts(training[:100])
    (tmp_path / "owner").write_bytes(pickle.dumps(tokenizer))
    given = Given(read_owner_vocabulary(tmp_path / "owner"), keep="head", padding="post")
    expected = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=LENGTH, padding="post", truncating="post")
    assert padded_ids(settle(given, facts(len(tokenizer.word_index) + 1)), texts) == expected.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["config", "lines"])
def test_a_textvectorization(texts: list[str], training: list[str], tmp_path: Path, form: str) -> None:
    with tensorflow_log_on_failure():
        import tensorflow as tf

    layer = tf.keras.layers.TextVectorization(NUM_WORDS, output_sequence_length=LENGTH)
    with tf.device("CPU"):
        layer.adapt(training)
        expected = layer(tf.constant(texts)).numpy().tolist()
    words = [str(word) for word in layer.get_vocabulary()]
    path = tmp_path / "owner"
    if form == "config":
        path.write_text(json.dumps({**layer.get_config(), "vocabulary": words}))
        given = Given(read_owner_vocabulary(path))
    else:
        path.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        rules = named_rules("textvectorization")
        given = Given(read_owner_vocabulary(path), rules=rules, keep="head", padding="post")
    assert padded_ids(settle(given, facts(NUM_WORDS), texts), texts) == expected


def test_keras_imdb(texts: list[str], training: list[str], tmp_path: Path) -> None:
    from keras.src.legacy.preprocessing.text import Tokenizer, text_to_word_sequence
    from keras.utils import pad_sequences

    index = Tokenizer()
    index.fit_on_texts(training)
    (tmp_path / "index.json").write_text(json.dumps(index.word_index))

    def load_data(text: str) -> list[int]:
        """What keras.datasets.imdb.load_data makes of a text: index_from=3, start_char=1, oov_char=2."""
        ids = [1, *(index.word_index.get(word, 10**9) + 3 for word in text_to_word_sequence(text))]
        return [word_id if word_id < NUM_WORDS else 2 for word_id in ids]

    given = Given(
        read_owner_vocabulary(tmp_path / "index.json"),
        rules=NAMED_RULES["imdb"],
        num_words=NUM_WORDS,
        keep="tail",
        padding="pre",
    )
    expected = pad_sequences([load_data(text) for text in texts], maxlen=LENGTH).tolist()
    assert padded_ids(settle(given, facts(NUM_WORDS)), texts) == expected


def test_cleaning_of_an_owner_in_a_rules_file(texts: list[str], training: list[str], tmp_path: Path) -> None:
    from keras.utils import pad_sequences

    stop_words = ("a", "and", "the", "of")

    def words_of(text: str) -> list[str]:
        text = re.sub(r"[^a-z ]", " ", re.sub("<[^>]+>", " ", re.sub(r"https?://\S+", "", text.lower())))
        return [word for word in text.split(" ") if word and word not in stop_words]

    steps = (
        Lower("unicode"),
        Substitute(r"https?://\S+", ""),
        Substitute("<[^>]+>", " "),
        Keep(" abcdefghijklmnopqrstuvwxyz", replacement=" "),
        Split("separator", " "),
        DropWords(tuple(sorted(stop_words))),
    )
    (tmp_path / "rules.toml").write_text(rules_as_toml(TextRules("cleaned", steps)))
    index = {word: place for place, word in enumerate(dict.fromkeys(w for text in training for w in words_of(text)), 1)}
    (tmp_path / "index.pkl").write_bytes(pickle.dumps(index))
    given = Given(
        read_owner_vocabulary(tmp_path / "index.pkl"),
        rules=read_rules_file(tmp_path / "rules.toml"),
        unknown_id=0,
        keep="tail",
        padding="pre",
    )
    known = [text for text in texts if text.isascii()]  # the white space of \S is that of Unicode, of two versions
    assert len(known) > REAL_TEXTS // 2
    expected = pad_sequences([[index.get(word, 0) for word in words_of(text)] for text in known], maxlen=LENGTH)
    assert padded_ids(settle(given, facts(len(index) + 1)), known) == expected.tolist()
