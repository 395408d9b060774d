"""Text rules make the words that the owner's pipeline makes: Keras's Tokenizer and TextVectorization, and Python's re."""

from __future__ import annotations

import random
import re
import sys
import unicodedata
from collections.abc import Callable

import pytest

from drupelet.text.named import KERAS_FILTERS, named_rules
from drupelet.text.rules import Drop, DropWords, Lower, Ngrams, Split, Substitute, TextRules
from drupelet.text.words import splitter
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

REAL_TEXTS = 2000
HOSTILE_TEXTS = 600
WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = (
    "\0\u0130\u212a\u0307\u1e9e\ufb01\u03a3\u01c5\ufeff\u200b\u200d\u180e\U0001f600\u00c9\u0416\u0663\u093e\u0301"
    + WHITE_SPACE
)
PIECES = [
    "<br />",
    "DON'T ",
    " a",
    "\u00c9t\u00e9",
    "http://a.b/c?d=1",
    "@name",
    "#tag",
    "<b>x</b>",
    "&amp;",
    "12,345.6",
    "\u4f60\u597d",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Real reviews, then texts that are made to part two pipelines; none with a lone surrogate, which TensorFlow refuses."""
    from drupelet_train.corpora.imdb import read_imdb

    reviews = list(read_imdb().texts)
    real = reviews[:: len(reviews) // REAL_TEXTS][:REAL_TEXTS]
    generator = random.Random(20261127)  # noqa: S311
    pool = [*map(chr, range(128)), *ODD, *PIECES]
    hostile = ["", " ", *WHITE_SPACE, "".join(map(chr, range(256)))]
    while len(hostile) < HOSTILE_TEXTS:
        anywhere = [chr(code) for code in generator.choices(range(0x110000), k=3) if not 0xD800 <= code < 0xE000]
        hostile.append("".join(generator.choices([*pool, *anywhere], k=generator.randint(1, 40))))
    assert len(real) == REAL_TEXTS
    return real + hostile


def assert_same_words(rules: TextRules, owner: Callable[[str], list[str]], texts: list[str]) -> None:
    ours = splitter(rules)
    for text in texts:
        assert ours(text) == owner(text), ascii(text)


def test_tokenizer_makes_the_words_of_the_keras_tokenizer(texts: list[str]) -> None:
    from keras.src.legacy.preprocessing.text import text_to_word_sequence

    assert_same_words(named_rules("tokenizer"), text_to_word_sequence, texts)
    assert_same_words(named_rules("imdb"), text_to_word_sequence, texts)


def test_a_tokenizer_with_filters_of_its_own(texts: list[str]) -> None:
    from keras.src.legacy.preprocessing.text import text_to_word_sequence

    rules = TextRules("own", (Drop("!,.", replacement="_"), Split("separator", "_")))
    assert_same_words(rules, lambda text: text_to_word_sequence(text, filters="!,.", lower=False, split="_"), texts)


def test_characters_are_those_of_a_tokenizer_on_characters(texts: list[str]) -> None:
    from keras.src.legacy.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(char_level=True, lower=False)
    tokenizer.fit_on_texts(texts)
    ids = tokenizer.texts_to_sequences(texts)
    split = splitter(named_rules("characters"))
    for text, expected in zip(texts, ids, strict=True):
        assert [tokenizer.word_index[character] for character in split(text)] == expected, ascii(text)


@pytest.mark.slow
@pytest.mark.parametrize("ngrams", [None, 2, (2, 3)])
def test_textvectorization_makes_the_words_of_the_layer(texts: list[str], ngrams: int | tuple[int, ...] | None) -> None:
    with tensorflow_log_on_failure():
        import tensorflow as tf

    layer = tf.keras.layers.TextVectorization(ngrams=ngrams)
    with tf.device("CPU"):
        expected = layer._preprocess(tf.constant(texts)).to_list()
    rules = named_rules("textvectorization")
    if ngrams is not None:
        sizes = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
        rules = TextRules("ngrams", (*rules.steps, Ngrams(sizes)))
    split = splitter(rules)
    for text, words in zip(texts, expected, strict=True):
        assert [word.encode() for word in split(text)] == words, ascii(text)


CLEANINGS = (
    (r"<br\s*/?>", " "),
    (r"<.*?>", ""),
    (r"https?://\S+|www\.\S+", ""),
    (r"@\w+", "user"),
    (r"#", ""),
    (r"&[a-z]+;", " "),
    (r"[^\w\s']", " "),
    (r"\d+", "0"),
    (r"\b\w\b", ""),
    (r"\s+", " "),
)
"""Patterns that owners clean texts with, and what they put in place of what matches."""


def test_a_chain_of_substitutions_is_that_of_re(texts: list[str]) -> None:
    stop_words = ("a", "and", "the")

    def owner(text: str) -> list[str]:
        text = text.lower()
        for pattern, replacement in CLEANINGS:
            text = re.sub(pattern, replacement, text)
        return [word for word in text.split() if word not in stop_words]

    steps = (
        Lower("unicode"),
        *(Substitute(*cleaning) for cleaning in CLEANINGS),
        Split("unicode"),
        DropWords(stop_words),
    )
    # The words of this interpreter's re may be of another Unicode version than the rules: texts of assigned characters agree.
    known = [text for text in texts if all(unicodedata.category(c) != "Cn" for c in text)]
    assert len(known) > REAL_TEXTS
    assert_same_words(TextRules("chain", steps), owner, known)


def test_the_filters_are_those_of_the_keras_tokenizer() -> None:
    from keras.src.legacy.preprocessing.text import Tokenizer

    assert "".join(sorted(Tokenizer().filters)) == KERAS_FILTERS
