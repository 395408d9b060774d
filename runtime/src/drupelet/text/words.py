"""Carries out text rules: the words of a text, and the text after each step."""

from __future__ import annotations

import re
import sys

from drupelet.errors import InputError
from drupelet.text.characters import characters_of
from drupelet.text.lower import lower_ascii, lower_unicode
from drupelet.text.matching import substituter
from drupelet.text.pattern import parse_pattern
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drupelet.text.rules import Step

    Rewrite = Callable[[str], str]
    Reword = Callable[[list[str]], list[str]]

GROWTH_FACTOR = 64
GROWTH_BYTES = 65_536
"""No step may make a text longer than GROWTH_FACTOR times its bytes plus GROWTH_BYTES. Real rules at most double a text."""
WORK_FACTOR = 1024
WORK_BYTES = 1 << 20
"""The texts that the steps read may have at most WORK_FACTOR times the bytes of the text, plus WORK_BYTES, together. The
longest lists of replacements that people write have 120 steps; each reads a text that has grown by a few per cent."""

SHORT_LITERAL = 16
"""Longest literal that may be compared at every place of a text: the time of a text stays proportional to its length."""

_ASCII_WORDS = re.compile("[^\t\n\v\f\r ]+")


def splitter(rules: TextRules) -> Callable[[str], list[str]]:
    """A function from a text to its words by these rules. It keeps no state; threads may share it.

    The function raises InputError for a text that the steps make too long.
    """
    rewrites = [rewrite_of(step) for step in rules.text_steps]
    split = split_of(rules.split)
    rewords = [reword_of(step) for step in rules.word_steps]
    # Of others, no step reads a text of more than one and a half times the bytes: lower case makes three of two.
    grows = any(_grows(step) for step in rules.text_steps) or sum(isinstance(s, Lower) for s in rules.text_steps) > 1

    def words(text: str) -> list[str]:
        budget = _Budget(text) if grows else None
        for rewrite in rewrites:
            if budget:
                budget.read(text)
            text = rewrite(text)
            if budget:
                budget.check_growth(text)
        found = split(text)
        for reword in rewords:
            found = reword(found)
        return found

    return words


def trace(rules: TextRules, text: str) -> list[tuple[Step, str | list[str]]]:
    """Every step with the text, or the words, that it leaves. Raises InputError as the function of :func:`splitter` does."""
    budget = _Budget(text)
    outcome: list[tuple[Step, str | list[str]]] = []
    for step in rules.text_steps:
        budget.read(text)
        text = rewrite_of(step)(text)
        budget.check_growth(text)
        outcome.append((step, text))
    words = split_of(rules.split)(text)
    outcome.append((rules.split, words))
    for step in rules.word_steps:
        words = reword_of(step)(words)
        outcome.append((step, words))
    return outcome


def rewrite_of(step: Step) -> Rewrite:
    """The function from text to text of a step before the split."""
    if isinstance(step, Lower):
        return lower_unicode if step.letters == "unicode" else lower_ascii
    if isinstance(step, Replace):
        old, new = step.old, step.new
        if len(old) > SHORT_LITERAL and sys.version_info < (3, 10):
            # Until Python 3.9, str.replace compares a literal at every place; re has always used what it knows of a prefix.
            sub_literal = re.compile(re.escape(old)).sub
            return lambda text: sub_literal(lambda _: new, text)
        return lambda text: text.replace(old, new)
    if isinstance(step, Substitute):
        return substituter(parse_pattern(step.pattern), step.replacement)
    if isinstance(step, (Keep, Drop)):
        replaced = characters_of(step.characters, step.classes)
        if isinstance(step, Keep):
            replaced = replaced.complement()
        replacement = step.replacement
        # A run can go in one piece only where nothing takes its place.
        sub = replaced.compiled("" if replacement else "+").sub
        if "\\" in replacement:
            return lambda text: sub(lambda _: replacement, text)
        return lambda text: sub(replacement, text)
    raise TypeError(f"{step!r} rewrites words, not the text")


def reword_of(step: Step) -> Reword:
    """The function from words to words of a step behind the split."""
    if isinstance(step, DropWords):
        dropped = frozenset(step.words)
        return lambda words: [word for word in words if word not in dropped]
    if isinstance(step, Ngrams):
        return lambda words: ngrams(words, step.sizes)
    raise TypeError(f"{step!r} rewrites the text, not words")


def ngrams(words: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """All n-grams of the first size, then all of the second, and so on; the words of each are joined by a space."""
    return [" ".join(words[at : at + size]) for size in sizes for at in range(len(words) - size + 1)]


def split_of(step: Split) -> Callable[[str], list[str]]:
    """The function from a text to its words."""
    if step.by == "unicode":
        return str.split
    if step.by == "ascii":
        return _ASCII_WORDS.findall
    if step.by == "characters":
        return list
    separator = step.separator
    return lambda text: [word for word in text.split(separator) if word]


def _grows(step: Step) -> bool:
    if isinstance(step, Replace):
        return len(step.new.encode()) > len(step.old.encode())
    if isinstance(step, (Keep, Drop, Substitute)):
        return len(step.replacement.encode()) > 1
    return False


class _Budget:
    """The bytes that the steps may read and write for a text."""

    def __init__(self, text: str) -> None:
        size_bytes = _size_bytes(text)
        self._longest = GROWTH_FACTOR * size_bytes + GROWTH_BYTES
        self._work = WORK_FACTOR * size_bytes + WORK_BYTES
        self._left = self._work

    def read(self, text: str) -> None:
        """Raises InputError when a step that reads this text is one too many."""
        self._left -= _size_bytes(text)
        if self._left < 0:
            raise InputError(
                f"the steps of the text rules read more than {self._work} bytes, allowed for this text; make it grow less, or "
                "use fewer steps"
            )

    def check_growth(self, text: str) -> None:
        """Raises InputError when a step has made a text too long."""
        size_bytes = _size_bytes(text)
        if size_bytes > self._longest:
            raise InputError(
                f"the text rules make a text of {size_bytes} bytes, allowed {self._longest} for this text; shorten it"
            )


def _size_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
