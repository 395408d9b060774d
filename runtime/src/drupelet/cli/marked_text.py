"""A text whose words are marked by what they did to the probability of a label, for a terminal or for a page."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from drupelet.control_characters import escaped
from drupelet.explanation import Explanation, effect_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRONG, SLIGHT = 0.5, 0.1
"""Shares of the largest effect of a text from which on a word is strong, and below which it is not coloured."""
BOLD, UNDERLINED, GREEN, RED, PLAIN = (f"\x1b[{code}m" for code in (1, 4, 32, 31, 0))


class Piece(NamedTuple):
    """A piece of a text and the strength of its words: 1 or -1 for what did most, above 0 where it speaks for the label."""

    text: str
    strength: float


def pieces_of(explanation: Explanation) -> Iterator[Piece]:
    """The whole text in pieces. Where words overlap, as n-grams do, their effects are added."""
    effects = [0.0] * len(explanation.text)
    for word in explanation.words:
        effect = effect_of(word)
        for place in range(word.start, word.end) if effect and effect == effect else ():
            effects[place] += effect or 0.0
    largest = max(map(abs, effects), default=0.0) or 1.0
    place = 0
    for effect, run in groupby(effects):
        end = place + sum(1 for _ in run)
        yield Piece(explanation.text[place:end], effect / largest)
        place = end


def coloured(explanation: Explanation) -> str:
    """The text for a terminal: green for the label, red and underlined against it, bold where strong. Escapes are its only
    control characters, but for line feeds and tabs.
    """
    return "".join(_coloured(escaped(piece.text), piece.strength) for piece in pieces_of(explanation))


def _coloured(text: str, strength: float) -> str:
    if abs(strength) < SLIGHT:
        return text
    colour = GREEN if strength > 0 else RED + UNDERLINED
    return f"{BOLD if abs(strength) >= STRONG else ''}{colour}{text}{PLAIN}"


def wants_colours(is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether a text may be coloured: on a terminal that can, unless ``NO_COLOR`` (https://no-color.org) says otherwise."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
