"""Tokenizers and TextVectorizations of every form give their words, ids and settings."""

import gzip
import json
import pickle
import sys
import types

import joblib
import keras
import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer

from drupelet_export.reading.owner_vocabulary import OwnerVocabulary, read_owner_vocabulary
from export.reading.owner_tokenizers import FILTERS, OOV, PROTOCOLS, UNKNOWN, matches, tokenizer

OPTIONS = [
    {},
    {"num_words": 5, "oov_token": OOV},
    {"char_level": True, "lower": False, "filters": "", "split": "|"},
    {"filters": "".join(c for c in FILTERS if c != "-"), "lower": False},
]


@pytest.mark.parametrize("options", OPTIONS)
class TestTokenizer:
    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_pickled(self, read, options, protocol):
        owner = tokenizer(**options)
        matches(read(pickle.dumps(owner, protocol)), owner, "pickle")

    @pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
    def test_dumped_by_joblib(self, tmp_path, options, compress):
        owner = tokenizer(**options)
        path = tmp_path / "tokenizer.joblib"
        joblib.dump(owner, path, compress=compress)
        vocabulary = read_owner_vocabulary(path)
        matches(vocabulary, owner, "pickle")
        if compress:
            name = compress[0] if isinstance(compress, tuple) else "zlib"
            assert vocabulary.findings[0] == f"The file is compressed with {name}."

    def test_json(self, read, options):
        owner = tokenizer(**options)
        matches(read(owner.to_json()), owner, "JSON")
        matches(read(owner.to_json(ensure_ascii=False, indent=2)), owner, "JSON")
        matches(read(json.dumps(owner.to_json())), owner, "JSON")
        matches(read(json.dumps(owner.to_json(), ensure_ascii=False)), owner, "JSON")
        matches(read(b"\xef\xbb\xbf" + owner.to_json().encode()), owner, "JSON")
        matches(read(json.dumps(owner.get_config())), owner, "JSON")
        matches(read(pickle.dumps(owner.to_json())), owner, "JSON")
        matches(read(gzip.compress(owner.to_json().encode())), owner, "JSON")

    def test_its_attributes(self, read, options):
        owner = tokenizer(**options)
        matches(read(pickle.dumps(vars(owner))), owner, "pickle")
        matches(read(json.dumps({**vars(owner), "index_word": None})), owner, "JSON")

    def test_beside_other_things(self, read, options):
        owner = tokenizer(**options)
        content = {"tokenizer": owner, "maxlen": 250, "labels": ["neg", "pos"]}
        vocabulary = read(pickle.dumps(content))
        matches(vocabulary, owner, "pickle")
        assert vocabulary.findings[0] == (
            "The words were found in ['tokenizer'] of a dict of 3; passed over: ['labels']."
        )
        vocabulary = read(pickle.dumps((owner, 250)))
        matches(vocabulary, owner, "pickle")
        assert vocabulary.findings[0] == "The words were found in [0] of a tuple of 2."


@pytest.mark.parametrize(
    "module", ["keras.preprocessing.text", "keras_preprocessing.text", "tensorflow.python.keras.preprocessing.text"]
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tokenizers_of_other_releases(read, monkeypatch, module, protocol):
    older = type("Tokenizer", (), {"__module__": module})
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        stub = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, stub)
    sys.modules[module].Tokenizer = older
    owner = older()
    owner.__dict__.update(word_index={"the": 1, "film": 2, "bad": 3}, nb_words=3, filters=FILTERS, lower=1, split=" ")
    vocabulary = read(pickle.dumps(owner, protocol))
    assert vocabulary == OwnerVocabulary(
        "Tokenizer (pickle)",
        ids={"the": 1, "film": 2, "bad": 3},
        num_words=3,
        lower=True,
        filters=FILTERS,
        split=" ",
    )


def test_a_tokenizer_of_python_2(read):
    content = (
        b"ccopy_reg\n_reconstructor\np0\n(ckeras.preprocessing.text\nTokenizer\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n(dp5\n"
        b"S'word_index'\np6\n(dp7\nS'caf\\xc3\\xa9'\np8\nI1\nsS'the'\np9\nI2\nssS'filters'\nS'!'\nsS'num_words'\nNsb."
    )
    vocabulary = read(content)
    assert (vocabulary.kind, vocabulary.ids) == ("Tokenizer (pickle)", {"café": 1, "the": 2})
    assert vocabulary.findings == ("The pickle was written by Python 2. Byte strings read as UTF-8: 1.",)


