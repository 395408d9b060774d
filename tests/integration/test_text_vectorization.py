"""The tokenizer ``keras`` splits texts like Keras's layer TextVectorization."""

from __future__ import annotations

import random
import sys

import pytest

from drupelet.text.named import TEXTVECTORIZATION
from drupelet.text.words import splitter
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = "\0\ud800\udfff\u0130\u212a\u0307\u1e9e\ufb01\u03a3\u01c5\ufeff\u200b\u200d\u180e\U0001f600" + WHITE_SPACE


@pytest.mark.slow
def test_the_keras_tokenizer_splits_like_the_textvectorization_layer() -> None:
    with tensorflow_log_on_failure():
        import tensorflow as tf

    seed = 20240229
    print(f"seed {seed}")
    generator = random.Random(seed)  # noqa: S311
    odd = [character for character in ODD if character.isprintable() or character.isspace() or character == "\0"]
    pool = [*map(chr, range(128)), *odd, "<br />", "DON'T ", " a", "\u00c9", "\u0416", "\U0001f468\u200d\U0001f469"]
    texts = ["", " ", *WHITE_SPACE, *map(chr, range(256)), "".join(map(chr, range(256)))]
    for _ in range(1500):
        anywhere = [chr(code) for code in generator.choices(range(0x110000), k=3) if not 0xD800 <= code < 0xE000]
        texts.append("".join(generator.choices([*pool, *anywhere], k=generator.randint(1, 40))))
    layer = tf.keras.layers.TextVectorization(standardize="lower_and_strip_punctuation", split="whitespace")
    with tf.device("CPU"):
        expected = layer._preprocess(tf.constant(texts))
    split = splitter(TEXTVECTORIZATION)
    for text, words in zip(texts, expected.to_list(), strict=True):
        assert [word.encode() for word in split(text)] == words, ascii(text)
