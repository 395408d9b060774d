"""Plain data of a JSON file or a pickle: finds the one vocabulary in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from drupelet.errors import InputError
from drupelet_export.reading.owner_tokenizer import (
    attributes,
    sequence,
    textvectorization_settings,
    tokenizer_settings,
    vocabulary_of_textvectorization,
    vocabulary_of_tokenizer,
)
from drupelet_export.reading.owner_words import (
    START_OF_TEXTVECTORIZATION,
    UNKNOWN_OF_TEXTVECTORIZATION,
    OwnerVocabulary,
    checked_ids,
    checked_tokens,
    ids_findings,
    tokens_findings,
)
from drupelet_export.reading.pickled_globals import Record
from drupelet_export.reading.plain_value import described

MAX_NESTING = 4
"""Deepest place in which a vocabulary is looked for. A dict of a Tokenizer and a few settings has one level."""
MAX_NEIGHBOURS = 64
"""Most members of a dict or list in which a vocabulary is looked for; a longer one is data itself."""
FREE_IDS_ALLOWED = 1000
"""Ids that may belong to no word, beyond one for each word, before numbers are taken for counts as well as for ids."""

IMDB_WORDS = 88_584
IMDB_FIRST = ("the", "and", "a", "of")
"""Size and first ranks of keras.datasets.imdb.get_word_index()."""

EXPECTED = "a Tokenizer, a dict of words and ids, or a list of words"
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,8}")


class _Candidate(NamedTuple):
    path: str
    value: Any


def vocabulary_of_object(value: Any, where: str, form: str) -> OwnerVocabulary:
    """The vocabulary in plain data; ``form`` is ``JSON`` or ``pickle``.

    It may lie inside a dict, list or instance that holds nothing else of the kind; a finding then names the place. A Tokenizer
    or a TextVectorization goes before bare words beside it. Raises InputError when there is none, or more than one.
    """
    if isinstance(value, dict) and isinstance(value.get("model"), dict) and "vocab" in value["model"]:
        raise InputError(
            f"{where}: a tokenizer of Hugging Face, whose tokens are pieces of words; expected {EXPECTED}; its models are not "
            "supported"
        )
    if isinstance(value, set | frozenset):
        raise InputError(
            f"{where}: a set of {len(value)} has no order, expected {EXPECTED}; write the words with their ids"
        )
    owners: list[_Candidate] = []
    words: list[_Candidate] = []
    for candidate, is_owner in _candidates(value, "", 0):
        (owners if is_owner else words).append(candidate)
    if not owners and not words:
        raise _no_vocabulary(value, where, form)
    found = _settled(owners or words, where, form)
    passed_over = f"; passed over: {', '.join(path for path, _ in words)}" if owners and words else ""
    path, vocabulary = found[0]
    if not path:
        return vocabulary
    also = f" (the same in {', '.join(other for other, _ in found[1:])})" if len(found) > 1 else ""
    sentence = f"The words were found in {path} of {described(value)}{also}{passed_over}."
    return replace(vocabulary, findings=(sentence, *vocabulary.findings))


def _candidates(value: Any, path: str, depth: int) -> Iterator[tuple[_Candidate, bool]]:
    """All places that hold a vocabulary, each with whether it is a Tokenizer or TextVectorization."""
    if tokenizer_settings(value) is not None or textvectorization_settings(value) is not None:
        yield _Candidate(path, value), True
    elif _is_words(value):
        yield _Candidate(path, value), False
    elif depth < MAX_NESTING:
        for name, member in _members(value):
            yield from _candidates(member, path + name, depth + 1)


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Record):
        if value.is_from("collections", "Counter"):
            return []
        members = [(f".{name!s:.60}", held) for name, held in attributes(value).items()]
        members += [(f"[{name!r:.60}]", held) for name, held in value.items.items()]
        members += [(f"[{place}]", held) for place, held in enumerate((*value.elements, *value.args))]
    elif isinstance(value, dict):
        members = [(f"[{name!r:.60}]", held) for name, held in value.items()] if len(value) <= MAX_NEIGHBOURS else []
    elif isinstance(value, list | tuple):
        members = [(f"[{place}]", held) for place, held in enumerate(value)] if len(value) <= MAX_NEIGHBOURS else []
    else:
        members = []
    return members if len(members) <= MAX_NEIGHBOURS else []


def _is_words(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and (_is_word_to_id(value) or _is_id_to_word(value))
    values = sequence(value)
    return bool(values) and all(isinstance(member, str | bytes) for member in values or ())


def _is_word_to_id(value: dict[Any, Any]) -> bool:
    return all(type(held) is int for held in value.values()) and all(isinstance(name, str | bytes) for name in value)


def _is_id_to_word(value: dict[Any, Any]) -> bool:
    return all(isinstance(held, str | bytes) for held in value.values()) and all(
        type(name) is int or (isinstance(name, str) and _DECIMAL.fullmatch(name)) for name in value
    )


def _settled(candidates: list[_Candidate], where: str, form: str) -> list[tuple[str, OwnerVocabulary]]:
    """The candidates that can be read. All of them hold the same words; one with ids comes first. Raises InputError."""
    found: list[tuple[str, OwnerVocabulary]] = []
    first_error: InputError | None = None
    for path, value in candidates:
        try:
            found.append((path, _read(value, f"{where}: {path}" if path else where, form)))
        except InputError as error:
            first_error = first_error or error
    if not found:
        raise first_error or InputError(f"{where}: holds no words")
    found.sort(key=lambda pair: pair[1].ids is None)
    known = [_word_ids(vocabulary) for _, vocabulary in found]
    if any(ids != known[0] for ids in known[1:]):
        places = ", ".join(f"{path} ({len(vocabulary)} words)" for path, vocabulary in found[:5])
        raise InputError(
            f"{where}: holds {len(found)} different lists of words: {places}; expected one; save the one that the model was "
            "trained with alone"
        )
    return found


def _word_ids(vocabulary: OwnerVocabulary) -> dict[str, int] | list[str]:
    if vocabulary.ids is not None:
        return vocabulary.ids
    tokens = list(vocabulary.tokens or ())
    ids = {token: place for place, token in enumerate(tokens)}
    return ids if len(ids) == len(tokens) else tokens


def _read(value: Any, where: str, form: str) -> OwnerVocabulary:
    settings = tokenizer_settings(value)
    if settings is not None:
        return vocabulary_of_tokenizer(value, settings, where, form)
    settings = textvectorization_settings(value)
    if settings is not None:
        return vocabulary_of_textvectorization(value, settings, where)
    if isinstance(value, dict):
        return _index(value, where, form)
    return _list(sequence(value) or [], where, form)


def _index(value: dict[Any, Any], where: str, form: str) -> OwnerVocabulary:
    kind = f"word index ({form})"
    if not _is_word_to_id(value):
        ids = checked_ids(((word, int(word_id)) for word_id, word in value.items()), where)
        return OwnerVocabulary(kind, ids=ids, findings=("The file gives each id its word.", *ids_findings(ids)))
    ids = checked_ids(value.items(), where)
    if len(ids) == IMDB_WORDS == max(ids.values()) and min(ids.values()) == 1 and _begins(ids, IMDB_FIRST):
        return OwnerVocabulary(
            "index of keras.datasets.imdb",
            ids=ids,
            findings=("The ids are ranks from 1 on; keras.datasets.imdb.load_data adds 3 to them by default.",),
        )
    first, last = min(ids.values()), max(ids.values())
    if last + 1 > 2 * len(ids) + FREE_IDS_ALLOWED:
        raise InputError(
            f"{where}: {len(ids)} words with numbers from {first} to {last}, which may be ids or counts; expected ids without "
            'large gaps. If they are ids, write the file as JSON the other way round, {"id": "word"}; if they are counts, '
            "write the words as a JSON list, in the order of their ids"
        )
    return OwnerVocabulary(kind, ids=ids, findings=ids_findings(ids))


def _begins(ids: dict[str, int], words: tuple[str, ...]) -> bool:
    return all(ids.get(word) == rank for rank, word in enumerate(words, 1))


def _list(values: list[Any], where: str, form: str) -> OwnerVocabulary:
    tokens = checked_tokens(values, where)
    findings = tokens_findings(tokens, "word")
    if tokens[:2] == START_OF_TEXTVECTORIZATION:
        return OwnerVocabulary(
            "TextVectorization vocabulary",
            tokens=tokens,
            unknown_token=UNKNOWN_OF_TEXTVECTORIZATION,
            findings=("The list begins as TextVectorization.get_vocabulary() does: '' and '[UNK]'.", *findings),
        )
    return OwnerVocabulary(f"list of words ({form})", tokens=tokens, findings=findings)


def _no_vocabulary(value: Any, where: str, form: str) -> InputError:
    """The error for data without a vocabulary, as near to its cause as can be said."""
    if isinstance(value, Record) and value.is_from("collections", "Counter"):
        return InputError(
            f"{where}: a collections.Counter holds counts of words, not ids; expected {EXPECTED}; write the words as a JSON "
            "list, in the order of their ids"
        )
    try:
        if (
            isinstance(value, dict)
            and value
            and not any(isinstance(held, dict | list | tuple | Record) for held in value.values())
        ):
            to_word = all(isinstance(held, str | bytes) for held in value.values())
            pairs = ((held, key) for key, held in value.items()) if to_word else value.items()
            checked_ids(pairs, where)
        values = sequence(value)
        if values and not any(isinstance(member, dict | list | tuple | Record) for member in values):
            checked_tokens(values, where)
    except InputError as error:
        return error
    return InputError(
        f"{where}: a {form} file with {described(value)}, in which there are no words; expected {EXPECTED}; write the words "
        "with json.dump(tokenizer.word_index, file)"
    )
