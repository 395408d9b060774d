"""Which id the first token of a list has, and what is added to the ids of an index."""

import pytest

from drupelet.text.named import NAMED_RULES
from drupelet_export.reading.id_offset import settled_offset
from drupelet_export.reading.open_question import Found, Question
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.text_facts import Facts, Given

WORDS = ("the", "film", "good", "bad")


def offset(tokens, rows, masked=True, **given):
    return settled(OwnerVocabulary("list", tokens=tokens), rows, masked, **given)


def settled(vocabulary, rows, masked=True, **given):
    found = settled_offset(Given(vocabulary, **given), Facts("m", rows, masked=masked), str)
    return found.value if isinstance(found, Found) else [reading.option for reading in found.readings]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(
    ("tokens", "rows", "expected"),
    [
        (("", "[UNK]", *WORDS), 6, 0),
        (("", "[UNK]", *WORDS), 7, 0),
        (("", "[UNK]", *WORDS), 9, 0),
        (("", *WORDS), 5, 0),
        (("", *WORDS), 6, ["--id-offset 0", "--id-offset 1"]),
        (("", *WORDS), 20, 0),
        (("<pad>", *WORDS), 5, 0),
        (("<pad>", *WORDS), 6, 0),
        (("[UNK]", *WORDS), 5, 0),
        (("[UNK]", *WORDS), 6, 1),
        (("[UNK]", *WORDS), 7, ["--id-offset 0", "--id-offset 1", "--id-offset 2"]),
        (WORDS, 4, ["--id-offset 0", "--num-words 4"]),
        (WORDS, 5, 1),
        (WORDS, 3, 1),
    ],
)
def test_a_list_of_tokens(tokens, rows, expected, masked):
    assert offset(tokens, rows, masked) == expected


@pytest.mark.parametrize("rows", [6, 7, 100])
def test_rows_to_spare(rows):
    assert offset(WORDS, rows) == ["--id-offset 1", "--id-offset 2"]
    assert offset(WORDS, rows, masked=False) == ["--id-offset 0", "--id-offset 1", "--id-offset 2"]
    assert offset(WORDS, rows, id_offset=2) == 2
    assert offset(WORDS, rows, num_words=5) == 1


def test_readings_say_where_the_rows_go():
    question = settled_offset(Given(OwnerVocabulary("list", tokens=WORDS)), Facts("m", 7), "'the' has id {}".format)
    assert isinstance(question, Question)
    assert question.found == "a list of 4 tokens, the first of which is 'the', for 7 embedding rows"
    assert [str(reading) for reading in question.readings] == [
        "--id-offset 1: row 0, the padding, before the first token, 2 behind the last; 'the' has id 1",
        "--id-offset 2: rows 0 and 1, padding and one more, before the first token, 1 behind the last; 'the' has id 2",
    ]


def test_a_list_under_the_rules_of_imdb():
    assert offset(WORDS, 8, rules=NAMED_RULES["imdb"]) == 4
    assert offset(WORDS, 5, rules=NAMED_RULES["imdb"]) == 4
    assert offset(("<PAD>", "<START>", "<UNK>", "<UNUSED>", *WORDS), 8, rules=NAMED_RULES["imdb"]) == 0
    assert offset(("", *WORDS), 8, rules=NAMED_RULES["imdb"]) == 3


@pytest.mark.parametrize(
    ("ids", "rules", "expected"),
    [
        ({"the": 1, "film": 2}, "tokenizer", 0),
        ({"the": 1, "film": 2}, "imdb", 3),
        ({"film": 2}, "imdb", 3),
        ({"the": 4, "film": 5}, "imdb", 0),
        ({"<START>": 1, "<UNK>": 2, "the": 4}, "imdb", 0),
        ({"<pad>": 0, "the": 1}, "tokenizer", 0),
        ({"the": 0, "film": 9}, "tokenizer", 0),
        ({"the": 0, "film": 1}, "tokenizer", ["--id-offset 1", "--id-offset 0"]),
    ],
)
@pytest.mark.parametrize("masked", [True, False])
def test_an_index(ids, rules, expected, masked):
    assert settled(OwnerVocabulary("word index (JSON)", ids=ids), 10, masked, rules=NAMED_RULES[rules]) == expected
