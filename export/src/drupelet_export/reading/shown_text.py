"""A text of the data, short enough to be shown, and what a reading makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

SAMPLES_READ = 200
"""Most texts of the data that are looked at for an example."""
WORDS_SHOWN = 8
CHARACTERS_SHOWN = 72
TELLING = "Don't say: well-made!<br />\u00dcber-caf\u00e9 5"
"""A text of which the named rules make different words, for an example without data."""
UNHEARD = "xqzv"
"""Stands for a word that the vocabulary lacks where no text of the data has one."""


def short_texts(samples: Iterable[str], words: Iterable[str]) -> list[str]:
    """The beginnings of texts of the data that are not blank; without any, one text of the first words of the vocabulary."""
    texts = [shortened(text) for text in islice(samples, SAMPLES_READ)]
    texts = [text for text in texts if text]
    return texts or [" ".join(islice((word for word in words if word.strip()), WORDS_SHOWN // 2)) or "a text"]


def shortened(text: str) -> str:
    """The beginning of a text, as one line."""
    return " ".join(text[: 4 * CHARACTERS_SHOWN].split()[:WORDS_SHOWN])[:CHARACTERS_SHOWN]


def telling(texts: Sequence[str], readings: Sequence[Callable[[str], object]]) -> str:
    """The text of which the most readings make different things; the first of equals."""
    return max(texts, key=lambda text: len({repr(reading(text)) for reading in readings}))


def with_unknown_word(texts: Sequence[str], split: Callable[[str], list[str]], known: Mapping[str, int]) -> str:
    """A text with a known and an unknown word, if there is one; else a text behind which an unknown word is written."""

    def score(text: str) -> tuple[bool, bool]:
        found = [word in known for word in split(text)]
        return not all(found), any(found)

    best = max(texts, key=score)
    return best if not all(word in known for word in split(best)) else f"{best} {UNHEARD}"


def list_shown(items: Sequence[object]) -> str:
    """Words or ids for people, at most some: ``it's | well | made``."""
    if not items:
        return "nothing"
    shown = " | ".join(repr(item) if _unseen(item) else str(item) for item in items[: 2 * WORDS_SHOWN])
    return shown + (" | ..." if len(items) > 2 * WORDS_SHOWN else "")


def example(text: str, items: Sequence[object]) -> str:
    """What becomes of a text: ``'it's made' -> it's | made``."""
    return f"{text!r} -> {list_shown(items)}"


def ids_example(texts: Sequence[str], split: Callable[[str], list[str]], ids: Mapping[str, int], offset: int) -> str:
    """The text with the most known words and their ids, raised by ``offset``; ``?`` stands for other words."""
    text = max(texts, key=lambda text: sum(word in ids for word in split(text)))
    return example(text, [ids[word] + offset if word in ids else "?" for word in split(text)])


def _unseen(item: object) -> bool:
    return isinstance(item, str) and (not item.strip() or not item.isprintable())
