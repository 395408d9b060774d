"""The ids that no word of a text has by itself: of unknown words, and at the start and the end of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import Found, Question, Reading
from drupelet_export.reading.reserved_names import END_NAMES, START_NAMES, is_unknown_name, may_be_unknown_name
from drupelet_export.reading.shown_text import example, with_unknown_word
from drupelet_export.reading.text_facts import Facts, Given, option

TOKENIZER = "Tokenizer ("
"""How the kind of a Tokenizer's file begins."""
CANDIDATES_SHOWN = 4
FREE_ROWS_ASKED = 2
"""With more rows than these that belong to no word, none of them is probably that of unknown words."""


def settled_unknown(
    given: Given, facts: Facts, ids: Mapping[str, int], limit: int, texts: Sequence[str],
    split: Callable[[str], list[str]] | None,
) -> Found[int | None] | Question:  # fmt: skip
    """The id of unknown words, None where they are dropped.

    In this order: the option, the rules that were given, the owner's file (a Tokenizer without ``oov_token`` drops them), the
    one token that has the name of unknown words. ``split`` makes words, None where that is open itself. Raises ModelError for
    an id without a row.
    """
    token = given.vocabulary.unknown_token
    own = ids.get(token) if token is not None else None
    beside = f", not {own}, {token!r} of the file" if own is not None else ""
    if given.unknown_id == "drop":
        return Found(None, f"Unknown words are dropped (--unknown-id){beside}.")
    if given.unknown_id is not None:
        _check_row(given.unknown_id, "--unknown-id", facts)
        differs = beside if own != given.unknown_id else ""
        return Found(given.unknown_id, f"Unknown words have id {given.unknown_id} (--unknown-id){differs}.")
    if given.rules is not None and given.rules.unknown_id is not None:
        number = given.rules.unknown_id
        _check_row(number, f"unknown_id of the rules {given.rules.name!r}", facts)
        differs = beside if own != number else ""
        return Found(number, f"Unknown words have id {number}, as the rules {given.rules.name!r} say{differs}.")
    if own is not None:
        _check_row(own, f"the id of {token!r} in the {given.file}", facts)
        return Found(own, f"Unknown words have id {own}, that of {token!r}, as the {given.file} says.")
    if given.vocabulary.kind.startswith(TOKENIZER) and token is None:
        return Found(None, "Unknown words are dropped: the Tokenizer has no oov_token.")
    named = [word for word, word_id in ids.items() if is_unknown_name(word) and word_id < limit]
    if len(named) == 1:
        return Found(ids[named[0]], f"Unknown words have id {ids[named[0]]}, that of {named[0]!r}, by its name.")
    return _unknown_question(given, facts, ids, limit, texts, split, named)


def _unknown_question(
    given: Given, facts: Facts, ids: Mapping[str, int], limit: int, texts: Sequence[str],
    split: Callable[[str], list[str]] | None, named: list[str],
) -> Question:  # fmt: skip
    maybe = named or [word for word in ids if may_be_unknown_name(word) and ids[word] < limit]
    known = {word: word_id for word, word_id in ids.items() if word_id < limit}
    used = set(known.values())
    free = [row for row in range(1, facts.rows) if row not in used]
    candidates = [(ids[word], f"they have the id of {word!r}") for word in maybe[:CANDIDATES_SHOWN]]
    if len(free) <= FREE_ROWS_ASKED:
        candidates += [(row, f"they have row {row}, which belongs to no word") for row in free]
    elif free[0] < min(used, default=0):
        candidates.append((free[0], f"they have row {free[0]}, in front of the words"))
    if 0 not in used:
        candidates.append((0, "they have id 0, that of the padding, as word_index.get(word, 0) gives it"))
    make = split or str.split
    text = with_unknown_word(texts, make, known)
    imdb = (
        ()
        if split is not None or named
        else (Reading("--tokenizer imdb", "they have id 2, as keras.datasets.imdb gives them"),)
    )

    def shown(unknown: int | None) -> str:
        found = [known.get(word, unknown) for word in make(text)]
        return example(text, [word_id for word_id in found if word_id is not None])

    if named:
        found = f"{len(named)} tokens have such a name: {', '.join(map(repr, named[:CANDIDATES_SHOWN]))}"
    else:
        found = f"the {given.file} has no token with the name of unknown words"
    return Question(
        "unknown words",
        f"{found}, so their id is open",
        (
            Reading("--unknown-id drop", "they are dropped, as a Tokenizer without oov_token does", shown(None)),
            *(Reading(f"--unknown-id {number}", meaning, shown(number)) for number, meaning in candidates),
            *imdb,
        ),
    )


def settled_end(
    name: str, given: Given, facts: Facts, ids: Mapping[str, int], texts: Sequence[str],
    split: Callable[[str], list[str]] | None,
) -> Found[int | None] | Question:  # fmt: skip
    """The id in front of every text (``name`` is ``start_id``) or behind it (``end_id``), None for none.

    It is none unless it was given, or the vocabulary has a token of such a name: that is asked, for the owner's program may
    have put it there or not. ``split`` makes words of ``texts`` for an example, None where that is open itself.
    """
    said = getattr(given, name)
    if said == "none":
        return Found(None)
    by = f"({option(name)})"
    if said is None and given.rules is not None:
        said = getattr(given.rules, name)
        by = f"(the rules {given.rules.name!r})"
    side, names = ("begins", START_NAMES) if name == "start_id" else ("ends", END_NAMES)
    if said is not None:
        _check_row(said, f"{name} {by}", facts)
        return Found(said, f"Every text {side} with id {said} {by}.")
    named = [word for word in ids if word in names and ids[word] < facts.rows]
    if not named:
        return Found(None)
    make = split or str.split
    text = max(texts, key=lambda text: sum(word in ids for word in make(text)))
    known = [ids[word] for word in make(text) if word in ids]

    def shown(end: list[int]) -> str:
        return example(text, [*end, *known] if name == "start_id" else [*known, *end])

    readings = [
        Reading(f"{option(name)} {ids[word]}", f"every text {side} with the id of {word!r}", shown([ids[word]]))
        for word in named
    ]
    return Question(
        f"the {'start' if name == 'start_id' else 'end'} of a text",
        f"the {given.file} has the token {named[0]!r}",
        (*readings, Reading(f"{option(name)} none", "texts are read as they are", shown([]))),
    )


def _check_row(number: int, what: str, facts: Facts) -> None:
    if number >= facts.rows:
        raise ModelError(
            f"{facts.where}: {what} is {number}, the Embedding has {facts.rows} rows; expected at most {facts.rows - 1}"
        )
