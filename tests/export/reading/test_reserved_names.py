"""Names of what is no word of a text."""

import pytest

from drupelet_export.reading.reserved_names import is_reserved, is_unknown_name, may_be_unknown_name


@pytest.mark.parametrize(
    "word",
    ["[UNK]", "<UNK>", "<unk>", "<OOV>", "<oov>", "UNK", "<UNKNOWN>", "[OOV]", "<oov_tok>", "<OOV_TOKEN>", "{unk}", "__UNK__",
     "<|unk|>", "<<oov>>", "<out of vocabulary>", "[unknown word]"],
)  # fmt: skip
def test_names_of_the_unknown_word(word):
    assert is_unknown_name(word)
    assert is_reserved(word)


@pytest.mark.parametrize("word", ["unk", "OOV", "xxunk", "unknown", "Unknown", "oov_tok"])
def test_names_that_may_be_words(word):
    assert may_be_unknown_name(word)
    assert not is_unknown_name(word)


@pytest.mark.parametrize(
    "word", ["", "the", "unknowns", "<b>", "[1]", "trunk", "<>", "(film)", "_", "\n", "<unk", "punk>"]
)
def test_other_words(word):
    assert not is_unknown_name(word)
    assert not may_be_unknown_name(word)
    assert is_reserved(word) == (word == "")


@pytest.mark.parametrize("word", ["<START>", "</s>", "[CLS]", "<UNUSED>", "[PAD]"])
def test_other_reserved_names(word):
    assert is_reserved(word)
