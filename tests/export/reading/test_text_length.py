"""How many ids are read, of which part of a text, and the side of the padding."""

from dataclasses import replace

import pytest

from drupelet.text.named import NAMED_RULES
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.text_facts import Facts, Given
from drupelet_export.reading.text_length import settled_keep, settled_length, settled_padding

INDEX = OwnerVocabulary("word index (JSON)", ids={"the": 1})
LAYER = OwnerVocabulary("TextVectorization config", tokens=("", "[UNK]", "the"), output_sequence_length=7)
RULES = replace(NAMED_RULES["words"], max_tokens=5, keep="ends")
MASKED = Facts("m.keras", 9)
PADDED = Facts("m.keras", 9, masked=False, padding_counts=True)
TEXTS = ["short", "a b c d e f"]


@pytest.mark.parametrize(
    ("given", "facts", "expected"),
    [
        (Given(INDEX), MASKED, Found(None)),
        (
            Given(INDEX),
            replace(MASKED, input_length=4),
            Found(4, "At most 4 ids are read, as the input of the model says."),
        ),
        (Given(INDEX, max_tokens=3), PADDED, Found(3, "At most 3 ids are read (--max-tokens).")),
        (Given(INDEX, rules=RULES), MASKED, Found(5, "At most 5 ids are read (max_tokens of the rules 'words').")),
        (
            Given(LAYER),
            PADDED,
            Found(7, "At most 7 ids are read (output_sequence_length of the TextVectorization config)."),
        ),
        (Given(LAYER, max_tokens=3), MASKED, Found(3, "At most 3 ids are read (--max-tokens, not the 7 of the file).")),
    ],
)
def test_who_says_the_length(given, facts, expected):
    assert settled_length(given, facts) == expected


@pytest.mark.parametrize(
    ("given", "by"),
    [
        (Given(INDEX, max_tokens=3), "--max-tokens is 3"),
        (Given(INDEX, rules=RULES), "max_tokens of the rules 'words' is 5"),
        (Given(LAYER), "output_sequence_length of the TextVectorization config is 7"),
    ],
)
def test_another_length_than_that_of_the_input_is_refused(given, by):
    with pytest.raises(ModelError) as caught:
        settled_length(given, replace(MASKED, input_length=4))
    assert str(caught.value) == f"m.keras: its input has 4 ids, {by}; expected the same number"


def test_the_length_of_padding_that_counts_is_asked():
    assert [reading.option for reading in settled_length(Given(INDEX), PADDED).readings] == ["--max-tokens N"]


def test_which_part_of_a_longer_text():
    assert settled_keep(Given(INDEX), False, TEXTS) == Found("head")
    assert settled_keep(Given(INDEX, keep="tail"), False, TEXTS) == Found("tail")
    assert settled_keep(Given(INDEX, keep="tail"), True, TEXTS).value == "tail"
    assert settled_keep(Given(INDEX, rules=RULES), True, TEXTS).value == "ends"
    assert settled_keep(Given(INDEX, rules=replace(RULES, max_tokens=None)), True, TEXTS).value == "ends"
    assert settled_keep(Given(INDEX, rules=RULES, keep="head"), True, TEXTS).value == "head"
    assert settled_keep(Given(LAYER), True, TEXTS).value == "head"
    question = settled_keep(Given(INDEX, rules=NAMED_RULES["words"]), True, TEXTS)
    assert [str(reading) for reading in question.readings] == [
        "--keep tail: as pad_sequences does unless told otherwise; of 'a b c d e f', with 3 ids: 'd e f'",
        "--keep head: as TextVectorization and pad_sequences(truncating='post') do; of 'a b c d e f', with 3 ids: 'a b c'",
    ]


def test_the_side_of_the_padding():
    assert settled_padding(Given(INDEX), MASKED, TEXTS) == Found(None)
    assert settled_padding(Given(INDEX, padding="pre"), MASKED, TEXTS).value == "pre"
    assert settled_padding(Given(LAYER), PADDED, TEXTS).value == "post"
    assert settled_padding(Given(LAYER, padding="pre"), PADDED, TEXTS).value == "pre"
    question = settled_padding(Given(INDEX), PADDED, TEXTS[1:])
    assert [str(reading) for reading in question.readings] == [
        "--padding pre: as pad_sequences does unless told otherwise; '0 0 a b c'",
        "--padding post: as TextVectorization and pad_sequences(padding='post') do; 'a b c 0 0'",
    ]
