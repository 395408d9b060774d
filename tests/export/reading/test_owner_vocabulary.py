"""What owners hold: each kind of file gives its words, ids and settings, whatever its name; what is ambiguous is refused."""

import bz2
import collections
import gzip
import io
import json
import lzma
import pickle
import re
import sys
import types
import zlib

import joblib
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.text import Tokenizer

from drupelet.errors import DrupeletError, InputError
from drupelet_export.reading import owner_compression, owner_vocabulary
from drupelet_export.reading.owner_objects import IMDB_WORDS
from drupelet_export.reading.owner_text import meaning_of_numbers
from drupelet_export.reading.owner_vocabulary import OwnerVocabulary, read_owner_vocabulary
from runtime.line_cases import CONVERT, other_encoding

PROTOCOLS = range(6)
OOV = "<OOV>"
UNKNOWN = "[UNK]"
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
TEXTS = ["The film\x85 is good", "the\u3000film was it's b\u00e4d", "a good film \U0001f600"]


@pytest.fixture
def write(tmp_path):
    """A function that writes the bytes or the text of a file, whose name says nothing."""

    def write_file(content):
        path = tmp_path / "words.dat"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(write):
    """A function that reads bytes or a text as the content of a file."""
    return lambda content: read_owner_vocabulary(write(content))


@pytest.fixture
def refused(write):
    """A function that returns the sentence with which a content is refused, without the path in front."""

    def sentence(content):
        path = write(content)
        with pytest.raises(InputError) as caught:
            read_owner_vocabulary(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        return message[len(f"{path}: ") :]

    return sentence


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
        findings=("num_words is 3: words with ids from 3 on are not used, 1 of 3.",),
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
    assert vocabulary.findings == ("num_words is 3: words with ids from 3 on are not used, 4 of 6.",)
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


WORDS = {"the": 1, "film": 2, "\x85": 3, " ": 4, "\u3000": 5, "": 6, "a\tb": 7}
NUMPY_WORDS = {np.str_(word): np.int64(word_id) for word, word_id in WORDS.items()}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "index",
    [
        WORDS,
        collections.OrderedDict(WORDS),
        collections.defaultdict(int, WORDS),
        NUMPY_WORDS,
        {word.encode(): word_id for word, word_id in WORDS.items()},
        {word_id: word for word, word_id in WORDS.items()},
        {np.int32(word_id): word for word, word_id in WORDS.items()},
    ],
)
def test_pickled_word_index(read, index, protocol):
    vocabulary = read(pickle.dumps(index, protocol))
    assert (vocabulary.kind, vocabulary.ids, list(vocabulary.ids)) == ("word index (pickle)", WORDS, list(WORDS))


def test_word_index_as_json(read):
    for content in (WORDS, {str(word_id): word for word, word_id in WORDS.items()}):
        for text in (
            json.dumps(content),
            json.dumps(content, ensure_ascii=False, indent=1),
            json.dumps(json.dumps(content)),
        ):
            vocabulary = read(text)
            assert (vocabulary.kind, vocabulary.ids) == ("word index (JSON)", WORDS)


def test_ids_without_a_word_are_said(read):
    assert read('{"a": 0, "b": 4}').findings == (
        "Ids go from 0 to 4; 3 of them belong to no word, for example 1, 2, 3.",
    )
    assert read('{"2": "a", "90000": "b"}').ids == {"a": 2, "b": 90000}
    assert read('{"a": 7}').findings == ()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("wrapped", [list, tuple, np.array, lambda v: np.array(v, dtype=object)])
def test_pickled_list(read, wrapped, protocol):
    words = ["the", "\x85", " ", "\u3000", "", "new york"]
    vocabulary = read(pickle.dumps(wrapped(words), protocol))
    assert (vocabulary.kind, vocabulary.tokens, vocabulary.ids) == ("list of words (pickle)", tuple(words), None)


