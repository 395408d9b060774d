"""Other known rules from text to ids, by the options that name them: what an owner may have meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from drupelet.graph import PADDING_ID
from drupelet.text.named import IMDB, NAMED_RULES
from drupelet.text.rules import KEEPS
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import padded
from drupelet_export.reading.id_offset import IMDB_OFFSET
from drupelet_export.reading.reserved_names import is_reserved

Rules = Callable[[str], list[int]]
"""From a text to its ids as Keras gets them, with the padding that Keras does not mask."""

LARGEST_SHIFT = 3
"""Ids of words that are off by up to this are tried: keras.datasets.imdb adds 3, padding and unknown word take 2."""


def alternative_rules(model: ModelDescription) -> Mapping[str, Rules]:
    """Known rules other than the model's own, those with the fewest changes first.

    Every combination of named rules, part of a longer text and side of the padding; and, one at a time, other ids of words, of
    unknown words and at the start.
    """
    combined = dict(sorted(_combinations(model), key=lambda item: item[0].count("--")))
    single = {name: changed for name, changed in combined.items() if name.count("--") == 1}
    found = {**single, **dict(_other_ids(model)), **combined}
    return {name: _rules(changed) for name, changed in found.items()}


def _combinations(model: ModelDescription) -> Iterator[tuple[str, ModelDescription]]:
    own = model.text_rules
    others = {name: rules for name, rules in NAMED_RULES.items() if name != own.name}
    for name, named in {own.name: own, **others}.items():
        for keep in KEEPS if own.max_tokens is not None else (own.keep,):
            for padding in ("pre", "post") if model.masking == "none" else (model.padding,):
                changes = [
                    f"--{option} {value}"
                    for option, value, now in (
                        ("tokenizer", name, own.name), ("keep", keep, own.keep), ("padding", padding, model.padding)
                    )
                    if value != now
                ]  # fmt: skip
                unknown_id = own.unknown_id if named.unknown_id is None else named.unknown_id
                changed = replace(named, unknown_id=unknown_id, max_tokens=own.max_tokens, keep=keep)
                if changes:
                    words = _words_under(name, model)
                    yield " ".join(changes), replace(model, text_rules=changed, padding=padding, vocabulary=words)


def _words_under(name: str, model: ModelDescription) -> tuple[str | None, ...]:
    """The words of the rows if the named rules were given: ``imdb`` adds 3 to ids, unless the vocabulary has its first rows."""
    words = model.vocabulary
    below = words[1:IMDB_OFFSET]
    if name == IMDB.name and any(word is not None and not is_reserved(word) for word in below):
        return _shifted(words, IMDB_OFFSET)
    if model.text_rules.name == IMDB.name != name and not any(words[: IMDB_OFFSET + 1]):
        return _shifted(words, -IMDB_OFFSET)
    return words


def _shifted(words: tuple[str | None, ...], shift: int) -> tuple[str | None, ...]:
    """The words of the rows if ids of words were larger by ``shift``; those that no row is left for are gone."""
    none = (None,) * min(abs(shift), len(words))
    return (*none, *words)[: len(words)] if shift > 0 else (*words, *none)[-len(words) :]


def _other_ids(model: ModelDescription) -> Iterator[tuple[str, ModelDescription]]:
    own, rows = model.text_rules, len(model.vocabulary)
    for shift in (*range(1, LARGEST_SHIFT + 1), *range(-1, -LARGEST_SHIFT - 1, -1)):
        if abs(shift) < rows:
            size = "larger" if shift > 0 else "smaller"
            words = _shifted(model.vocabulary, shift)
            yield f"ids of words that are {abs(shift)} {size} (--id-offset)", replace(model, vocabulary=words)
    for number in (None, PADDING_ID, 1, 2):
        if number != own.unknown_id and (number or 0) < rows:
            shown = "drop" if number is None else number
            yield f"--unknown-id {shown}", replace(model, text_rules=replace(own, unknown_id=number))
    for number in (None, 1, 2):
        if number != own.start_id and (number or 0) < rows:
            shown = "none" if number is None else number
            yield f"--start-id {shown}", replace(model, text_rules=replace(own, start_id=number))


def _rules(model: ModelDescription) -> Rules:
    if model.masking == "none":
        return lambda text: padded(model, model.ids(text))
    return model.ids
