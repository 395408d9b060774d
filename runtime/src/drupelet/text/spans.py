"""The words of a text by text rules, with the places in the text that they come from."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from drupelet.text.characters import characters_of
from drupelet.text.matching import Matcher
from drupelet.text.pattern import parse_pattern
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Substitute, TextRules
from drupelet.text.words import rewrite_of, trace

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drupelet.text.rules import Step

    Edit = tuple[int, int, int]
    """Characters from one place to another become so many."""


class Span(NamedTuple):
    """A word as it is after the rules, and the characters ``text[start:end]`` that became it.

    ``start`` and ``end`` are the same for a word that is made of no character of the text. Spans of n-grams overlap, and so do
    those of words that a replacement made of the same characters.
    """

    word: str
    start: int
    end: int


def words_with_spans(rules: TextRules, text: str) -> list[Span]:
    """The words that the rules make of a text, in their order. Raises InputError for a text that the steps make too long."""
    starts, ends = array("I", range(len(text))), array("I", range(1, len(text) + 1))
    before: str = text
    spans: list[Span] = []
    for step, outcome in trace(rules, text):
        if isinstance(outcome, str):
            if outcome != before:
                starts, ends = _moved(starts, ends, _edits(step, before))
            before = outcome
        elif isinstance(step, DropWords):
            dropped = frozenset(step.words)
            spans = [span for span in spans if span.word not in dropped]
        elif isinstance(step, Ngrams):
            spans = list(_joined(spans, step.sizes))
        else:
            spans = list(_located(outcome, before, starts, ends))
    return spans


def _moved(starts: array[int], ends: array[int], edits: Iterable[Edit]) -> tuple[array[int], array[int]]:
    """Where the characters of a text come from after edits, which ascend and do not overlap."""
    new_starts, new_ends = array("I"), array("I")
    place = 0
    for begin, end, count in edits:
        new_starts += starts[place:begin]
        new_ends += ends[place:begin]
        new_starts += array("I", (starts[begin],)) * count
        new_ends += array("I", (ends[end - 1],)) * count
        place = end
    new_starts += starts[place:]
    new_ends += ends[place:]
    return new_starts, new_ends


def _edits(step: Step, text: str) -> Iterator[Edit]:
    """The edits of a step before the split; of those that leave one character one character, not all."""
    if isinstance(step, Lower):
        lowered = rewrite_of(step)
        for place, character in enumerate(text):
            if not character.isascii() and len(lowered(character)) != 1:
                yield place, place + 1, len(lowered(character))
    elif isinstance(step, Replace):
        place = text.find(step.old)
        while place >= 0:
            end = place + len(step.old)
            yield place, end, len(step.new)
            place = text.find(step.old, end)
    elif isinstance(step, Substitute):
        for begin, end in Matcher(parse_pattern(step.pattern)).matches(text):
            yield begin, end, len(step.replacement)
    elif isinstance(step, (Keep, Drop)):
        replaced = characters_of(step.characters, step.classes)
        if isinstance(step, Keep):
            replaced = replaced.complement()
        for found in replaced.compiled().finditer(text):
            yield found.start(), found.end(), len(step.replacement)


def _located(words: Iterable[str], text: str, starts: array[int], ends: array[int]) -> Iterator[Span]:
    """The words of a split text. Between two of them there is nothing that a word could begin with."""
    place = 0
    for word in words:
        place = text.index(word, place)
        yield Span(word, starts[place], ends[place + len(word) - 1])
        place += len(word)


def _joined(spans: list[Span], sizes: Iterable[int]) -> Iterator[Span]:
    """All n-grams of the first size, then all of the second, and so on."""
    for size in sizes:
        for at in range(len(spans) - size + 1):
            parts = spans[at : at + size]
            yield Span(" ".join(part.word for part in parts), parts[0].start, max(part.end for part in parts))