def test_list_as_json(read):
    words = ["[PAD]", "the", "\x85", " ", "\u3000", "", "a\tb", "\r\n", "the"]
    vocabulary = read(json.dumps(words))
    assert (vocabulary.kind, vocabulary.tokens, len(vocabulary)) == ("list of words (JSON)", tuple(words), 9)
    assert vocabulary.findings == ("1 word repeats an earlier token: word 9 is 'the' as word 2.",)
    assert vocabulary.repeated() == {"the": (1, 8)}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"word_index": WORDS, "index_word": {word_id: word for word, word_id in WORDS.items()}}, "['word_index']"),
        ({"a": {"b": ({"c": WORDS}, 5)}}, "['a']['b'][0]['c']"),
        ((WORDS, np.zeros((3, 2))), "[0]"),
        ([250, WORDS], "[1]"),
        ({"counts": {"x": 5, "y": 5}, "vocab": WORDS}, "['vocab']"),
    ],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_words_inside_something_else(read, value, path, protocol):
    vocabulary = read(pickle.dumps(value, protocol))
    assert vocabulary.ids == WORDS
    assert vocabulary.findings[0].startswith(
        f"The words were found in {path} of a {type(value).__name__} of {len(value)}"
    )


def test_a_list_and_a_dict_of_the_same_words_are_one(read):
    vocabulary = read(pickle.dumps((["", "a", "b"], {"": 0, "a": 1, "b": 2})))
    assert vocabulary.ids == {"": 0, "a": 1, "b": 2}
    assert vocabulary.findings == ("The words were found in [1] of a tuple of 2 (the same in [0]).",)


def test_an_instance_of_the_owners_class(read):
    class Vocabulary:
        pass

    Vocabulary.__module__, Vocabulary.__qualname__ = __name__, "Vocabulary"
    globals()["Vocabulary"] = Vocabulary
    owner = Vocabulary()
    owner.word2idx, owner.size = {"a": 0, "b": 1}, 2
    vocabulary = read(pickle.dumps(owner))
    assert vocabulary.ids == {"a": 0, "b": 1}
    assert vocabulary.findings[0].startswith("The words were found in .word2idx of an instance of ")


def test_two_lists_of_words_are_refused(refused):
    assert refused(json.dumps({"words": ["a", "b"], "labels": ["neg", "pos"]})) == (
        "holds 2 different lists of words: ['words'] (2 words), ['labels'] (2 words); expected one; save the one that the "
        "model was trained with alone"
    )
    assert refused(pickle.dumps([tokenizer(), tokenizer(["other words"])])).startswith(
        "holds 2 different lists of words: [0]"
    )


def test_the_index_of_imdb(read):
    words = ["the", "and", "a", "of", *(f"w{number}" for number in range(5, IMDB_WORDS + 1))]
    index = {word: rank for rank, word in reversed(list(enumerate(words, 1)))}
    for content in (json.dumps(index), pickle.dumps(index)):
        vocabulary = read(content)
        assert (vocabulary.kind, vocabulary.ids) == ("index of keras.datasets.imdb", index)
        assert vocabulary.findings == (
            "The ids are ranks from 1 on; keras.datasets.imdb.load_data adds 3 to them by default.",
        )
    del index["w88584"]
    assert read(json.dumps(index)).kind == "word index (JSON)"
    index["w88584"] = 88_585
    assert read(json.dumps(index)).kind == "word index (JSON)"


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
                "the configuration of a TextVectorization without its words; write them with json.dump(",
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


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("the\nfilm\n", ("the", "film")),
        ("the\r\nfilm", ("the", "film")),
        ("\ufeffthe\nfilm", ("the", "film")),
        ("[UNK]\nthe\n", ("[UNK]", "the")),
        ("{\n}\nthe\n", ("{", "}", "the")),
        ('"\nthe\n', ('"', "the")),
        ("\n[PAD]\n\x85\n \n\u3000\nit\xa0\n", ("", "[PAD]", "\x85", " ", "\u3000", "it\xa0")),
        ("a\n\t\n \nb\n", ("a", "\t", " ", "b")),
        ("new\nyork\nnew york\n", ("new", "york", "new york")),
        ("a\rb\nc\n", ("a\rb", "c")),
        ("(\n)\n.", ("(", ")", ".")),
        ("cat\ndog\n.", ("cat", "dog", ".")),
        ("}\n]\n.", ("}", "]", ".")),
        ("x^\n", ("x^",)),
        ("1999\n2000\n", ("1999", "2000")),
        ("2 3\n2\n3\n", ("2 3", "2", "3")),
    ],
)
def test_a_token_a_line(read, content, tokens):
    vocabulary = read(content)
    assert (vocabulary.kind, vocabulary.tokens, vocabulary.ids) == ("one token a line", tokens, None)


