"""The choice of text rules by the letters of the training texts: ``tokenizer = "auto"``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from drupelet.text.named import ALNUM, CHARACTERS, WORDS
from drupelet_train.words.letters import dropped_letters, letters_without_spaces

SHARE_WITHOUT_SPACES = 0.25
"""Share of letters from which on scripts without spaces make up half of the words. Their words have one or two letters,
about 1.7, those of an alphabet about 5: at a share of s, words are in the proportion s / 1.7 to (1 - s) / 5."""

SHARE_DROPPED = 0.001
"""Share of letters that ``alnum`` may drop, one in a thousand, which harms about one word in two hundred.

The reviews of IMDB, in English, have one such letter in 10,000, all in names and loan words. German, whose umlauts are
rare among such letters, has about one in 60.
"""

SHOWN_LETTERS = 5
"""Letters that a sentence shows, the most frequent ones."""


@dataclass(frozen=True)
class RulesChoice:
    """The name of the text rules, and a sentence without a full stop that says why they were chosen."""

    name: str
    reason: str


def choose_rules(letters: Counter[str]) -> RulesChoice:
    """The rules for texts with these letters: ``characters``, ``words`` or ``alnum``.

    Scripts without spaces need ``characters``: there, ``words`` would take each run of letters, often a sentence, for a word.
    ``words`` keeps the letters and marks of every other script. ``alnum`` keeps a-z alone, as English needs.
    """
    total = letters.total()
    if not total:
        return RulesChoice(CHARACTERS.name, "the training texts have no letter, so every character counts")
    unspaced = letters_without_spaces(letters)
    if unspaced.total() / total >= SHARE_WITHOUT_SPACES:
        return RulesChoice(
            CHARACTERS.name,
            f"{percent(unspaced.total() / total)} of the letters of the training texts are of scripts that put no space "
            f"between words ({most_frequent_letters(unspaced)})",
        )
    dropped = dropped_letters(letters, ALNUM)
    share = dropped.total() / total
    if share >= SHARE_DROPPED:
        return RulesChoice(
            WORDS.name,
            f"{percent(share)} of the letters of the training texts are others than a to z ({most_frequent_letters(dropped)}), "
            "in words with spaces between them",
        )
    others = f"all but {percent(share)}" if dropped else "all"
    return RulesChoice(ALNUM.name, f"{others} of the letters of the training texts are a to z")


def percent(share: float) -> str:
    """A share of 1 as a percentage with two digits that count: ``12 %``, ``1.2 %``, ``0.0098 %``, ``100 %``."""
    value = 100.0 * share
    if value == 0.0 or value >= 99.5:
        return f"{value:.0f} %" if value in (0.0, 100.0) else f"{value:.4g} %"
    return f"{value:.2g} %" if value >= 0.001 else "less than 0.001 %"


def most_frequent_letters(letters: Counter[str]) -> str:
    """The most frequent of ``letters``, ties by code point, for a sentence."""
    ranked = sorted(letters, key=lambda letter: (-letters[letter], letter))[:SHOWN_LETTERS]
    return " ".join(ranked) + (" ..." if len(letters) > SHOWN_LETTERS else "")
