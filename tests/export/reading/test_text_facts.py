"""What a user gave is checked for what no model can have."""

import pytest

from drupelet.errors import InputError
from drupelet.text.named import NAMED_RULES
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.text_facts import Given, option

LIST = OwnerVocabulary("list", tokens=("a", "b", "a"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"num_words": 0}, "--num-words is 0, expected 1 to 2147483647"),
        ({"max_tokens": 0}, "--max-tokens is 0, expected 1 to"),
        ({"unknown_id": -1}, "--unknown-id is -1, expected 0 to"),
        ({"start_id": 1 << 31}, "--start-id is 2147483648, expected 0 to"),
        ({"end_id": -1}, "--end-id is -1"),
        ({"id_offset": -3}, "--id-offset is -3"),
        ({"keep": "middle"}, "--keep is 'middle', expected one of head, tail, ends"),
        ({"padding": "left"}, "--padding is 'left', expected one of pre, post"),
        ({"unknown_id": "none"}, "--unknown-id is 'none', expected a number or drop"),
        ({"start_id": "drop"}, "--start-id is 'drop', expected a number or none"),
        ({"end_id": "x"}, "--end-id is 'x', expected a number or none"),
    ],
)
def test_impossible_values_are_named(given, sentence):
    with pytest.raises(InputError) as caught:
        Given(LIST, **given)
    assert str(caught.value).startswith(sentence)


def test_ids_of_the_file():
    assert Given(LIST).file_ids == {"a": 0, "b": 1}
    assert Given(OwnerVocabulary("index", ids={"a": 7})).file_ids == {"a": 7}


def test_what_the_file_is():
    assert Given(OwnerVocabulary("one token a line", tokens=("a",))).file == "file (one token a line)"
    assert Given(OwnerVocabulary("word index (JSON)", ids={"a": 7})).file == "word index (JSON)"


def test_the_rules_of_imdb():
    assert Given(LIST, rules=NAMED_RULES["imdb"]).imdb
    assert not Given(LIST, rules=NAMED_RULES["tokenizer"]).imdb
    assert not Given(LIST).imdb


def test_options_are_named_as_they_are_typed():
    assert option("num_words") == "--num-words"