def test_findings_on_tokens_a_line(read):
    vocabulary = read("a\nb\na\na\nb\na\n\n")
    assert vocabulary.findings == (
        "Line 7 has an empty token.",
        "4 lines repeat an earlier token: line 3 is 'a' as line 1, line 4 is 'a' as line 1, line 5 is 'b' as line 2, ....",
    )
    assert read("new\nyork\nnew york\n").findings == (
        "Tokens of several words joined by a space: 1, for example 'new york'.",
    )


@pytest.mark.parametrize("separator", ["\t", " "])
@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([0, 1, 2], "ids"),
        ([1, 2, 3], "ids"),
        ([9, 5, 5], "counts"),
        ([3, 2, 1], "counts"),
        ([1, 1, 1], "counts"),
        (list(range(4, 14)), "ids"),
        ([3, 1, 2, *range(4, 11)], "ids"),
        ([10, *range(10)], "ids"),
    ],
)
def test_a_token_and_a_number_a_line(read, separator, numbers, kind):
    words = [f"w{place}" for place in range(len(numbers))]
    words[1] = ""
    vocabulary = read("".join(f"{word}{separator}{number}\n" for word, number in zip(words, numbers, strict=True)))
    if kind == "ids":
        assert (vocabulary.kind, vocabulary.ids) == ("token and id a line", dict(zip(words, numbers, strict=True)))
    else:
        assert (vocabulary.kind, vocabulary.tokens) == ("token and count a line", tuple(words))


@pytest.mark.parametrize(
    "numbers", [[5], [1], [0], [2, 3], [1, 3, 2], [5, 9, 7], [1, 1, 2], [0, 5, 1], list(range(0, 40, 2))]
)
def test_numbers_that_may_be_ids_or_counts_are_asked_about(refused, numbers):
    assert meaning_of_numbers(numbers) is None
    message = refused("".join(f"w{place} {number}\n" for place, number in enumerate(numbers)))
    second = f", line 2 has {numbers[1]}" if len(numbers) > 1 else ""
    assert message == (
        f"the number behind each token may be its id or its count: line 1 has {numbers[0]}{second}; expected ids that count up "
        'from 0 or 1, or counts that fall. If they are ids, write the file as JSON, {"token": id}; if they are counts, leave '
        "them out: one token per line, in the order of the ids"
    )


VECTORS = [
    ("the", "0.1 -0.25 1e-05"),
    (",", "1 2 3"),
    (". . .", "0.5 0 -1"),
    ("1999", "nan 0 1"),
    ("\x85", "1. .5 -2E+3"),
]


