"""What is added to the ids of a word index, or which id the first token of a list has."""

from __future__ import annotations

from collections.abc import Callable

from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.reserved_names import PADDING_NAMES, is_reserved, is_unknown_name
from drupelet_export.reading.text_facts import Facts, Given

IMDB_INDEX = "index of keras.datasets.imdb"
IMDB_OFFSET = 3
"""``index_from`` of keras.datasets.imdb.load_data: the most frequent word has rank 1 and id 4."""
IMDB_OPTIONS = f"--id-offset {IMDB_OFFSET} --start-id 1 --unknown-id 2"
"""What the named rules imdb say, beside steps of one's own."""
LIST_OFFSETS = (0, 1, 2)
IN_FRONT = ("no row", "row 0, the padding,", "rows 0 and 1, padding and one more,")
"""Ids that the first token of a list may have, and the rows in front of it."""
TOPIC = "the ids of the words"


def settled_offset(given: Given, facts: Facts, shown: Callable[[int], str]) -> Found[int] | Question:
    """The number that makes ids of the numbers in the file; ids of a list count from 0 before it is added.

    An index has ids, which are taken as they are, but for ranks of keras.datasets.imdb, and for a word with id 0 beside a free
    row. A list says nothing, so the embedding's rows and the name of its first token must leave one reading. A given id of
    unknown words decides nothing: it may be that of a token with any name. ``shown`` gives an example for an offset.
    """
    if given.id_offset is not None:
        return Found(given.id_offset, f"The ids of the vocabulary begin {given.id_offset} later (--id-offset).")
    if given.vocabulary.kind == IMDB_INDEX and not given.imdb:
        return Question(
            TOPIC,
            f"the file is the {IMDB_INDEX}, whose numbers are ranks; load_data makes other ids of them",
            (
                Reading(
                    "--tokenizer imdb" if given.rules is None else IMDB_OPTIONS,
                    "ids are ranks + 3, 1 begins a text, 2 is the unknown word",
                    shown(IMDB_OFFSET),
                ),
                Reading("--id-offset 0", "ids are the ranks, looked up by the owner's own program", shown(0)),
            ),
        )
    if given.imdb and any(not is_reserved(word) for word in _words_at(given, (1, 2))):
        offset = IMDB_OFFSET + (given.vocabulary.ids is None and not is_reserved((given.vocabulary.tokens or ("",))[0]))
        return Found(offset, f"{offset} is added to the numbers of the words, as keras.datasets.imdb does.")
    if given.vocabulary.ids is None:
        return _offset_of_list(given, facts, given.vocabulary.tokens or (), shown)
    return _offset_of_index(given, facts, shown)


def _words_at(given: Given, places: tuple[int, ...]) -> list[str]:
    """The words of the file with these numbers; a list counts from 0."""
    return [word for word, word_id in given.file_ids.items() if word_id in places]


def _offset_of_index(given: Given, facts: Facts, shown: Callable[[int], str]) -> Found[int] | Question:
    first = next((word for word in _words_at(given, (0,)) if not is_reserved(word)), None)
    last = max(given.file_ids.values())
    if first is None:
        return Found(0)
    if last + 1 < facts.rows and given.num_words is None:
        return Question(
            TOPIC,
            f"{first!r} has id 0, that of the padding, and the ids end with {last}, the embedding has {facts.rows} rows",
            (
                Reading("--id-offset 1", "the owner's program adds 1, as row 0 is the padding", shown(1)),
                Reading("--id-offset 0", f"the ids are taken as they are, and {first!r} is as the padding", shown(0)),
            ),
        )
    return Found(0, f"{first!r} has id 0, as the padding{' that the model masks' if facts.masked else ''}.")


def _offset_of_list(
    given: Given, facts: Facts, tokens: tuple[str, ...], shown: Callable[[int], str]
) -> Found[int] | Question:
    first, spare = tokens[0], facts.rows - len(tokens)
    is_padding = first in PADDING_NAMES and (first or spare != 1 or any(map(is_unknown_name, tokens[1:2])))
    if is_padding:
        return Found(0, f"The first token, {first!r}, is the padding, id 0.")
    if spare < 0 or given.num_words is not None:
        return Found(1, "The first token has id 1, as Keras's Tokenizer, to which num_words belongs, gives it.")
    if spare == 1 and first:
        return Found(1, f"The first token, {first!r}, has id 1: row 0 alone has no word then.")
    if spare == 0 and is_unknown_name(first):
        return Found(0, f"The first token, {first!r}, has id 0: there are as many tokens as rows.")
    if spare == 0:
        readings = [
            Reading("--id-offset 0", "the first token has the id of the padding", shown(0)),
            Reading(
                f"--num-words {facts.rows}",
                f"the first token has id 1, and the last, {tokens[-1]!r}, counts as unknown, as Tokenizer(num_words) does",
                shown(1),
            ),
        ]
    else:
        offsets = [offset for offset in LIST_OFFSETS if offset + len(tokens) <= facts.rows]
        if first and facts.masked and not is_unknown_name(first):
            offsets.remove(0)  # the model would mask a word
        readings = [
            Reading(
                f"--id-offset {offset}",
                f"{IN_FRONT[offset]} before the first token, {spare - offset} behind the last",
                shown(offset),
            )
            for offset in offsets
        ]
    return Question(
        TOPIC,
        f"a list of {len(tokens)} tokens, the first of which is {first!r}, for {facts.rows} embedding rows",
        tuple(readings),
    )
