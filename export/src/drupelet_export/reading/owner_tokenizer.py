"""The words and settings of a Tokenizer and of a TextVectorization, from plain data of a JSON file or a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.errors import InputError
from drupelet.vocabulary import MAX_IDS
from drupelet_export.reading.owner_json import parse_json
from drupelet_export.reading.owner_words import (
    START_OF_TEXTVECTORIZATION,
    UNKNOWN_OF_TEXTVECTORIZATION,
    OwnerVocabulary,
    checked_ids,
    checked_tokens,
    ids_findings,
    tokens_findings,
)
from drupelet_export.reading.pickled_globals import Global, Record, array_values
from drupelet_export.reading.plain_value import described

TOKENIZER_SETTINGS = ("num_words", "nb_words", "filters", "char_level", "oov_token")
"""Names of which a Tokenizer has at least one beside its word_index. Keras 1 said nb_words."""
TEXTVECTORIZATION_SETTINGS = ("standardize", "split", "ngrams", "output_mode")
STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLIT = ("whitespace", "character")
MAX_NGRAM_SIZE = 8
"""Largest size of n-grams that text rules have."""


def tokenizer_settings(value: Any) -> Mapping[str, Any] | None:
    """The attributes of a Tokenizer, or the ``config`` of its JSON; None for anything else."""
    settings = attributes(value) if isinstance(value, Record) else value
    if isinstance(settings, dict) and isinstance(settings.get("config"), dict):
        settings = settings["config"]
    if not isinstance(settings, dict) or "word_index" not in settings:
        return None
    known = any(name in settings for name in TOKENIZER_SETTINGS)
    return settings if known or (isinstance(value, Record) and value.name == "Tokenizer") else None


def attributes(record: Record) -> dict[Any, Any]:
    """The attributes of an instance. Classes with slots have them in the second half of their state."""
    state = record.state
    halves = state if isinstance(state, tuple) else (state,)
    return {name: held for half in halves if isinstance(half, dict) for name, held in half.items()}


def vocabulary_of_tokenizer(value: Any, settings: Mapping[str, Any], where: str, form: str) -> OwnerVocabulary:
    """The words and settings of a Tokenizer. ``form`` is ``JSON`` or ``pickle``. Raises InputError that names the setting."""
    index = settings["word_index"]
    if isinstance(index, str):
        index = parse_json(index, f"{where}: word_index")
    if not isinstance(index, dict):
        raise InputError(
            f"{where}: word_index is {described(index)}, expected a dict of words; save the Tokenizer again"
        )
    if not index:
        raise InputError(f"{where}: the Tokenizer has no words; save it after fit_on_texts")
    ids = checked_ids(index.items(), where)
    findings = list(ids_findings(ids))
    if isinstance(value, Record) and value.name != "Tokenizer":
        findings.append(f"The class is {value}, not Tokenizer; it may make words in its own way.")
    read = _Settings(settings, where, "Tokenizer", findings)
    num_words = read.whole("num_words") if "num_words" in settings else read.whole("nb_words")
    oov_token = read.text("oov_token")
    if oov_token is not None and oov_token not in ids:
        findings.append(f"The oov_token {oov_token[:60]!r} is not in the word_index; unknown words have no id.")
    analyzer = settings.get("analyzer")
    own_words = analyzer is not None
    if own_words:
        findings.append(
            f"Its words are made by its analyzer, {described(analyzer)}, which is not read: no lower, filters or split."
        )
    return OwnerVocabulary(
        f"Tokenizer ({form})",
        ids=ids,
        num_words=num_words or None,  # Keras takes 0 for no limit
        oov_token=oov_token,
        unknown_token=oov_token,
        char_level=read.flag("char_level"),
        lower=None if own_words else read.flag("lower"),
        filters=None if own_words else read.text("filters"),
        split=None if own_words else read.text("split"),
        findings=tuple(findings),
    )


def textvectorization_settings(value: Any) -> Mapping[str, Any] | None:
    """The configuration of a TextVectorization, alone or as the ``config`` of a dict; None for anything else."""
    if not isinstance(value, dict):
        return None
    inside = value.get("config")
    settings = inside if isinstance(inside, dict) else value
    return settings if all(name in settings for name in TEXTVECTORIZATION_SETTINGS) else None


def vocabulary_of_textvectorization(
    value: Mapping[str, Any], settings: Mapping[str, Any], where: str
) -> OwnerVocabulary:
    """The words and settings of a TextVectorization. Words lie in its configuration, beside it, or in its ``weights``."""
    mode = settings["output_mode"]
    if mode not in ("int", None):
        raise InputError(
            f"{where}: the TextVectorization has the output_mode {described(mode)}, expected 'int': other modes make no ids; "
            "give the vocabulary of the layer that the model was trained with"
        )
    findings: list[str] = []
    tokens = _textvectorization_tokens(value, settings, where)
    if tokens[:2] != START_OF_TEXTVECTORIZATION:
        tokens = (*START_OF_TEXTVECTORIZATION, *tokens)
        findings.append(
            "The words begin with id 2, behind '' (padding) and '[UNK]' (unknown), as in TextVectorization."
        )
    findings.extend(tokens_findings(tokens, "word"))
    read = _Settings(settings, where, "TextVectorization", findings)
    return OwnerVocabulary(
        "TextVectorization config",
        tokens=tokens,
        standardize=read.named("standardize", STANDARDIZE),
        split=read.named("split", SPLIT),
        ngrams=_ngrams(settings["ngrams"], where),
        max_tokens=read.whole("max_tokens"),
        output_sequence_length=read.whole("output_sequence_length"),
        unknown_token=UNKNOWN_OF_TEXTVECTORIZATION,
        findings=tuple(findings),
    )


def _textvectorization_tokens(value: Mapping[str, Any], settings: Mapping[str, Any], where: str) -> tuple[str, ...]:
    for held in (value.get("vocabulary"), settings.get("vocabulary")):
        words = sequence(held)
        if words:
            return checked_tokens(words, where)
        if isinstance(held, str):
            raise InputError(
                f"{where}: the vocabulary of the TextVectorization is in the file {held[:200]!r}; give that file instead"
            )
    weights = sequence(value.get("weights")) or []
    columns = [column for column in map(sequence, weights) if column]
    words = next((column for column in columns if all(isinstance(cell, str | bytes) for cell in column)), None)
    numbers = next((column for column in columns if all(type(cell) is int for cell in column)), None)
    if words is None:
        raise InputError(
            f"{where}: the configuration of a TextVectorization without its words; write both with "
            "json.dump({**layer.get_config(), 'vocabulary': layer.get_vocabulary()}, file) and give that file"
        )
    if numbers is None or len(numbers) != len(words):
        return checked_tokens(words, where)
    ids = checked_ids(zip(words, numbers, strict=True), where)
    first = min(ids.values())
    if first not in (0, 2) or max(ids.values()) != first + len(ids) - 1:
        raise InputError(
            f"{where}: the weights of the TextVectorization have {len(ids)} words with ids from {first} to "
            f"{max(ids.values())}, expected ids without a gap from 0 or 2 on; write the words with "
            "json.dump(layer.get_vocabulary(), file)"
        )
    return tuple(sorted(ids, key=ids.__getitem__))


def sequence(value: Any) -> list[Any] | None:
    """The values of a list, a tuple, or a NumPy array of one dimension; None for anything else."""
    if isinstance(value, Record):
        return array_values(value)
    return list(value) if isinstance(value, list | tuple) else None


def _ngrams(value: Any, where: str) -> tuple[int, ...] | None:
    if value is None:
        return None
    sizes = list(range(1, value + 1)) if type(value) is int and 1 <= value <= MAX_NGRAM_SIZE else sequence(value)
    if not sizes or not all(type(size) is int and 1 <= size <= MAX_NGRAM_SIZE for size in sizes):
        raise InputError(
            f"{where}: ngrams of the TextVectorization is {described(value)}, expected sizes from 1 to {MAX_NGRAM_SIZE}; "
            "larger n-grams are not supported"
        )
    return tuple(sizes)


class _Settings:
    """Settings of an owner's object, each compared with its type. ``findings`` gets a sentence for those that are code."""

    def __init__(self, settings: Mapping[str, Any], where: str, owner: str, findings: list[str]) -> None:
        self.settings = settings
        self.where = where
        self.owner = owner
        self.findings = findings

    def wrong(self, name: str, expected: str) -> InputError:
        return InputError(
            f"{self.where}: {name} of the {self.owner} is {described(self.settings[name])}, expected {expected}; save the "
            f"{self.owner} again"
        )

    def whole(self, name: str) -> int | None:
        value = self.settings.get(name)
        if value is not None and (type(value) is not int or not 0 <= value <= MAX_IDS):
            raise self.wrong(name, f"a whole number from 0 to {MAX_IDS} or None")
        return value

    def text(self, name: str) -> str | None:
        value = self.settings.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "a text or None")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.settings.get(name)
        if value is None or isinstance(value, bool):
            return value
        if value in (0, 1) and type(value) is int:
            return value == 1
        raise self.wrong(name, "true or false")

    def named(self, name: str, known: tuple[str, ...]) -> str | None:
        """A setting that is one of Keras's names, ``none``, or a function, which only a finding can tell of."""
        value = self.settings.get(name)
        if value is None:
            return "none"
        if isinstance(value, str) and value in known:
            return value
        what = value if isinstance(value, Global | Record) else described(value)
        self.findings.append(f"{name} is a function of the owner ({what}), which is not read.")
        return None