@pytest.mark.parametrize("ending", ["\n", " \n", "\r\n"])
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_token_and_a_vector_a_line(read, ending, header, separator):
    lines = [word + separator + vector.replace(" ", separator) for word, vector in VECTORS]
    if ending == " \n":
        ending = f"{separator}\n"
    content = (f"5 3{ending.lstrip(' ' + chr(9))}" if header else "") + ending.join(lines) + ending
    vocabulary = read(content)
    assert (vocabulary.kind, vocabulary.tokens) == ("token and vector a line", tuple(word for word, _ in VECTORS))
    assert vocabulary.findings[-1] == "The 3 numbers behind each token were not read."
    assert (vocabulary.findings[0] == "Line 1 announces 5 tokens with 3 numbers each, as word2vec writes it.") == header


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; expected a vocabulary"),
        ("the\nfi\0lm\n", "line 2: a NUL character, expected text; give the words as text, JSON or pickle"),
        (pickle.dumps({"the": 1}, 0)[:-3], "byte "),
        (pickle.dumps(["the"], 1)[:-3], "byte "),
        (pickle.dumps(tokenizer(), 0)[:-100], "byte "),
        ("\ufeff", "is empty; expected a vocabulary, for example one token per line"),
        (
            "the\rfilm\r",
            "lines end with a carriage return alone, expected a line feed; convert the file, for example with tr",
        ),
        ("the\ncaf\xe9\n".encode("latin-1"), f"line 2: byte 3 (0xe9) is not UTF-8; {CONVERT}"),
        ("the\n".encode("utf-16"), other_encoding("UTF-16")),
        (
            "the\nnew york\n",
            "line 2: 'new york' holds a space: it may be one token, or a token beside something else; expected",
        ),
        ("the\n film\n", "line 2: ' film' holds a space: it may be one token, or a token beside something else"),
        ("the DT\nfilm NN\n", "line 1: 'the DT' holds a space: it may be one token"),
        ("the\tDT\n", "line 1: 'the\\tDT' holds a tab: it may be one token"),
        ("0\tthe\n1\tfilm\n", "line 1: '0\\tthe' holds a tab: it may be one token, or an id beside a token"),
        ("the 0.5\nfilm 0.25\n", "line 1: the number '0.5' is neither an id nor a count, expected a whole number"),
        ("the -5\nfilm 2\n", "line 1: the number '-5' is neither an id nor a count"),
        (
            "word count\nthe 9\nfilm 2\n",
            "line 1: 'word count', expected a token and a number, as 2 of 3 lines have; remove",
        ),
        ("the 0\nfilm 1\nthe 2\n", "the word 'the' has two ids, 0 and 2; expected one id for each word"),
        ("the 16777216\nfilm 16777217\n", "the number behind each token may be its id or its count"),
        (
            "word,id\nthe,1\nfilm,2\n",
            "line 2: 'the,1' may be one token, or a row of a CSV file; expected one token per line",
        ),
        ("the 0.1 0.2\nfilm 0.1\nbad 1 2\n", "line 2: 'film 0.1', expected a token and 2 numbers, as most lines have"),
        (
            "the 0.1 0.2\nfilm 0.1 x\nbad 1 2\n",
            "line 2: 'film 0.1 x', expected a token and 2 numbers, as most lines have",
        ),
        ("9 2\nthe 0.1 0.2\nfilm 0.1 0.3\n", "line 1 announces 9 tokens, 2 lines follow; copy the file again"),
        ("9 3\nthe 0.1 0.2\nfilm 0.1 0.3\n", "line 1: '9 3', expected a token and 2 numbers, as most lines have"),
        ("9 2\nthe \x00\xff".encode("latin-1"), "the binary form of word2vec; expected a vocabulary: a Tokenizer"),
        ('{"the": 1', "not JSON (Expecting ',' delimiter"),
        ("{'the': 1}", "not JSON (Expecting property name enclosed in double quotes"),
        ('{"the": 1, "the": 2}', "not JSON ('the' stands twice in an object, expected once)"),
        ('{"the": NaN}', "not JSON (NaN is not JSON)"),
        ('{"the": 1}{"film": 2}', "not JSON (Extra data"),
        ('{"a":' * 100_000, "JSON that is nested too deeply"),
        ('["a", ' + "[" * 100_000, "JSON that is nested too deeply"),
        (
            json.dumps(json.dumps(json.dumps(json.dumps(["a"])))),
            "JSON inside a string more than 2 times; write it once with",
        ),
        (
            "{}",
            "a JSON file with a dict of 0, in which there are no words; expected a Tokenizer, a dict of words and ids, or",
        ),
        ("[]", "a JSON file with a list of 0, in which there are no words"),
        ('{"a": {"b": 1.5}}', "a JSON file with a dict of 1, in which there are no words"),
        (
            '{"the": 1, "film": 1}',
            "the words 'the' and 'film' have one id, 1; expected one word for each id (numbers that",
        ),
        (
            '{"the": -1}',
            "the word 'the' has the int -1 as its id, expected a whole number from 0 to 16777216; write the ids",
        ),
        (
            '{"the": 16777217}',
            "the word 'the' has the int 16777217 as its id, expected a whole number from 0 to 16777216",
        ),
        ('{"the": 1, "film": 2.0}', "the word 'film' has the float 2.0 as its id, expected a whole number"),
        ('{"the": true}', "the word 'the' has the bool True as its id, expected a whole number"),
        ('{"the": null}', "the word 'the' has None as its id, expected a whole number"),
        ('{"the": "1"}', "the word '1' has the text 'the' as its id, expected a whole number"),
        ('{"1": "a", "x": "b"}', "the word 'a' has the text '1' as its id, expected a whole number"),
        (
            '{"1": "a", "2": "a"}',
            "the word 'a' has two ids, 1 and 2; expected one id for each word; remove the one that",
        ),
        ('{"the": ' + "9" * 4000 + "}", "the word 'the' has the int 9999"),
        ('{"the": ' + "9" * 5000 + "}", "not JSON (Exceeds the limit"),
        (
            '{"the": 500000, "film": 20}',
            "2 words with numbers from 20 to 500000, which may be ids or counts; expected ids without",
        ),
        ('["the", 5]', "word 2: the int 5, expected a word, which is a text; write the words again as texts"),
        ('["the", null]', "word 2: None, expected a word"),
        ("[1, 2]", "word 1: the int 1, expected a word"),
        (
            '["the", "\\ud800x"]',
            "word 2: the word '\\ud800x' holds a lone surrogate ('\\ud800'), which is no character and cannot",
        ),
        ('{"\\udfff": 1}', "word 1: the word '\\udfff' holds a lone surrogate ('\\udfff')"),
        (
            json.dumps(["a" * 70_000]),
            f"word 1: the word {'a' * 60!r}... takes 70000 bytes, expected at most 65536; leave it out",
        ),
        (
            '{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}}}',
            "a tokenizer of Hugging Face, whose tokens are",
        ),
        (pickle.dumps({1: 2}), "word 1: the int 1, expected a word, which is a text"),
        (pickle.dumps({None: 2}), "word 1: None, expected a word"),
        (pickle.dumps({b"\xff": 1}), "word 1: the bytes b'\\xff' are not UTF-8; write the words again as texts"),
        (pickle.dumps(["a", "\ud800"]), "word 2: the word '\\ud800' holds a lone surrogate"),
        (pickle.dumps({"the": np.float32(1)}), "the word 'the' has the float 1.0 as its id"),
        (pickle.dumps({"the", "film"}), "a set of 2 has no order, expected a Tokenizer"),
        (
            pickle.dumps(collections.Counter("aab")),
            "a collections.Counter holds counts of words, not ids; expected a Tokenizer",
        ),
        (pickle.dumps(5), "a pickle file with the int 5, in which there are no words"),
        (pickle.dumps(np.zeros((2, 2))), "a pickle file with an instance of numpy"),
        (
            pickle.dumps({"the": 1})[:-1],
            "byte 2: a frame of 12 bytes, of which 11 are there; copy the file again",
        ),
        (
            b"\x93NUMPY\x01\x00",
            "a NumPy array (.npy); write its words with json.dump(array.tolist(), file); expected a vocabulary",
        ),
        (b"PK\x03\x04", "a zip archive (.npz, .keras or another); unpack the vocabulary in it; expected"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file; give the vocabulary alone; expected"),
        (b"ZF0x1", "compressed in the old form of joblib; load it with joblib and write"),
        (b"\x04\x22\x4d\x18", "compressed with LZ4; decompress it with lz4 -d; expected"),
        (b"\x28\xb5\x2f\xfd", "compressed with Zstandard; decompress it with zstd -d; expected"),
        (
            gzip.compress(b"the\n" * 100)[:-9],
            "cannot be decompressed (gzip: the data ends too early); expected whole gzip data; copy",
        ),
        (b"\x1f\x8b\x08" + b"x" * 40, "cannot be decompressed (gzip: "),
        (bz2.compress(b"the\n" * 100)[:-9], "cannot be decompressed (bz2: the data ends too early)"),
        (b"\xfd7zXZ\0" + b"x" * 40, "cannot be decompressed (xz: "),
        (b"\x5d\0\0\xff\xff" + b"\xff" * 40, "cannot be decompressed (lzma: "),
        (zlib.compress(b"the\n" * 100)[:-5], "cannot be decompressed (zlib: the data ends too early)"),
        (
            gzip.compress(b"a\n") * 1001,
            "more than 1000 compressed parts, which is the limit; compress the content once",
        ),
    ],
)
def test_what_is_no_vocabulary_is_refused(refused, content, message):
    assert refused(content).startswith(message)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_compressed_text(read, compress):
    vocabulary = read(compress(b"the\nfilm\n"))
    assert vocabulary.tokens == ("the", "film")
    assert vocabulary.findings[0].startswith("The file is compressed with ")


