"""The word of each embedding row."""

from __future__ import annotations

from collections.abc import Mapping

from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.text_facts import Facts, Given

PLACES_SHOWN = 3


def word_ids(given: Given, offset: int) -> dict[str, int]:
    """Each word and its id. The empty word is left out: no text has it. Raises ModelError for a word with two places."""
    repeated = {word: places for word, places in given.vocabulary.repeated().items() if word}
    if repeated:
        shown = "; ".join(
            f"{word[:60]!r} at {' and '.join(str(place + 1) for place in places[:PLACES_SHOWN])}"
            for word, places in list(repeated.items())[:PLACES_SHOWN]
        )
        raise ModelError(
            f"{given.vocabulary_where}: {len(repeated)} tokens stand more than once: {shown}; a word has one id, and the "
            "owner's program may have taken the first place or the last; make the other place an empty token, which no text has"
        )
    return {word: word_id + offset for word, word_id in given.file_ids.items() if word}


def settled_limit(given: Given, facts: Facts, ids: Mapping[str, int]) -> Found[int] | Question:
    """The ids that words may have, below this number: ``num_words``, or all rows.

    ``num_words`` of the user goes before that of the file, for the file may be older than the model. Raises ModelError where
    it leaves words beyond the last row.
    """
    own = given.vocabulary.num_words
    said = given.num_words if given.num_words is not None else own
    beyond = sorted((word_id, word) for word, word_id in ids.items() if word_id >= facts.rows)
    if said is not None and said > facts.rows and beyond:
        by = "--num-words" if given.num_words is not None else f"num_words of the {given.file}"
        raise ModelError(
            f"{given.vocabulary_where}: {by} is {said}, the Embedding of {facts.where} has {facts.rows} rows, so the ids from "
            f"{facts.rows} on, of {len(beyond)} words, have no row; expected at most {facts.rows}; give --num-words, or the "
            "vocabulary that the model was trained with"
        )
    if said is None and beyond:
        word_id, word = beyond[0]
        return Question(
            "more words than rows",
            f"the {given.file} has {len(ids)} words with ids up to {beyond[-1][0]}, the Embedding {facts.rows} rows",
            (
                Reading(
                    f"--num-words {facts.rows}",
                    f"as Tokenizer(num_words={facts.rows}): words with ids from {facts.rows} on count as unknown",
                    f"{word[:60]!r} (id {word_id}) is the first of {len(beyond)}",
                ),
                Reading("--vocab FILE", "another vocabulary: the one that the model was trained with"),
            ),
        )
    if said is None:
        return Found(facts.rows)
    cut = sum(word_id >= said for word_id in ids.values())
    if cut == len(ids):
        raise ModelError(
            f"{given.vocabulary_where}: num_words is {said}, and no word has an id below it; expected more, as in training"
        )
    beside = f", not the {own} of the file" if own is not None and own != said else ""
    return Found(
        min(said, facts.rows),
        f"num_words is {said}{beside}: {cut} of {len(ids)} words have ids from {said} on and count as unknown."
        if cut or beside
        else None,
    )


def row_words(ids: Mapping[str, int], limit: int, rows: int, nameless: frozenset[int]) -> tuple[str | None, ...]:
    """The word of each row, None for a row that belongs to no word, and for the rows in ``nameless``."""
    words: list[str | None] = [None] * rows
    for word, word_id in ids.items():
        if word_id < limit and word_id not in nameless:
            words[word_id] = word
    return tuple(words)
