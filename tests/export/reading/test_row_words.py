"""The word of each row: num_words, rows without a word, words with two places."""

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.row_words import row_words, settled_limit, word_ids
from drupelet_export.reading.text_facts import Facts, Given

IDS = {"the": 1, "film": 2, "good": 3, "bad": 4}


def limit(rows, own=None, given=None):
    vocabulary = OwnerVocabulary("Tokenizer (JSON)", ids=IDS, num_words=own)
    return settled_limit(Given(vocabulary, "t.json", num_words=given), Facts("m.keras", rows), IDS)


@pytest.mark.parametrize(
    ("rows", "own", "given", "expected"),
    [
        (5, None, None, 5),
        (9, None, None, 9),
        (3, 3, None, 3),
        (9, 3, None, 3),
        (3, None, 3, 3),
        (9, 100, None, 9),
        (3, 9, 3, 3),
    ],
)
def test_num_words(rows, own, given, expected):
    assert limit(rows, own, given).value == expected


def test_what_num_words_does_is_said():
    assert limit(5) == Found(5)
    assert limit(9, own=100) == Found(9)
    assert limit(3, own=3).finding == "num_words is 3: 2 of 4 words have ids from 3 on and count as unknown."
    assert limit(3, own=9, given=3).finding == (
        "num_words is 3, not the 9 of the file: 2 of 4 words have ids from 3 on and count as unknown."
    )


@pytest.mark.parametrize(
    ("own", "given", "by"), [(9, None, "num_words of the Tokenizer (JSON)"), (3, 9, "--num-words")]
)
def test_num_words_beyond_the_rows_is_refused(own, given, by):
    with pytest.raises(ModelError) as caught:
        limit(3, own, given)
    assert str(caught.value).startswith(
        f"t.json: {by} is 9, the Embedding of m.keras has 3 rows, so the ids from 3 on, of 2 words, have no row; "
        "expected at most 3"
    )


def test_num_words_that_leaves_no_word_is_refused():
    with pytest.raises(ModelError, match=r"^t.json: num_words is 1, and no word has an id below it"):
        limit(3, own=1)


def test_more_words_than_rows_are_asked():
    question = limit(3)
    assert question.found == "the Tokenizer (JSON) has 4 words with ids up to 4, the Embedding 3 rows"
    assert question.readings[0].example == "'good' (id 3) is the first of 2"


def test_words_of_rows():
    assert row_words({"a": 1, "b": 3, "c": 4}, 4, 6, frozenset()) == (None, "a", None, "b", None, None)
    assert row_words({"a": 1, "b": 3}, 6, 4, frozenset([3])) == (None, "a", None, None)


def test_ids_of_words():
    tokens = OwnerVocabulary("list", tokens=("", "a", "", "\x85", " "))
    assert word_ids(Given(tokens), 2) == {"a": 3, "\x85": 5, " ": 6}
    assert word_ids(Given(OwnerVocabulary("index", ids={"": 1, "a": 2})), 3) == {"a": 5}


def test_a_word_with_two_places_is_refused():
    with pytest.raises(ModelError, match=r"^v.txt: 2 tokens stand more than once: 'a' at 1 and 3; 'b' at 2 and 4; a"):
        word_ids(Given(OwnerVocabulary("list", tokens=("a", "b", "a", "b", "c")), "v.txt"), 0)
