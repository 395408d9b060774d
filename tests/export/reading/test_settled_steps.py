"""Which steps hold: given ones, those of the file, or a question that shows what each named one makes."""

import pytest

from drupelet.text.named import NAMED_RULES
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Question
from drupelet_export.reading.owner_words import OwnerVocabulary
from drupelet_export.reading.settled_steps import settled_steps
from drupelet_export.reading.text_facts import Given

TEXTS = ["It's well-made <br />", "plain"]
SETTINGS = {"lower": True, "filters": "", "split": "--"}


def test_settings_of_the_file_hold():
    vocabulary = OwnerVocabulary("Tokenizer (JSON)", ids={"a": 1}, lower=True, char_level=True)
    found = settled_steps(Given(vocabulary), TEXTS)
    assert [type(step).__name__ for step in found.value.steps] == ["Lower", "Split"]
    assert found.finding == "Words are made by the settings in the Tokenizer (JSON)."


def test_settings_that_no_steps_express_are_refused_unless_rules_are_given():
    vocabulary = OwnerVocabulary("Tokenizer (JSON)", ids={"a": 1}, lower=False, filters="", split="--")
    with pytest.raises(ModelError, match=r"^t.json: the Tokenizer has split='--'"):
        settled_steps(Given(vocabulary, "t.json"), TEXTS)
    found = settled_steps(Given(vocabulary, "t.json", rules=NAMED_RULES["words"]), TEXTS)
    assert found.value == NAMED_RULES["words"]
    assert found.finding.startswith(
        "Words are made by the rules 'words' that were given; the file's own are no steps (t.json: "
    )


def test_rules_that_no_text_parts_are_still_said():
    vocabulary = OwnerVocabulary("Tokenizer (JSON)", ids={"a": 1}, lower=True, filters="#", split=" ")
    found = settled_steps(Given(vocabulary, rules=NAMED_RULES["tokenizer"]), ["plain"])
    assert found.finding.endswith("no text that was looked at shows a difference, for example 'plain' -> plain.")


def test_without_rules_each_named_one_is_shown():
    vocabulary = OwnerVocabulary("list of words (JSON)", tokens=("it's", "well", "made", "plain"))
    question = settled_steps(Given(vocabulary), TEXTS)
    assert isinstance(question, Question)
    assert question.found == "the list of words (JSON) does not say how a text becomes words"
    shown = {reading.option: (reading.meaning.partition("%")[0], reading.example) for reading in question.readings}
    characters = "I | t | ' | s | ' ' | w | e | l | l | - | m | a | d | e | ' ' | <"
    assert shown == {
        "--tokenizer tokenizer": ("80", f"{TEXTS[0]!r} -> it's | well | made | br"),
        "--tokenizer textvectorization": ("25", f"{TEXTS[0]!r} -> its | wellmade | br"),
        "--tokenizer imdb": ("80", f"{TEXTS[0]!r} -> it's | well | made | br; ids as keras.datasets.imdb gives them"),
        "--tokenizer alnum": ("33", f"{TEXTS[0]!r} -> its | wellmade"),
        "--tokenizer words": ("50", f"{TEXTS[0]!r} -> it | s | well | made | br"),
        "--tokenizer characters": ("0", f"{TEXTS[0]!r} -> {characters} | ..."),
        "--text-rules FILE": ("rules of your own; --print-text-rules NAME writes some as a start", ""),
    }


def test_without_data_an_example_tells_the_named_rules_apart_and_words_tell_how_they_fit():
    vocabulary = OwnerVocabulary("word index (JSON)", ids={"<OOV>": 1, "it's": 2, "well": 3, "a b": 4, "made": 5})
    question = settled_steps(Given(vocabulary), ["it's well"], from_data=False)
    shown = {reading.option: (reading.meaning, reading.example) for reading in question.readings}
    assert shown["--tokenizer tokenizer"][0] == "it can make 75% of the words of the vocabulary"
    assert shown["--tokenizer characters"][0] == "it can make 0% of the words of the vocabulary"
    assert len({shown[f"--tokenizer {name}"][1] for name in ("tokenizer", "textvectorization", "alnum", "words")}) == 4


def test_functions_of_the_owner_are_no_rules():
    vocabulary = OwnerVocabulary("TextVectorization config", tokens=("", "[UNK]", "a"), split="whitespace")
    assert isinstance(settled_steps(Given(vocabulary), TEXTS), Question)
