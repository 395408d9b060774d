"""What an owner's file says about words: a value, and the checks that every kind of file passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.errors import InputError
from drupelet.vocabulary import MAX_IDS, MAX_WORD_BYTES
from drupelet_export.reading.plain_value import described

EXAMPLES_SHOWN = 3
"""Most examples in one finding."""
UNKNOWN_OF_TEXTVECTORIZATION = "[UNK]"
START_OF_TEXTVECTORIZATION = ("", UNKNOWN_OF_TEXTVECTORIZATION)
"""The first two tokens of TextVectorization.get_vocabulary(): padding and the unknown word."""


@dataclass(frozen=True)
class OwnerVocabulary:
    """The words in an owner's file, and the settings that came with them. None: the file does not say.

    Exactly one of ``ids`` and ``tokens`` is there. ``ids`` gives each word its id, in the order of the file; no two words have
    one id. ``tokens`` are words in the order of their ids, whose first id is open; a token may stand there twice, and
    :meth:`repeated` then has it. ``kind`` names the kind of file for people, ``findings`` are sentences on what was found.

    ``num_words``, ``oov_token``, ``char_level``, ``lower``, ``filters`` and ``split`` are those of a Tokenizer; ids of
    ``num_words`` and more are not used. ``standardize``, ``split``, ``ngrams`` (sizes), ``max_tokens`` and
    ``output_sequence_length`` are those of a TextVectorization; its ``standardize`` or ``split`` of None is spelled ``none``.
    ``unknown_token`` is the token of words that the vocabulary lacks.
    """

    kind: str
    ids: dict[str, int] | None = None
    tokens: tuple[str, ...] | None = None
    num_words: int | None = None
    oov_token: str | None = None
    char_level: bool | None = None
    lower: bool | None = None
    filters: str | None = None
    split: str | None = None
    ngrams: tuple[int, ...] | None = None
    standardize: str | None = None
    max_tokens: int | None = None
    output_sequence_length: int | None = None
    unknown_token: str | None = None
    findings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.ids is None) == (self.tokens is None):
            raise ValueError("a vocabulary has either ids or tokens")

    def __len__(self) -> int:
        """The number of words; of tokens with those that are repeated."""
        return len(self.tokens or self.ids or ())

    def repeated(self) -> dict[str, tuple[int, ...]]:
        """The places (from 0) of each token that stands more than once in ``tokens``."""
        places: dict[str, list[int]] = {}
        for place, token in enumerate(self.tokens or ()):
            places.setdefault(token, []).append(place)
        return {token: tuple(found) for token, found in places.items() if len(found) > 1}


def checked_word(word: Any, place: str, where: str) -> str:
    """The word, if it is a text that UTF-8 can store; bytes are decoded. Raises InputError that names it and its place."""
    if isinstance(word, bytes):
        try:
            word = word.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}: {place}: the bytes {word[:60]!r} are not UTF-8; write the words again as texts"
            ) from error
    if not isinstance(word, str):
        raise InputError(
            f"{where}: {place}: {described(word)}, expected a word, which is a text; write the words again as texts"
        )
    try:
        size = len(word.encode())
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: {place}: the word {word[:60]!r} holds a lone surrogate ({error.object[error.start]!r}), which is no "
            "character and cannot be stored as UTF-8; leave this word out, or mend it"
        ) from error
    if size > MAX_WORD_BYTES:
        raise InputError(
            f"{where}: {place}: the word {word[:60]!r}... takes {size} bytes, expected at most {MAX_WORD_BYTES}; leave it out"
        )
    return word


def checked_ids(pairs: Iterable[tuple[Any, Any]], where: str) -> dict[str, int]:
    """The words and their ids, each pair (word, id) as it was found. Raises InputError for words and ids that cannot be."""
    ids: dict[str, int] = {}
    words: dict[int, str] = {}
    for number, (found, word_id) in enumerate(pairs, 1):
        word = checked_word(found, f"word {number}", where)
        if type(word_id) is not int or not 0 <= word_id <= MAX_IDS:
            raise InputError(
                f"{where}: the word {word[:60]!r} has {described(word_id)} as its id, expected a whole number from 0 to "
                f"{MAX_IDS}; write the ids again as whole numbers"
            )
        if word in ids:
            raise InputError(
                f"{where}: the word {word[:60]!r} has two ids, {ids[word]} and {word_id}; expected one id for each word; "
                "remove the one that the model was not trained with"
            )
        if word_id in words:
            raise InputError(
                f"{where}: the words {words[word_id][:60]!r} and {word[:60]!r} have one id, {word_id}; expected one word for "
                "each id (numbers that repeat may be counts); give the index that the model was trained with"
            )
        ids[word] = word_id
        words[word_id] = word
    if not ids:
        raise InputError(
            f"{where}: holds no words; expected at least one; give the index that the model was trained with"
        )
    return ids


def checked_tokens(values: Sequence[Any], where: str) -> tuple[str, ...]:
    """The tokens of a list. Raises InputError for those that are no words, and for too many."""
    if not values or len(values) > MAX_IDS:
        raise InputError(
            f"{where}: holds {len(values)} words, expected 1 to {MAX_IDS}; give the list that the model was trained with"
        )
    return tuple(checked_word(value, f"word {number}", where) for number, value in enumerate(values, 1))


def ids_findings(ids: dict[str, int]) -> tuple[str, ...]:
    """A sentence on ids that no word has between the first and the last one."""
    used = set(ids.values())
    first, last = min(used), max(used)
    free = last - first + 1 - len(used)
    if not free:
        return ()
    examples = []
    for word_id in range(first, last):
        if word_id not in used:
            examples.append(str(word_id))
            if len(examples) == EXAMPLES_SHOWN:
                break
    return (f"Ids go from {first} to {last}; {free} of them belong to no word, for example {', '.join(examples)}.",)


def tokens_findings(tokens: Sequence[str], what: str) -> tuple[str, ...]:
    """A sentence on tokens that stand twice. ``what`` names a place: ``line`` or ``word``."""
    first: dict[str, int] = {}
    repeats = []
    for number, token in enumerate(tokens, 1):
        if token in first:
            repeats.append(f"{what} {number} is {token[:60]!r} as {what} {first[token]}")
        else:
            first[token] = number
    if not repeats:
        return ()
    verb = "repeats" if len(repeats) == 1 else "repeat"
    more = ", ..." if len(repeats) > EXAMPLES_SHOWN else ""
    return (
        f"{len(repeats)} {what}{'' if len(repeats) == 1 else 's'} {verb} an earlier token: "
        f"{', '.join(repeats[:EXAMPLES_SHOWN])}{more}.",
    )
