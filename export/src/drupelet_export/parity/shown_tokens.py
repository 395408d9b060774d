"""Ids and their words around one place, in one line for people."""

from __future__ import annotations

from collections.abc import Sequence

from drupelet.graph import PADDING_ID
from drupelet_export.model.description import ModelDescription

SHOWN_TOKENS = 12
TOKENS_BEFORE = 3
"""Tokens that are shown, and those of them before the place."""


def ids_around(model: ModelDescription, ids: Sequence[int], place: int) -> str:
    """The ids around a place with the words of the vocabulary that they stand for."""
    tokens = []
    for row in ids:
        word = model.vocabulary[row] if row < len(model.vocabulary) else None
        if word is not None:
            tokens.append(f"{row}={_printable(word)}")
        else:
            tokens.append(f"{row}=unknown" if row == model.text_rules.unknown_id else str(row))
    return _around(tokens, max(0, place - TOKENS_BEFORE))


def numbers_around(ids: Sequence[int], place: int) -> str:
    """The ids around a place, without any word."""
    return _around([str(row) for row in ids], max(0, place - TOKENS_BEFORE))


def words_around(model: ModelDescription, text: str, place: int) -> str:
    """The ids of a text around the id at this place, with the words that the rules of the model make.

    Words without an id are shown too. What the limit of the model cuts off is ``...``.
    """
    rules = model.text_rules
    unknown = rules.unknown_id
    words = [(model.row_of.get(word, unknown), _printable(word)) for word in model.words_of(text)]
    first = [] if rules.start_id is None else [(rules.start_id, "start")]
    last = [] if rules.end_id is None else [(rules.end_id, "end")]
    found = [*first, *words, *last]
    with_id = [n for n, (row, _) in enumerate(found) if row is not None]
    read = rules.cut(with_id)
    cut_off = set(with_id).difference(read)
    unpadded = [n for n in read if found[n][0] != PADDING_ID]
    start = 0
    if unpadded:
        start = unpadded[min(max(0, place - TOKENS_BEFORE), len(unpadded) - 1)]
        while start and found[start - 1][0] is None:
            start -= 1
    tokens = ["..." if n in cut_off else _with_word(*found[n], unknown) for n in range(len(found))]
    once = [n for n in range(len(found)) if n not in cut_off or n - 1 not in cut_off]
    return _around([tokens[n] for n in once], sum(n < start for n in once))


def _around(tokens: Sequence[str], start: int) -> str:
    chosen = list(tokens[start : start + SHOWN_TOKENS])
    before = ["..."] if start and chosen[:1] != ["..."] else []
    behind = ["..."] if start + len(chosen) < len(tokens) and chosen[-1:] != ["..."] else []
    return " ".join([*before, *chosen, *behind]) or "none"


def _with_word(row: int | None, word: str, unknown: int | None) -> str:
    if row is None:
        return f"dropped({word})"
    return f"{row}=unknown({word})" if row == unknown else f"{row}={word}"


def _printable(word: str) -> str:
    return word if word.isprintable() else ascii(word)[1:-1]
