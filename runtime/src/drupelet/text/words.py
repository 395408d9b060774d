"""Carries out text rules: the words of a text, and the text after each step."""

from __future__ import annotations

import re

from drupelet.errors import InputError
from drupelet.text.lower import lower_ascii, lower_unicode
from drupelet.text.matching import substituter
from drupelet.text.pattern import parse_pattern
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet.text.unicode_data import ranges

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drupelet.text.rules import Step

    Rewrite = Callable[[str], str]
    Reword = Callable[[list[str]], list[str]]

GROWTH_FACTOR = 64
GROWTH_BYTES = 65_536
"""No step may make a text longer than GROWTH_FACTOR times its bytes plus GROWTH_BYTES. Real rules at most double a text."""

_ASCII_WORDS = re.compile("[^\t\n\v\f\r ]+")


def splitter(rules: TextRules) -> Callable[[str], list[str]]:
    """A function from a text to its words by these rules. It keeps no state; threads may share it.

    The function raises InputError for a text that the steps make too long.
    """
    place = next(place for place, step in enumerate(rules.steps) if isinstance(step, Split))
    rewrites = [rewrite_of(step) for step in rules.steps[:place]]
    split = _split(rules.steps[place])
    rewords = [reword_of(step) for step in rules.steps[place + 1 :]]
    grows = any(_grows(step) for step in rules.steps[:place])

    def words(text: str) -> list[str]:
        whole = text
        for rewrite in rewrites:
            text = rewrite(text)
            if grows:
                _check_growth(whole, text)
        found = split(text)
        for reword in rewords:
            found = reword(found)
        return found

    return words


def trace(rules: TextRules, text: str) -> list[tuple[Step, str | list[str]]]:
    """Every step with the text, or the words, that it leaves."""
    whole, words = text, [text]
    outcome: list[tuple[Step, str | list[str]]] = []
    for step in rules.steps:
        if isinstance(step, Split):
            words = _split(step)(text)
            outcome.append((step, words))
        elif isinstance(step, (DropWords, Ngrams)):
            words = reword_of(step)(words)
            outcome.append((step, words))
        else:
            text = rewrite_of(step)(text)
            _check_growth(whole, text)
            outcome.append((step, text))
    return outcome


def rewrite_of(step: Step) -> Rewrite:
    """The function from text to text of a step before the split."""
    if isinstance(step, Lower):
        return lower_unicode if step.letters == "unicode" else lower_ascii
    if isinstance(step, Replace):
        old, new = step.old, step.new
        return lambda text: text.replace(old, new)
    if isinstance(step, Substitute):
        return substituter(parse_pattern(step.pattern), step.replacement)
    if isinstance(step, (Keep, Drop)):
        body = "".join(map(re.escape, step.characters)) + "".join(_class_body(name) for name in step.classes)
        negated = isinstance(step, Keep)
        if not body:
            return (lambda text: step.replacement * len(text)) if negated else (lambda text: text)
        # A run can go in one piece only where nothing takes its place.
        pattern = re.compile(f"[{'^' if negated else ''}{body}]{'' if step.replacement else '+'}")
        sub, replacement = pattern.sub, step.replacement
        return lambda text: sub(lambda _: replacement, text) if "\\" in replacement else sub(replacement, text)
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


def _split(step: Step) -> Callable[[str], list[str]]:
    assert isinstance(step, Split), "the caller has found it"  # noqa: S101
    if step.by == "unicode":
        return str.split
    if step.by == "ascii":
        return _ASCII_WORDS.findall
    if step.by == "characters":
        return list
    separator = step.separator
    return lambda text: [word for word in text.split(separator) if word]


def _class_body(name: str) -> str:
    """The characters of a class, as the inside of a set of the module re: ranges, not ``\\w``, which depends on the
    interpreter."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges(name))


def _grows(step: Step) -> bool:
    if isinstance(step, Replace):
        return len(step.new.encode()) > len(step.old.encode())
    if isinstance(step, (Keep, Drop, Substitute)):
        return len(step.replacement.encode()) > 1
    return False


def _check_growth(before: str, after: str) -> None:
    limit = GROWTH_FACTOR * len(before.encode("utf-8", "surrogatepass")) + GROWTH_BYTES
    size = len(after.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise InputError(f"the text rules make a text of {size} bytes, allowed {limit} for this text; shorten it")