def test_compressed_parts_are_joined(read):
    assert read(gzip.compress(b"the\n") + gzip.compress(b"film\n")).tokens == ("the", "film")


def test_contents_beyond_the_limit_are_refused(refused, monkeypatch):
    monkeypatch.setattr(owner_compression, "MAX_CONTENT_BYTES", 100)
    for compress in (gzip.compress, bz2.compress, lzma.compress, zlib.compress):
        assert refused(compress(b"a\n" * 1000)).startswith("more than 100 bytes when decompressed (")
    monkeypatch.setattr(owner_vocabulary, "MAX_CONTENT_BYTES", 100)
    assert refused(b"a" * 101).startswith("more than 100 bytes, which is the limit; write the words alone")


def test_a_joblib_dump_of_an_array_is_refused(tmp_path):
    path = tmp_path / "words.joblib"
    joblib.dump({"words": np.array([1, 2, 3])}, path)
    with pytest.raises(InputError, match=r"byte \d+: a NumPy array in joblib's own form, which is not read; "):
        read_owner_vocabulary(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"nothing: cannot be read \(No such file or directory\); expected a vocabulary: a Tok"
    ):
        read_owner_vocabulary(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\); expected a vocabulary"):
        read_owner_vocabulary(tmp_path)
    with pytest.raises(InputError, match=r"a\\x00b': cannot be read \(embedded null byte\)"):
        read_owner_vocabulary(tmp_path / "a\0b")


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_pickles_that_call_programs_are_refused(refused, tmp_path, beside, protocol):
    canary = tmp_path / "canary"

    class Hostile:
        def __reduce__(self):
            return eval, (f"open({str(canary)!r}, 'w')",)

    content = pickle.dumps({"tokenizer": tokenizer(), "x": Hostile()} if beside else Hostile(), protocol)
    name = "builtins.eval" if protocol > 2 else "__builtin__.eval"
    assert refused(content) == (
        f"the pickle asks Python to call {name}, which was not done; expected a vocabulary: a Tokenizer, a word index, or one "
        "token per line; do not open this file in Python, and ask its owner for the words as JSON"
    )
    assert refused(b"cos\nsystem\n(S'touch " + bytes(canary) + b"'\ntR.").startswith(
        "the pickle asks Python to call os.system, which was not done"
    )
    assert not canary.exists()


