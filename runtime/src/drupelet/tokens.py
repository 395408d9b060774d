"""The tokens of a text, with Keras's ids, and what becomes of each on its way to a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drupelet.graph import PADDING_ID
from drupelet.text.rules import TextRules
from drupelet.vocabulary import Vocabulary


class Token(NamedTuple):
    """A token: its word (None for start and end), its kind, its id, and what becomes of it.

    ``kind`` is ``start``, ``word``, ``unknown`` or ``end``. ``use`` is ``read``, ``dropped`` (an unknown word without an id),
    ``cut`` (beyond max_tokens) or ``masked`` (the model masks its id).
    """

    word: str | None
    kind: str
    keras_id: int | None
    use: str


def tokens_of(rules: TextRules, vocabulary: Vocabulary, words: Sequence[str], masks_padding: bool) -> list[Token]:
    """The tokens of the words of a text, with the ids of the vocabulary."""
    found: list[tuple[str | None, str, int | None]] = []
    for word in words:
        word_id = vocabulary.id_of(word)
        known = word_id is not None
        found.append((word, "word" if known else "unknown", word_id if known else rules.unknown_id))
    if rules.start_id is not None:
        found.insert(0, (None, "start", rules.start_id))
    if rules.end_id is not None:
        found.append((None, "end", rules.end_id))
    left = set(rules.cut([place for place, (_, _, number) in enumerate(found) if number is not None]))

    def use(place: int, number: int | None) -> str:
        if number is None:
            return "dropped"
        if place not in left:
            return "cut"
        return "masked" if masks_padding and number == PADDING_ID else "read"

    return [Token(word, kind, number, use(place, number)) for place, (word, kind, number) in enumerate(found)]
