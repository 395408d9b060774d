"""Checks of texts and labels: what each finds, and what it lets pass."""

from dataclasses import replace
from pathlib import Path

import pytest

from drupelet.goldens import Golden
from drupelet.text.named import ALNUM, CHARACTERS, TEXTVECTORIZATION, TOKENIZER
from drupelet.text.rules import Ngrams, Replace, Split, TextRules
from drupelet_export.parity.check_names import CHECKS
from drupelet_export.parity.text_checks import failed_checks, text_checks
from drupelet_export.reading.source import read_run_folder

ARTIFACTS = Path(__file__).parents[3] / "artifacts"
COMMON = tuple(f"word{n}" for n in range(1200))


@pytest.fixture
def checks_of(random_model):
    """A function that makes the checks of a model with these rules and words, by name."""

    def find(words, rules=ALNUM, texts=(), goldens=(), accepted=(), **changes):
        model = replace(random_model(), text_rules=rules, vocabulary=(None, None, *words), **changes)
        return {check.name: check for check in text_checks(model, texts, goldens, accepted)}

    return find


def goldens_of(true_labels, answers, count=2):
    """Texts with these labels, answered so."""
    rows = [tuple(0.9 if place == answer else 0.1 for place in range(count)) for answer in answers]
    return [Golden("held_out", "n", "text", 1, (), row, label) for label, row in zip(true_labels, rows, strict=True)]


@pytest.mark.parametrize("run", sorted(ARTIFACTS.glob("*-source")), ids=lambda path: path.name)
def test_every_word_of_the_vocabularies_that_ship_can_be_produced(checks_of, run):
    settled = read_run_folder(run).options.text
    words = [word for word in settled.words if word is not None]
    found = checks_of(words, settled.rules)["unreachable-words"]
    assert found.found == f"the text rules can give all {len(words):,} words of the vocabulary"
    assert (found.verdict, len(words) > 1000) == ("passed", True)


@pytest.mark.parametrize(
    ("words", "rules", "advice"),
    [
        (("don't", "it's", "can't", "won't"), TEXTVECTORIZATION, "--tokenizer tokenizer leaves 0 words out of reach"),
        (("Good", "Bad", "FOOD", "Soup"), TEXTVECTORIZATION, "give the text rules and the vocabulary file"),
        (("good\t7", "bad\t8", "food\t9"), ALNUM, "give the text rules and the vocabulary file"),
        (
            (*COMMON[:300], "don't", "it's", "can't", "won't"),
            ALNUM,
            "--tokenizer tokenizer leaves 0 words out of reach",
        ),
        (("don't", "it's", "can't", *COMMON), TEXTVECTORIZATION, "--tokenizer tokenizer leaves 0 words"),
        (("abc", "de"), CHARACTERS, "--tokenizer "),
    ],
)
def test_vocabularies_that_other_rules_made_fail(checks_of, words, rules, advice):
    found = checks_of(words, rules)["unreachable-words"]
    assert (found.verdict, "no text can give" in found.found) == ("failed", True)
    assert found.advice.startswith(advice)


def test_a_failed_check_says_what_was_found_expected_and_next(checks_of):
    found = checks_of((*COMMON[:300], "don't", "it's", "can't", "won't"), ALNUM)["unreachable-words"]
    assert failed_checks([found]) == (
        'unreachable-words: no text can give 4 of the 304 words of the vocabulary by these text rules (1.3%): "don\'t", '
        '"it\'s", "can\'t", ...; expected at most 1%, and at most 2 of the first 100 (0 found): the model was trained on words '
        "that were made otherwise; next: --tokenizer tokenizer leaves 0 words out of reach; or accept it with --accept "
        "unreachable-words",
    )


def test_a_few_odd_words_of_an_owner_are_noted(checks_of):
    odd = ("", " ", "\x85", "\u3000", "<start>", "[MASK]", "OOV", "don't")
    found = checks_of((*odd, *COMMON), ALNUM)["unreachable-words"]
    assert (found.verdict, found.advice) == ("noted", None)
    assert found.found == (
        "no text can give 8 of the 1,208 words of the vocabulary by these text rules (0.7%): 'OOV', \"don't\""
    )
    assert failed_checks([found]) == ()


def test_words_of_which_nothing_is_proved_are_noted(checks_of):
    rules = TextRules("c", (Replace("n't", " not"), Split("unicode")))
    found = checks_of(("don't", "can't", "won't", "film"), rules)["unreachable-words"]
    assert (found.verdict, found.found) == (
        "noted",
        'none of the texts that were tried gives 3 words: "don\'t", "can\'t", "won\'t"',
    )


def test_a_vocabulary_of_characters_needs_rules_of_characters(checks_of):
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    found = checks_of((*alphabet, "<unk>"))["single-characters"]
    assert found.verdict == "failed"
    assert found.sentence == (
        "single-characters: 36 of 36 words of the vocabulary are single characters, and the text rules make words of several: "
        "expected words, or rules by which every character is one; next: --tokenizer characters; or accept it with --accept "
        "single-characters"
    )
    assert checks_of(alphabet, CHARACTERS)["single-characters"].verdict == "passed"
    assert checks_of(("a", "b", *COMMON))["single-characters"].verdict == "passed"


