"""What is added to the ids of a word index, or which id the first token of a list has."""

from __future__ import annotations

from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.reserved_names import PADDING_NAMES, is_reserved, is_unknown_name
from drupelet_export.reading.text_facts import Facts, Given

IMDB_INDEX = "index of keras.datasets.imdb"
IMDB_OFFSET = 3
"""``index_from`` of keras.datasets.imdb.load_data: the most frequent word has rank 1 and id 4."""
LIST_OFFSETS = (0, 1, 2)
"""Ids that the first token of a list may have: none, one or two rows in front of it."""


def settled_offset(given: Given, facts: Facts) -> Found[int] | Question:
    """The number that makes ids of the numbers in the file; ids of a list count from 0 before it is added.

    An index has ids, which are taken as they are; only those of keras.datasets.imdb are ranks. A list says nothing, so the
    embedding's rows and the name of its first token must leave one reading. A given id of unknown words decides nothing: it may
    be that of a token with any name.
    """
    if given.id_offset is not None:
        return Found(given.id_offset, f"The ids of the vocabulary begin {given.id_offset} later (--id-offset).")
    return _offset_of_list(given, facts) if given.vocabulary.ids is None else _offset_of_index(given)


def _offset_of_index(given: Given) -> Found[int] | Question:
    ids = given.file_ids
    low = {word_id: word for word, word_id in ids.items() if word_id <= IMDB_OFFSET}
    ranks = any(not is_reserved(low[word_id]) for word_id in (1, 2) if word_id in low)
    if given.imdb and ranks:
        return Found(IMDB_OFFSET, f"{IMDB_OFFSET} is added to the ids in the file, as keras.datasets.imdb does.")
    if given.vocabulary.kind == IMDB_INDEX and not given.imdb:
        word = next(iter(ids))
        return Question(
            "the ids of the words",
            f"the file is the {IMDB_INDEX}, whose numbers are ranks; load_data makes other ids of them",
            (
                Reading("--tokenizer imdb", "ids are ranks + 3, 1 begins a text, 2 is the unknown word",
                        f"{word!r} has id {ids[word] + IMDB_OFFSET}"),
                Reading("--id-offset 0", "ids are the ranks, looked up by the owner's own program",
                        f"{word!r} has id {ids[word]}"),
            ),
        )  # fmt: skip
    return Found(0)


def _offset_of_list(given: Given, facts: Facts) -> Found[int] | Question:
    tokens = given.vocabulary.tokens or ()
    first, spare = tokens[0], facts.rows - len(tokens)
    is_padding = first in PADDING_NAMES and (first or spare != 1 or any(map(is_unknown_name, tokens[1:2])))
    if is_padding:
        return Found(0, f"The first token, {first!r}, is the padding, id 0.")
    if given.imdb and not is_reserved(first):
        return Found(IMDB_OFFSET + 1, f"The first word has id {IMDB_OFFSET + 1}, as keras.datasets.imdb gives it.")
    if spare < 0 or given.num_words is not None:
        return Found(1, "The first token has id 1, as Keras's Tokenizer, to which num_words belongs, gives it.")
    if spare == 1 and first:
        return Found(1, f"The first token, {first!r}, has id 1: row 0 alone has no word then.")
    if spare == 0 and is_unknown_name(first):
        return Found(0, f"The first token, {first!r}, has id 0: there are as many tokens as rows.")
    if spare == 0:
        readings = [
            Reading("--id-offset 0", "the first token has the id of the padding", f"{first!r} has id 0"),
            Reading(
                f"--num-words {facts.rows}",
                "as Tokenizer(num_words) leaves it, of whose words the file has the first",
                f"{first!r} has id 1, and the last token, {tokens[-1]!r}, counts as unknown",
            ),
        ]
    else:
        offsets = [offset for offset in LIST_OFFSETS if offset + len(tokens) <= facts.rows]
        if first and facts.masked and not is_unknown_name(first):
            offsets.remove(0)  # the model would mask a word
        readings = [_reading(given, facts, offset, len(tokens)) for offset in offsets]
    return Question(
        "the ids of the words",
        f"a list of {len(tokens)} tokens, the first of which is {first!r}, for {facts.rows} embedding rows",
        tuple(readings),
    )


def _reading(given: Given, facts: Facts, offset: int, count: int) -> Reading:
    first = (given.vocabulary.tokens or ("",))[0]
    in_front = ("no row", "row 0, the padding,", "rows 0 and 1, padding and one more,")[offset]
    behind = facts.rows - offset - count
    return Reading(
        f"--id-offset {offset}",
        f"{in_front} before the first token, {behind} behind the last",
        f"{first!r} has id {offset}",
    )