def test_findings_on_a_tokenizer(read):
    owner = tokenizer([["a", "", "b\tc", "\x85", " ", "\u3000"]], num_words=3)
    vocabulary = read(owner.to_json())
    assert set(vocabulary.ids) == {"a", "", "b\tc", "\x85", " ", "\u3000"}
    assert (vocabulary.num_words, vocabulary.findings) == (3, ())
    owner = tokenizer(["a b"], oov_token=OOV)
    del owner.word_index["<OOV>"]
    assert read(pickle.dumps(owner)).findings == (
        "The oov_token '<OOV>' is not in the word_index; unknown words have no id.",
    )
    owner = tokenizer(["a b"], analyzer=str.split, num_words=0)
    vocabulary = read(pickle.dumps(owner, 4))
    assert (vocabulary.lower, vocabulary.filters, vocabulary.split, vocabulary.num_words) == (None, None, None, None)
    assert "made by its analyzer, " in vocabulary.findings[0]

    class Mine(Tokenizer):
        pass

    Mine.__module__, Mine.__qualname__ = __name__, "Mine"
    globals()["Mine"] = Mine
    owner = Mine()
    owner.fit_on_texts(["a"])
    assert "Mine, not Tokenizer; it may make words in its own way." in read(pickle.dumps(owner)).findings[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"word_index": {}}, "the Tokenizer has no words; save it after fit_on_texts"),
        ({"word_index": [1]}, "word_index is a list of 1, expected a dict of words; save the Tokenizer again"),
        ({"word_index": "{"}, "word_index: not JSON (Expecting property name"),
        (
            {"num_words": "many"},
            "num_words of the Tokenizer is the text 'many', expected a whole number from 0 to 16777216 or None",
        ),
        ({"num_words": 10.0}, "num_words of the Tokenizer is the float 10.0, expected a whole number"),
        (
            {"oov_token": 1},
            "oov_token of the Tokenizer is the int 1, expected a text or None; save the Tokenizer again",
        ),
        ({"lower": "yes"}, "lower of the Tokenizer is the text 'yes', expected true or false"),
        ({"char_level": 2}, "char_level of the Tokenizer is the int 2, expected true or false"),
        ({"filters": ["a"]}, "filters of the Tokenizer is a list of 1, expected a text or None"),
        ({"split": 1}, "split of the Tokenizer is the int 1, expected a text or None"),
    ],
)
def test_tokenizers_that_cannot_be_are_refused(refused, change, message):
    owner = tokenizer()
    assert refused(json.dumps({"class_name": "Tokenizer", "config": {**owner.get_config(), **change}})).startswith(
        message
    )
    owner.__dict__.update(change)
    assert refused(pickle.dumps(owner)).startswith(message)