def test_texts_of_another_language_fail(checks_of):
    found = checks_of(("a", "good", "film"), texts=["ein guter streifen", "das war nichts"])
    assert found["unknown-words"].verdict == "failed"
    assert "the model knows 0 of the 6 words of the texts given (0.0%); expected at least 25%" in (
        found["unknown-words"].found
    )
    assert found["empty-texts"].verdict == "failed"
    assert "2 of the 2 texts given hold no word that the model knows; expected at most 5%" in found["empty-texts"].found


@pytest.mark.parametrize("texts", [[""], ["..."]])
def test_texts_without_words_fail(checks_of, texts):
    found = checks_of(("a", "good", "film"), texts=texts)["unknown-words"]
    assert (found.verdict, "knows 0 of the 0 words" in found.found) == ("failed", True)


def test_texts_in_the_language_of_the_model_pass(checks_of):
    found = checks_of(("a", "good", "film"), texts=["a good film", "one good unusual thing", ":-)"])
    assert {name: check.verdict for name, check in found.items()} == {
        "unreachable-words": "passed", "single-characters": "passed", "unknown-words": "passed", "empty-texts": "passed",
    }  # fmt: skip


def test_empty_texts_alone(checks_of):
    texts = ["good film"] * 30 + ["a rather long text of no word that is known"] * 3
    assert checks_of(("good", "film"), texts=texts)["empty-texts"].verdict == "failed"
    assert checks_of(("good", "film"), texts=texts[:-2] * 2)["empty-texts"].verdict == "passed"


def test_of_ngrams_only_single_words_are_counted(checks_of):
    both = replace(TOKENIZER, steps=(*TOKENIZER.steps, Ngrams((1, 2, 3))))
    found = checks_of(("good", "film", "good film"), both, texts=["a good film", "the good film of a day"])
    assert found["unknown-words"].found.startswith("the model knows 4 of the 9 words")
    pairs = replace(TOKENIZER, steps=(*TOKENIZER.steps, Ngrams((2,))))
    assert "unknown-words" not in checks_of(("good film",), pairs, texts=["a good film"])


def test_accuracy_of_a_model_that_answers_the_largest_class(checks_of):
    truth = [0] * 30 + [1] * 10
    found = checks_of(COMMON, goldens=goldens_of(truth, [0] * 40))
    assert found["accuracy"].verdict == "failed"
    assert found["accuracy"].found == (
        "accuracy 0.750 on 40 texts with labels; to answer 'bad' always has 0.750: expected a model that is better than that"
    )
    assert found["label-order"].verdict == "passed"
    better = checks_of(COMMON, goldens=goldens_of(truth, [0] * 39 + [1]))
    assert (better["accuracy"].verdict, better["label-order"].verdict) == ("passed", "passed")


def test_swapped_labels_are_named(checks_of):
    truth = [0, 1] * 50
    found = checks_of(COMMON, goldens=goldens_of(truth, [0] * 14 + [1 - label for label in truth[14:]]))
    assert (found["accuracy"].verdict, found["label-order"].verdict) == ("failed", "failed")
    assert found["label-order"].sentence == (
        "label-order: --labels good,bad would have accuracy 0.930, this order has 0.070; next: give --labels good,bad; or "
        "accept it with --accept label-order"
    )


def test_the_order_of_three_labels_is_that_of_the_outputs(checks_of):
    truth = [0, 1, 2] * 20
    goldens = goldens_of(truth, [(label + 1) % 3 for label in truth], 3)
    found = checks_of(COMMON, goldens=goldens, labels=("a", "b", "c"))["label-order"]
    assert found.found.startswith("--labels c,a,b would have accuracy 1.000")


def test_a_few_texts_and_texts_of_one_label_do_not_judge_accuracy(checks_of):
    few = checks_of(COMMON, goldens=goldens_of([0, 1] * 9, [1, 0] * 9))
    assert (few["accuracy"].verdict, few["label-order"].verdict) == ("not checked", "not checked")
    one = checks_of(COMMON, goldens=goldens_of([1] * 30, [1] * 30))
    assert (one["accuracy"].verdict, one["label-order"].verdict) == ("not checked", "passed")
    assert one["accuracy"].found == "accuracy 1.000 on 30 texts with labels, all of label 'good'; expected two labels"


def test_accepted_checks_keep_their_findings_and_do_not_fail(checks_of):
    truth = [0, 1] * 50
    swapped = goldens_of(truth, [1 - label for label in truth])
    texts = ["ein guter streifen"] * 9
    words = [f"it's{n}" for n in range(9)]
    failed = checks_of(words, texts=texts, goldens=swapped)
    assert [name for name, check in failed.items() if check.verdict == "failed"] == [
        "unreachable-words", "unknown-words", "empty-texts", "accuracy", "label-order",
    ]  # fmt: skip
    accepted = checks_of(words, texts=texts, goldens=swapped, accepted=CHECKS)
    assert failed_checks(list(accepted.values())) == ()
    assert [check.verdict for check in accepted.values()].count("accepted") == 5
    assert accepted["accuracy"].found == failed["accuracy"].found
    assert checks_of(COMMON, accepted=CHECKS)["unreachable-words"].verdict == "passed"
    assert tuple(failed) == CHECKS