@given(st.one_of(st.binary(max_size=40), st.text(alphabet='[]{}",:ab1\\ \n\t\r', max_size=40).map(str.encode)))
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(write, content):
    path = write(content)
    try:
        vocabulary = read_owner_vocabulary(path)
    except DrupeletError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
    else:
        assert len(vocabulary) > 0


@given(
    st.lists(st.text(), min_size=1, max_size=20, unique=True), st.sampled_from(PROTOCOLS), st.integers(0, 2), st.data()
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_come_back_from_json_and_pickles(read, words, protocol, first, data):
    words = [word.encode("utf-8", "replace").decode() for word in words]
    ids = {word: place for place, word in enumerate(dict.fromkeys(words), first)}
    for content in (
        json.dumps(ids),
        json.dumps({place: word for word, place in ids.items()}),
        pickle.dumps(ids, protocol),
        pickle.dumps({place: word for word, place in ids.items()}, protocol),
    ):
        assert read(content).ids == ids
    assert read(json.dumps(list(ids))).tokens == tuple(ids)
    assert read(pickle.dumps(list(ids), protocol)).tokens == tuple(ids)


def test_a_vocabulary_has_either_ids_or_tokens():
    for both in ({}, {"ids": {"a": 1}, "tokens": ("a",)}):
        with pytest.raises(ValueError, match="either ids or tokens"):
            OwnerVocabulary("one token a line", **both)


def test_two_pickles_in_one_file(read):
    stream = io.BytesIO()
    pickle.dump(tokenizer(), stream)
    pickle.dump(250, stream)
    vocabulary = read(stream.getvalue())
    assert vocabulary.ids == tokenizer().word_index
    assert re.fullmatch(r"Bytes behind the first value of the file, which were not read: \d+\.", vocabulary.findings[0])
