"""The ids of unknown words, of the start and of the end of a text."""

from dataclasses import replace

import pytest

from drupelet.text.named import NAMED_RULES
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found, Question
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.special_ids import settled_end, settled_unknown
from drupelet_export.reading.text_facts import Facts, Given

IDS = {"<OOV>": 1, "the": 2, "film": 3}
INDEX = OwnerVocabulary("word index (JSON)", ids=IDS)
TOKENIZER = OwnerVocabulary("Tokenizer (JSON)", ids=IDS, unknown_token="the", oov_token="the")  # noqa: S106
IMDB = NAMED_RULES["imdb"]


def unknown(vocabulary, rows=4, limit=None, **given):
    ids = vocabulary.ids
    made = Given(vocabulary, **given)
    return settled_unknown(made, Facts("m.keras", rows), ids, limit or rows, ["the good film"], str.split)


@pytest.mark.parametrize(
    ("vocabulary", "given", "expected", "finding"),
    [
        (INDEX, {}, 1, "Unknown words have id 1, that of '<OOV>', by its name."),
        (INDEX, {"unknown_id": "drop"}, None, "Unknown words are dropped (--unknown-id)."),
        (INDEX, {"unknown_id": 0}, 0, "Unknown words have id 0 (--unknown-id)."),
        (INDEX, {"rules": IMDB}, 2, "Unknown words have id 2, as the rules 'imdb' say."),
        (INDEX, {"rules": IMDB, "unknown_id": 3}, 3, "Unknown words have id 3 (--unknown-id)."),
        (TOKENIZER, {}, 2, "Unknown words have id 2, that of 'the', as the Tokenizer (JSON) says."),
        (TOKENIZER, {"unknown_id": 2}, 2, "Unknown words have id 2 (--unknown-id)."),
        (TOKENIZER, {"unknown_id": 3}, 3, "Unknown words have id 3 (--unknown-id), not 2, 'the' of the file."),
        (
            TOKENIZER,
            {"unknown_id": "drop"},
            None,
            "Unknown words are dropped (--unknown-id), not 2, 'the' of the file.",
        ),
        (
            replace(TOKENIZER, unknown_token=None),
            {},
            None,
            "Unknown words are dropped: the Tokenizer has no oov_token.",
        ),
    ],
)
def test_who_says_the_id_of_unknown_words(vocabulary, given, expected, finding):
    assert unknown(vocabulary, **given) == Found(expected, finding)


def test_nobody_says_it():
    question = unknown(OwnerVocabulary("word index (JSON)", ids={"the": 1, "unk": 2, "film": 3}))
    assert isinstance(question, Question)
    assert question.found == "the word index (JSON) has no token with the name of unknown words, so their id is open"
    assert [str(reading) for reading in question.readings] == [
        "--unknown-id drop: they are dropped, as a Tokenizer without oov_token does; 'the good film' -> 1 | 3",
        "--unknown-id 2: they have the id of 'unk'; 'the good film' -> 1 | 2 | 3",
        "--unknown-id 0: they have id 0, that of the padding, as word_index.get(word, 0) gives it; "
        "'the good film' -> 1 | 0 | 3",
    ]


def test_before_the_rules_are_known_the_unknown_id_of_imdb_is_a_reading_too():
    given = Given(OwnerVocabulary("word index (JSON)", ids={"the": 1, "film": 2}))
    question = settled_unknown(given, Facts("m.keras", 9), {"the": 1, "film": 2}, 9, ["the good film"], None)
    assert str(question.readings[-1]) == "--tokenizer imdb: they have id 2, as keras.datasets.imdb gives them"


def test_words_beyond_num_words_are_unknown_in_examples():
    question = unknown(OwnerVocabulary("index", ids={"the": 1, "film": 3}), limit=2)
    assert question.readings[0].example == "'the good film' -> 1"


def options(question):
    return [reading.option.removeprefix("--unknown-id ") for reading in question.readings]


def test_two_tokens_have_the_name():
    question = unknown(OwnerVocabulary("index", ids={"<unk>": 1, "[UNK]": 2, "the": 0}))
    assert question.found.startswith("2 tokens have such a name: '<unk>', '[UNK]'")
    assert options(question) == ["drop", "1", "2", "3"]
    assert unknown(OwnerVocabulary("index", ids={"<unk>": 1, "[UNK]": 2}), limit=2).value == 1


def test_rows_without_a_word_may_be_that_of_unknown_words():
    words = {"the": 2, "film": 3}
    assert options(unknown(OwnerVocabulary("index", ids=words))) == ["drop", "1", "0"]
    assert options(unknown(OwnerVocabulary("index", ids=words), rows=99)) == ["drop", "1", "0"]
    assert options(unknown(OwnerVocabulary("index", ids={"the": 1}), rows=99)) == ["drop", "0"]


def test_a_token_of_unknown_words_that_is_not_in_the_index():
    vocabulary = OwnerVocabulary("Tokenizer (JSON)", ids={"the": 1}, unknown_token="<OOV>")  # noqa: S106
    assert isinstance(unknown(vocabulary), Question)


@pytest.mark.parametrize(
    ("vocabulary", "given", "what"),
    [
        (INDEX, {"unknown_id": 4}, "--unknown-id is 4"),
        (INDEX, {"rules": replace(IMDB, unknown_id=7)}, "unknown_id of the rules 'imdb' is 7"),
        (replace(TOKENIZER, ids={"the": 9}), {}, "the id of 'the' in the Tokenizer (JSON) is 9"),
    ],
)
def test_an_id_without_a_row_is_refused(vocabulary, given, what):
    with pytest.raises(ModelError) as caught:
        unknown(vocabulary, **given)
    assert str(caught.value) == f"m.keras: {what}, the Embedding has 4 rows; expected at most 3"


def end(name, ids, rows=4, **given):
    given = Given(OwnerVocabulary("index", ids=ids), **given)
    return settled_end(name, given, Facts("m.keras", rows), ids, ["a pie", "the film"], str.split)


def test_start_and_end_of_a_text():
    assert end("start_id", {"the": 1}) == Found(None)
    assert end("start_id", {"the": 1}, start_id=3) == Found(3, "Every text begins with id 3 (--start-id).")
    assert end("end_id", {"</s>": 1}, end_id="none") == Found(None)
    assert end("start_id", {"<s>": 2}, rules=IMDB) == Found(1, "Every text begins with id 1 (the rules 'imdb').")
    assert end("end_id", {"the": 2}, rules=IMDB) == Found(None)
    question = end("end_id", {"<s>": 2, "</s>": 3, "film": 1})
    assert [str(reading) for reading in question.readings] == [
        "--end-id 3: every text ends with the id of '</s>'; 'the film' -> 1 | 3",
        "--end-id none: texts are read as they are; 'the film' -> 1",
    ]
    question = end("start_id", {"<s>": 2, "</s>": 3, "film": 1})
    assert str(question.readings[0]) == "--start-id 2: every text begins with the id of '<s>'; 'the film' -> 2 | 1"
    assert end("end_id", {"</s>": 9}) == Found(None)
    with pytest.raises(ModelError, match=r"^m.keras: start_id \(--start-id\) is 4, the Embedding has 4 rows"):
        end("start_id", {"the": 1}, start_id=4)
