"""Word indices and lists of words, as JSON and as pickles, alone and inside other things."""

import collections
import json
import pickle

import numpy as np
import pytest

from drupelet_export.reading.owner_objects import IMDB_WORDS
from export.reading.owner_tokenizers import PROTOCOLS, tokenizer

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
