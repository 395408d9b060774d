"""Which steps make the words of a text: those that were given, those in the owner's file, or a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import TextRules
from drupelet.text.words import splitter
from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.owner_rules import rules_of_owner
from drupelet_export.reading.reserved_names import is_reserved
from drupelet_export.reading.shown_text import TELLING, example, list_shown, telling
from drupelet_export.reading.text_facts import Given

WORDS_TRIED = 1000
"""Most words of a vocabulary that are looked at for how well rules fit it."""


def settled_steps(given: Given, texts: Sequence[str], from_data: bool = True) -> Found[TextRules] | Question:
    """The rules whose steps hold, and a sentence on who said so.

    ``texts`` are examples, ``from_data`` if they are not made up of the vocabulary.

    Rules that were given go before those in the file: the user names them for this model, while a file may be of another
    program, and there would be no way out of a refusal. The finding then shows on a text how the two differ. Raises ModelError
    for settings of the file that no steps express, unless rules were given.
    """
    kind = given.file
    if given.rules is not None:
        return Found(given.rules, _beside_the_file(given, given.rules, texts))
    own = rules_of_owner(given.vocabulary, given.vocabulary_where)
    if own is not None:
        return Found(own, f"Words are made by the settings in the {kind}.")
    splits = {name: splitter(rules) for name, rules in NAMED_RULES.items()}
    text = telling(texts if from_data else [*texts, TELLING], list(splits.values()))
    readings = []
    for name, split in splits.items():
        readings.append(
            Reading(
                f"--tokenizer {name}",
                _fit(split, given, texts if from_data else ()),
                example(text, split(text)) + ("; ids as keras.datasets.imdb gives them" if name == "imdb" else ""),
            )
        )
    readings.append(Reading("--text-rules FILE", "rules of your own; --print-text-rules NAME writes some as a start"))
    return Question("the words of a text", f"the {kind} does not say how a text becomes words", tuple(readings))


def _fit(split: Callable[[str], list[str]], given: Given, texts: Sequence[str]) -> str:
    """How well rules fit the vocabulary, by texts of the data; without any, by the words themselves."""
    if texts:
        found = [word for text in texts for word in split(text)]
        share = sum(word in given.file_ids for word in found) / len(found) if found else 0.0
        return f"{share:.0%} of its words are in the vocabulary"
    words = list(islice((word for word in given.file_ids if not is_reserved(word)), WORDS_TRIED))
    share = sum(split(word) == [word] for word in words) / len(words) if words else 0.0
    return f"it can make {share:.0%} of the words of the vocabulary"


def _beside_the_file(given: Given, rules: TextRules, texts: Sequence[str]) -> str | None:
    """A sentence on given rules and those in the file, if it has any that steps express."""
    try:
        own = rules_of_owner(given.vocabulary, given.vocabulary_where)
    except ModelError as error:
        return f"Words are made by the rules {rules.name!r} that were given; the file's own are no steps ({error})."
    if own is None:
        return None
    kind = given.file
    if own.steps == rules.steps:
        return f"Words are made by the rules {rules.name!r}, as the settings in the {kind} say too."
    ours, theirs = splitter(rules), splitter(own)
    text = telling(texts, [ours, theirs])
    if ours(text) == theirs(text):
        difference = f"no text that was looked at shows a difference, for example {example(text, ours(text))}"
    else:
        difference = f"{example(text, ours(text))}, where the file makes {list_shown(theirs(text))}"
    return (
        f"Words are made by the rules {rules.name!r} that were given, not by the settings in the {kind}: {difference}."
    )
