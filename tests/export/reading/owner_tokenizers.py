"""Tokenizers of owners, made by Keras, and what a vocabulary must have in common with them."""

from keras.src.legacy.preprocessing.text import Tokenizer

PROTOCOLS = range(6)


OOV = "<OOV>"


UNKNOWN = "[UNK]"


FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


TEXTS = ["The film\x85 is good", "the\u3000film was it's b\u00e4d", "a good film \U0001f600"]


def tokenizer(texts=TEXTS, **options):
    made = Tokenizer(**options)
    made.fit_on_texts(texts)
    return made


def matches(vocabulary, owner, form):
    assert vocabulary.kind == f"Tokenizer ({form})"
    assert vocabulary.ids == owner.word_index
    assert list(vocabulary.ids) == list(owner.word_index)
    assert vocabulary.tokens is None
    for name in ("num_words", "oov_token", "char_level", "lower", "filters", "split"):
        assert getattr(vocabulary, name) == getattr(owner, name), name
    assert vocabulary.unknown_token == owner.oov_token
    assert (vocabulary.standardize, vocabulary.ngrams, vocabulary.max_tokens) == (None, None, None)