class TestTextVectorization:
    @pytest.fixture
    def layer(self):
        layer = keras.layers.TextVectorization(max_tokens=20, output_sequence_length=7, ngrams=2)
        layer.adapt(["the new york film", "the new york", "b\u00e4d film"])
        return layer

    def test_vocabulary(self, layer, read):
        words = layer.get_vocabulary()
        for content in (json.dumps(words), *(pickle.dumps(words, protocol) for protocol in PROTOCOLS)):
            vocabulary = read(content)
            assert (vocabulary.kind, vocabulary.tokens) == ("TextVectorization vocabulary", tuple(words))
            assert vocabulary.unknown_token == UNKNOWN
        vocabulary = read("\n".join(words) + "\n")
        assert (vocabulary.kind, vocabulary.tokens) == ("one token a line", tuple(words))
        assert vocabulary.unknown_token == UNKNOWN
        joined = [word for word in words if " " in word]
        assert vocabulary.findings[0] == (
            f"Tokens of several words joined by a space: {len(joined)}, for example {str(joined[0])!r}."
        )

    @pytest.mark.parametrize("whole", [True, False])
    def test_configuration(self, layer, read, whole):
        words = [str(word) for word in layer.get_vocabulary()]
        config = {**layer.get_config(), "vocabulary": words if whole else words[2:]}
        layer_of_it = keras.layers.TextVectorization.from_config(config)
        assert layer_of_it.get_vocabulary() == words
        for content in (
            json.dumps(config),
            json.dumps({"class_name": "TextVectorization", "config": config}),
            pickle.dumps({"config": config, "weights": []}),
            pickle.dumps({"config": {**config, "vocabulary": None}, "weights": [], "vocabulary": words}),
        ):
            vocabulary = read(content)
            assert vocabulary.kind == "TextVectorization config"
            assert vocabulary.tokens == tuple(words)
            assert (vocabulary.standardize, vocabulary.split, vocabulary.ngrams) == (
                "lower_and_strip_punctuation",
                "whitespace",
                (1, 2),
            )
            assert (vocabulary.max_tokens, vocabulary.output_sequence_length) == (20, 7)
            assert (vocabulary.unknown_token, vocabulary.lower, vocabulary.filters) == ("[UNK]", None, None)

    def test_words_in_the_weights(self, layer, read, refused):
        config = layer.get_config()
        words = np.array([b"film", "bäd".encode(), b"the"], dtype=object)
        vocabulary = read(pickle.dumps({"config": config, "weights": [words, np.array([3, 4, 2])]}))
        assert vocabulary.tokens == ("", "[UNK]", "the", "film", "bäd")
        assert read(pickle.dumps({"config": config, "weights": [["a", "b"]]})).tokens == ("", "[UNK]", "a", "b")
        whole = [["[UNK]", "the", ""], np.array([1, 2, 0])]
        assert read(pickle.dumps({"config": config, "weights": whole})).tokens == ("", "[UNK]", "the")
        assert refused(pickle.dumps({"config": config, "weights": [["a", "b"], [2, 9]]})).startswith(
            "the weights of the TextVectorization have 2 words with ids from 2 to 9, expected ids without a gap from 0 or 2 on"
        )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {},
                "the configuration of a TextVectorization without its words; write both with json.dump({**layer.get_config(), ",
            ),
            (
                {"vocabulary": "words.txt"},
                "the vocabulary of the TextVectorization is in the file 'words.txt'; give that file",
            ),
            (
                {"output_mode": "multi_hot"},
                "the TextVectorization has the output_mode the text 'multi_hot', expected 'int'",
            ),
            (
                {"vocabulary": ["a"], "ngrams": 99},
                "ngrams of the TextVectorization is the int 99, expected sizes from 1 to 8",
            ),
            ({"vocabulary": ["a"], "ngrams": []}, "ngrams of the TextVectorization is a list of 0, expected sizes"),
            ({"vocabulary": ["a", 5]}, "word 2: the int 5, expected a word"),
            ({"vocabulary": ["a"], "max_tokens": -1}, "max_tokens of the TextVectorization is the int -1, expected"),
        ],
    )
    def test_configurations_that_cannot_be_are_refused(self, layer, refused, change, message):
        assert refused(json.dumps({**layer.get_config(), **change})).startswith(message)

    def test_functions_of_the_owner_are_said(self, layer, read):
        config = {**layer.get_config(), "vocabulary": ["a"], "standardize": len, "split": "my_split", "ngrams": [1, 3]}
        vocabulary = read(pickle.dumps(config))
        assert (vocabulary.standardize, vocabulary.split, vocabulary.ngrams) == (None, None, (1, 3))
        assert vocabulary.findings[1:] == (
            "standardize is a function of the owner (builtins.len), which is not read.",
            "split is a function of the owner (the text 'my_split'), which is not read.",
        )
        vocabulary = read(
            json.dumps({**layer.get_config(), "vocabulary": ["a"], "standardize": None, "split": "character"})
        )
        assert (vocabulary.standardize, vocabulary.split) == ("none", "character")

    def test_lists_that_tensorflow_wraps(self, layer, read):
        from tensorflow.python.trackable.data_structures import ListWrapper

        config = {**layer.get_config(), "vocabulary": ListWrapper(["a", "b"])}
        assert read(pickle.dumps({"config": config, "weights": []})).tokens == ("", "[UNK]", "a", "b")
