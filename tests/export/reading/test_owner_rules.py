"""Steps read from the settings of a Tokenizer or TextVectorization make the words that Keras makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.text import text_to_word_sequence

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Lower, Ngrams, Split
from drupelet.text.words import splitter
from drupelet_export.errors import ModelError
from drupelet_export.reading.owner_rules import rules_of_owner, rules_of_textvectorization
from drupelet_export.reading.owner_words import OwnerVocabulary

HOSTILE = [
    "",
    " ",
    "  a  b ",
    "The FILM is good/bad -- don't bother.",
    "well-made,over-priced\tnice_really...truly\r\nnew\x0bline\x0c.",
    "it\x85was\u00a0b\u00e4d\u3000here\u2028there\x1cnow\x1d\x1e\x1f",
    "SCH\u00d6NE \u00dcBERRASCHUNG \u0130stanbul \u039f\u03a3 \u039f\u03a3. \u1e9e \ufb01",
    "\u4f60\u597d\uff0c\u4e16\u754c \U0001f600\U0001f44d\u200d \ufeffx",
    "a<sep>b<<sep>>c<sep><sep>d<sepX<SEP>e",
    "aAaAb --- b--c-d ---",
    "\0nul\0",
    "[UNK] <OOV> <pad>",
    "".join(map(chr, range(256))),
]
TEXTS = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("aA bB,.-_<>sep\t\n\x85\u00a0\u0130\u03a3"))


def tokenizer(**settings):
    return OwnerVocabulary("Tokenizer (JSON)", ids={"a": 1}, **settings)


def words_of_keras(text, **settings):
    if settings.pop("char_level", False):
        return list(text.lower() if settings["lower"] else text)
    return text_to_word_sequence(text, **settings)


DEFAULT_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
TOKENIZERS = [
    {"lower": True, "filters": DEFAULT_FILTERS, "split": " ", "char_level": False},
    {"lower": False, "filters": DEFAULT_FILTERS, "split": " "},
    {"lower": True, "filters": "", "split": " "},
    {"lower": True, "filters": "!,.!!", "split": "_"},
    {"lower": False, "filters": "abc \u0130", "split": "a"},
    {"lower": True, "filters": DEFAULT_FILTERS, "split": "<sep>"},
    {"lower": False, "filters": ".-", "split": "--"},
    {"lower": True, "filters": "", "split": "--"},
    {"lower": True, "filters": "-", "split": "A-"},
    {"lower": True, "filters": "a", "split": "aa"},
    {"lower": True, "filters": DEFAULT_FILTERS, "split": " ", "char_level": True},
    {"lower": False, "filters": "", "split": "", "char_level": True},
]


@pytest.mark.parametrize("settings", TOKENIZERS)
@given(text=TEXTS)
def test_settings_of_a_tokenizer_make_its_words(settings, text):
    rules = rules_of_owner(tokenizer(**settings), "t.json")
    for found in (text, *HOSTILE):
        assert splitter(rules)(found) == words_of_keras(found, **settings), found


def test_settings_of_named_rules_get_their_name():
    assert rules_of_owner(tokenizer(**TOKENIZERS[0]), "t") == NAMED_RULES["tokenizer"]
    assert rules_of_owner(tokenizer(lower=False, char_level=True), "t") == NAMED_RULES["characters"]
    assert rules_of_owner(tokenizer(**TOKENIZERS[1]), "t").name == "own"


def test_a_split_that_cannot_be_made_is_refused():
    with pytest.raises(ModelError, match=r"^t: the Tokenizer has split='', at which Python cannot split"):
        rules_of_owner(tokenizer(lower=True, filters="a", split=""), "t")
    with pytest.raises(ModelError, match=r"^t: the Tokenizer has split='ab' and filters='ba': .* none is free"):
        rules_of_owner(tokenizer(lower=False, filters="ba", split="ab"), "t")
    with pytest.raises(ModelError, match=r"^t: the Tokenizer has filters='\\ud800' .* lone surrogate"):
        rules_of_owner(tokenizer(lower=False, filters="\ud800", split=" "), "t")


@pytest.mark.parametrize(
    "settings", [{}, {"lower": True}, {"lower": True, "filters": "a"}, {"lower": True, "split": " "}, {"num_words": 9}]
)
def test_a_file_without_all_settings_says_no_rules(settings):
    assert rules_of_owner(tokenizer(**settings), "t") is None


def vectorization(**settings):
    return OwnerVocabulary("TextVectorization config", tokens=("", "[UNK]", "a"), **settings)


@pytest.mark.parametrize("standardize", ["lower_and_strip_punctuation", "lower", "strip_punctuation", None])
@pytest.mark.parametrize("split", ["whitespace", "character"])
@pytest.mark.parametrize("ngrams", [None, 1, 3, (2,), (3, 1)])
def test_a_configuration_of_textvectorization_makes_the_words_of_the_layer(standardize, split, ngrams):
    import tensorflow as tf

    layer = tf.keras.layers.TextVectorization(standardize=standardize, split=split, ngrams=ngrams)
    rules = rules_of_textvectorization({**layer.get_config(), "ngrams": ngrams}, "m.keras")
    assert rules_of_textvectorization(layer.get_config(), "m.keras") == rules
    expected = layer._preprocess(tf.constant(HOSTILE)).to_list()
    for text, words in zip(HOSTILE, expected, strict=True):
        assert [word.encode() for word in splitter(rules)(text)] == words, text
    sizes = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
    owner = vectorization(standardize=standardize or "none", split=split, ngrams=sizes)
    assert rules_of_owner(owner, "t.json") == rules


def test_a_textvectorization_gives_the_ids_of_the_layer():
    import tensorflow as tf

    layer = tf.keras.layers.TextVectorization(output_sequence_length=3, ngrams=2)
    layer.adapt(["good food bad", "good food"])
    rules = rules_of_textvectorization(layer.get_config(), "m.keras")
    assert (rules.unknown_id, rules.max_tokens, rules.keep, rules.start_id) == (1, 3, "head", None)
    rows = {word: row for row, word in enumerate(map(str, layer.get_vocabulary())) if row > 1}
    for text in ["", "good", "Good food unseen", "bad food good bad food"]:
        ids = rules.ids([rows.get(word) for word in splitter(rules)(text)])
        assert ids + [0] * (3 - len(ids)) == np.asarray(layer([text]))[0].tolist()


def test_a_textvectorization_with_defaults_is_named():
    config = {"standardize": "lower_and_strip_punctuation", "split": "whitespace", "ngrams": None, "output_mode": "int"}
    rules = rules_of_textvectorization(config, "m")
    assert (rules.name, rules.steps) == ("textvectorization", NAMED_RULES["textvectorization"].steps)
    assert rules_of_textvectorization({**config, "standardize": "lower", "ngrams": [2]}, "m").steps == (
        Lower("ascii"),
        Split("ascii"),
        Ngrams((2,)),
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"output_mode": "tf_idf"}, "output_mode='tf_idf', expected 'int': other modes make no ids"),
        ({"ragged": True}, "ragged=True, expected False"),
        ({"sparse": True}, "sparse=True, expected False"),
        ({"encoding": "utf-16"}, "encoding='utf-16', expected 'utf-8'"),
        (
            {"standardize": {"class_name": "function"}},
            "standardize=.*a function of one's own cannot be read.*--text-rules",
        ),
        ({"standardize": ["lower"]}, r"standardize=\['lower'\], expected"),
        ({"split": len}, "split=<built-in.*a function of one's own cannot be read"),
        ({"split": None}, "split=None.*the whole text is then one word"),
        ({"ngrams": "ab"}, "ngrams='ab', expected a number"),
        ({"ngrams": (9,)}, r"ngrams=\(9,\); ngrams: a size of 9"),
        ({"ngrams": 0}, "ngrams=0; ngrams: sizes are"),
        ({"ngrams": True}, "ngrams=True, expected a number"),
        ({"output_sequence_length": 0}, "output_sequence_length=0, expected a number from 1 on"),
    ],
)
def test_what_rules_cannot_express_is_refused_by_name(changed, sentence):
    config = {"standardize": None, "split": "whitespace", "ngrams": None, "output_mode": "int", "ragged": False}
    with pytest.raises(ModelError, match=f"^m.keras: TextVectorization has {sentence}"):
        rules_of_textvectorization({**config, **changed}, "m.keras")


def test_functions_of_the_owner_say_no_rules():
    assert rules_of_owner(vectorization(standardize=None, split="whitespace"), "t") is None
    assert rules_of_owner(vectorization(standardize="lower", split=None), "t") is None
