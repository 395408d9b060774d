"""Words of a vocabulary that the text rules cannot produce from any text, or produced from none that was tried.

A word that some text gives is reachable: the text is the proof. A word is *out of reach* when no text at all can give it, which
is proved from the rules: it is empty, it holds a character that no text keeps through the steps, it is in the stop list, or it
has as many words as no n-gram has. What neither a text nor a proof settles is *unsettled*: the rules rewrite the word, and none
of the tried texts gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from drupelet.errors import InputError
from drupelet.text.characters import Characters, characters_of
from drupelet.text.lower import FINAL_SIGMA, lower_ascii, lower_unicode
from drupelet.text.pattern import ACCEPT, Pattern, parse_pattern
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet.text.unicode_data import lower_mapping
from drupelet_export.model.description import ModelDescription

JOINED_WORDS = 500
"""Number of words that are tried together, in one text. Most are found so; the others are tried alone, which takes longer."""
ASCII_SPACE = "\t\n\v\f\r "
EXAMPLES = "a0 A-'!"
"""Characters that are tried first where the rules replace one of many."""


@dataclass(frozen=True)
class UnreachableWords:
    """Words that no text can give (``never``), and words that none of the tried texts gives (``unsettled``), in id order."""

    never: tuple[str, ...]
    unsettled: tuple[str, ...]


def unreachable_words(model: ModelDescription) -> UnreachableWords:
    """The words of the vocabulary, padding and unknown word aside, that no text was found for."""
    left = _not_in_joined_texts(model)
    can_remain = _surviving(model.text_rules)
    never, unsettled = [], []
    for word in left:
        if _is_out_of_reach(model.text_rules, word, can_remain):
            never.append(word)
        elif not any(word in _words(model, text) for text in _tried_texts(model, word)):
            unsettled.append(word)
    return UnreachableWords(tuple(never), tuple(unsettled))


def _not_in_joined_texts(model: ModelDescription) -> list[str]:
    words = [word for word in model.vocabulary if word is not None]
    left = []
    for start in range(0, len(words), JOINED_WORDS):
        chunk = words[start : start + JOINED_WORDS]
        found = set(_words(model, model.joined(chunk)))
        left += [word for word in chunk if word not in found]
    return left


def _words(model: ModelDescription, text: str) -> list[str]:
    try:
        return model.words_of(text)
    except InputError:  # the rules make this text too long
        return []


def _tried_texts(model: ModelDescription, word: str) -> Iterator[str]:
    """Texts that may give the word: it alone, in capitals, its parts joined, and texts that the steps may turn into these."""
    parts = word.split(" ")
    halves = [(" ".join(parts[:cut]), " ".join(parts[cut:])) for cut in range(1, len(parts))]
    for text in dict.fromkeys((word, word.upper(), f" {word} ", *map(model.joined, (parts, *halves)))):
        yield text
        for step in reversed(model.text_rules.text_steps):
            new, old = _rewriting(step)
            if new and old and new in text:
                text = text.replace(new, old)
                yield text


def _rewriting(step: object) -> tuple[str, str]:
    """What a step writes, and a text that it replaces by this; empty where it writes nothing."""
    if isinstance(step, Replace):
        return step.new, step.old
    if isinstance(step, Substitute):
        return step.replacement, _match_of(step.pattern)
    if isinstance(step, Keep | Drop):
        return step.replacement, _example(_replaced(step))
    return "", ""


@cache
def _replaced(step: Keep | Drop) -> Characters:
    listed = characters_of(step.characters, step.classes)
    return listed.complement() if isinstance(step, Keep) else listed


def _example(characters: Characters) -> str:
    """A character of the set, a common one where there is one; empty for the empty set."""
    common = next((character for character in EXAMPLES if character in characters), None)
    if common is not None:
        return common
    return chr(characters.ranges[0][0]) if characters.ranges else ""


@cache
def _match_of(source: str) -> str:
    """A short text that the pattern matches where its assertions hold."""
    pattern = parse_pattern(source)
    waiting = [("", place) for place, _ in pattern.first]
    seen = set()
    for text, place in waiting:  # grows while it is walked: breadth first
        if place == ACCEPT:
            return text
        if place not in seen:
            seen.add(place)
            longer = text + _example(pattern.positions[place])
            waiting += [(longer, follower) for follower, _ in pattern.followers[place]]
    return ""


def _is_out_of_reach(rules: TextRules, word: str, can_remain: Callable[[str], bool]) -> bool:
    """Whether it is proved that no text gives the word."""
    ngrams = next((step for step in rules.word_steps if isinstance(step, Ngrams)), None)
    joints = " " if ngrams is not None else ""  # n-grams put spaces between words
    if not word or not all(character in joints or can_remain(character) for character in word):
        return True
    if ngrams is None:
        has_other_length = rules.split.by == "characters" and len(word) > 1
        return has_other_length or any(word in dropped for dropped in _stop_lists(rules, behind_ngrams=False))
    if any(word in dropped for dropped in _stop_lists(rules, behind_ngrams=True)):
        return True
    if can_remain(" "):
        return False  # its parts are not known
    parts = word.split(" ")
    before = _stop_lists(rules, behind_ngrams=False)
    return (
        len(parts) not in ngrams.sizes
        or not all(parts)
        or (rules.split.by == "characters" and any(len(part) > 1 for part in parts))
        or any(part in dropped for part in parts for dropped in before)
    )


def _stop_lists(rules: TextRules, behind_ngrams: bool) -> list[tuple[str, ...]]:
    """The stop lists of words, or those of n-grams."""
    places = [place for place, step in enumerate(rules.word_steps) if isinstance(step, Ngrams)] or [
        len(rules.word_steps)
    ]
    chosen = rules.word_steps[places[0] :] if behind_ngrams else rules.word_steps[: places[0]]
    return [step.words for step in chosen if isinstance(step, DropWords)]


def _surviving(rules: TextRules) -> Callable[[str], bool]:
    """A function that tells whether a character can stand in a word. It says yes where the rules leave it open."""
    steps = [_effect(step) for step in (*rules.text_steps, rules.split)]

    @cache
    def after(character: str, count: int) -> bool:
        """Whether the character can stand in a text after that many steps."""
        if count == 0:
            return True
        step = steps[count - 1]
        if isinstance(step, Lower):
            return any(after(source, count - 1) for source in _upper_cases(character, step.letters))
        removed, added = step
        return character in added or (character not in removed and after(character, count - 1))

    return lambda character: after(character, len(steps))


def _effect(step: object) -> Lower | tuple[Characters, str]:
    """A step as the characters that it removes for certain and those that it may add; a lower-casing as itself."""
    if isinstance(step, Lower):
        return step
    nothing = characters_of()
    if isinstance(step, Replace):
        return characters_of(step.old) if len(step.old) == 1 else nothing, step.new
    if isinstance(step, Substitute):
        pattern = parse_pattern(step.pattern)
        return pattern.positions[0] if _takes_every(pattern) else nothing, step.replacement
    if isinstance(step, Keep | Drop):
        return _replaced(step), step.replacement
    if isinstance(step, Split):
        removed = {
            "unicode": characters_of(classes=["space"]),
            "ascii": characters_of("".join(sorted(ASCII_SPACE))),
            "separator": characters_of(step.separator),
        }
        return removed.get(step.by, nothing), ""
    raise TypeError(f"{step!r} rewrites words, not the text")


def _takes_every(pattern: Pattern) -> bool:
    """Whether the pattern is one set of characters, or as many of it as there are: none of the set is left."""
    return (
        len(pattern.positions) == 1
        and pattern.first == ((0, 0),)
        and pattern.followers[0] in (((ACCEPT, 0),), ((ACCEPT, 0), (0, 0)), ((0, 0), (ACCEPT, 0)))
    )


def _upper_cases(character: str, letters: str) -> Sequence[str]:
    """The characters that lower-casing may turn into this one, itself included where it stays."""
    if letters == "ascii":
        others = [character.upper()] if character.isascii() and character.islower() else []
        return [character, *others] if lower_ascii(character) == character else others
    others = _unicode_upper_cases().get(character, [])
    return [character, *others] if lower_unicode(character) == character else others


@cache
def _unicode_upper_cases() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {FINAL_SIGMA: ["\N{GREEK CAPITAL LETTER SIGMA}"]}
    for code, lower in lower_mapping().items():
        for character in lower:
            found.setdefault(character, []).append(chr(code))
    return found
