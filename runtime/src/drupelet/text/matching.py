"""Substitutes what a pattern matches, in time linear in the text.

A matcher that goes back when it fails takes quadratic time for ``<[^>]+>`` on a text of ``<``. Here a pass from the
end of the text finds, for each character, the positions of the pattern that can take it and still reach a match (a
bit each). A pass from the start then follows, at each character, the first follower that can reach one. This is the
match that going back would find (Frisch and Cardelli 2004, "Greedy regular expression matching").
"""

from __future__ import annotations

import re

from drupelet.text.pattern import (
    ACCEPT,
    BOUNDARY,
    END,
    FINAL_NEWLINE,
    NOT_BOUNDARY,
    START,
    WORD_CHARACTERS,
    Pattern,
)

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable

CACHE_ENTRIES = 4096
"""Most characters, or sets of positions, whose outcome is remembered. Texts of one language have some hundred characters."""


def substituter(pattern: Pattern, replacement: str) -> Callable[[str], str]:
    """A function that does what ``re.sub(pattern, lambda match: replacement, text)`` does. Threads may share it."""
    if len(pattern.positions) == 1 and pattern.first == ((0, 0),):
        repeats = {((ACCEPT, 0),): "", ((ACCEPT, 0), (0, 0)): "", ((0, 0), (ACCEPT, 0)): "+"}.get(pattern.followers[0])
        if repeats is not None:  # a set, or as many of it as there are
            sub = pattern.positions[0].compiled(repeats).sub
            return lambda text: sub(lambda _: replacement, text)
    matcher = Matcher(pattern)

    def substitute(text: str) -> str:
        parts, start = [], 0
        for first, last in matcher.matches(text):
            parts += [text[start:first], replacement]
            start = last
        return "".join([*parts, text[start:]]) if parts else text

    return substitute


class Matcher:
    """Finds the matches of a pattern in texts. ``steps`` counts the characters that its passes looked at."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._first_bits = _bits(pattern.first)
        first = [pattern.positions[place] for place, _ in pattern.first if place != ACCEPT]
        self._may_begin = re.compile("|".join(characters.as_set() for characters in first)).search
        edges = [*pattern.first, *(edge for followers in pattern.followers for edge in followers)]
        self._asserts = any(asserted for _, asserted in edges)
        self._takers: dict[str, int] = {}
        self._before: dict[tuple[int, int], int] = {}
        self.steps = 0

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Start and end of every match, left to right, without overlap."""
        found: list[tuple[int, int]] = []
        if not self._may_begin(text):
            return found
        viable = self._viable(text)
        place, first, followers = 0, self._pattern.first, self._pattern.followers
        while place < len(text):
            if not viable[place] & self._first_bits:
                place += 1
                continue
            at, position = place, self._next(first, text, place, viable)
            if position is None:
                place += 1
                continue
            while position != ACCEPT:
                at += 1
                self.steps += 1
                position = self._next(followers[position], text, at, viable)
                assert position is not None, "the first pass has found a way to the end"  # noqa: S101 - for mypy
            found.append((place, at))
            place = at
        return found

    def _viable(self, text: str) -> list[int]:
        """For each character, and for the end of the text, the positions that can take it and then reach a match, as bits."""
        takers, before, asserts = self._takers, self._before, self._asserts
        viable = [0] * (len(text) + 1)
        reached = 0
        for place in range(len(text) - 1, -1, -1):
            character = text[place]
            taking = takers.get(character)
            if taking is None:
                taking = self._remember_takers(character)
            if taking:
                key = (reached, _holding(text, place + 1) if asserts else 0)
                leading = before.get(key)
                if leading is None:
                    leading = self._remember_before(key)
                reached = viable[place] = taking & leading
            else:
                reached = 0
        self.steps += len(text)
        return viable

    def _next(self, followers: tuple[tuple[int, int], ...], text: str, place: int, viable: list[int]) -> int | None:
        holding = _holding(text, place) if self._asserts else 0
        for position, asserted in followers:
            if asserted & ~holding == 0 and (position == ACCEPT or viable[place] >> position & 1):
                return position
        return None

    def _remember_takers(self, character: str) -> int:
        taking = sum(1 << place for place, held in enumerate(self._pattern.positions) if character in held)
        if len(self._takers) >= CACHE_ENTRIES:
            self._takers.clear()
        self._takers[character] = taking
        return taking

    def _remember_before(self, key: tuple[int, int]) -> int:
        """The positions from which an edge leads to a position in the set, or to the end of a match, by the
        assertions that hold."""
        reached, holding = key
        leading = 0
        for place, followers in enumerate(self._pattern.followers):
            for position, asserted in followers:
                if asserted & ~holding == 0 and (position == ACCEPT or reached >> position & 1):
                    leading |= 1 << place
                    break
        if len(self._before) >= CACHE_ENTRIES:
            self._before.clear()
        self._before[key] = leading
        return leading


def _holding(text: str, place: int) -> int:
    """The assertions that hold before the character at ``place``, as bits."""
    holding = 0
    if place == 0:
        holding = START
    if place == len(text):
        holding |= END | FINAL_NEWLINE
    elif place == len(text) - 1 and text[place] == "\n":
        holding |= FINAL_NEWLINE
    before = place > 0 and _is_word(text[place - 1]) is not None
    behind = place < len(text) and _is_word(text[place]) is not None
    return holding | (BOUNDARY if before != behind else NOT_BOUNDARY)


_is_word = WORD_CHARACTERS.compiled().match


def _bits(edges: tuple[tuple[int, int], ...]) -> int:
    bits = 0
    for place, _ in edges:
        if place != ACCEPT:
            bits |= 1 << place
    return bits
