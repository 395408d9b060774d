"""Text rules as a file that people write: TOML with a table for each step. :mod:`rules_text` writes such a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drupelet.errors import FormatError, InputError, closest_match
from drupelet.text import UNICODE_VERSION
from drupelet.text.pattern import parse_pattern
from drupelet.text.rules import (
    CLASSES,
    KEEPS,
    MAX_NAME_BYTES,
    MAX_NUMBER,
    MAX_STEPS,
    STEPS,
    Drop,
    DropWords,
    Keep,
    Ngrams,
    Split,
    TextRules,
    step_from_json,
)
from drupelet.text_source import read_settings
from drupelet.value import field_names

if TYPE_CHECKING:
    from drupelet.text.rules import Step

EXPECTED = "text rules as TOML; --print-text-rules NAME writes some as a start"
DEFAULT_NAME = "own"
MAX_RULES_BYTES = 1 << 20
"""Most bytes of a file of text rules, as of a manifest, which holds them too."""
NUMBERS = {"start_id": 0, "end_id": 0, "unknown_id": 0, "max_tokens": 1}
"""The keys of numbers, and the least number of each."""
KEYS = ("name", "unicode", *NUMBERS, "keep", "steps")


def read_rules_file(path: Path) -> TextRules:
    """The rules in a file. Raises InputError that names the file, the step (from 1), the key, what was found and expected.

    Characters, classes and dropped words may stand in any order, and twice. ``keep`` is needed beside ``max_tokens`` only.
    """
    try:
        return rules_of_toml(read_settings(path, MAX_RULES_BYTES), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected {EXPECTED}") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error}); expected {EXPECTED}") from error


def rules_of_toml(text: str, where: str) -> TextRules:
    """The rules in the text of a file; as :func:`read_rules_file`, with ``where`` as the name of the file."""
    data = _toml(text, where)
    for key in data:
        if key not in KEYS:
            raise InputError(f"{where}: key {key!r:.60} is not known{closest_match(key, KEYS)}")
    if data.get("unicode", UNICODE_VERSION) != UNICODE_VERSION:
        raise InputError(
            f"{where}: unicode is {data['unicode']!r:.60}, this release has {UNICODE_VERSION!r}; leave the key out"
        )
    name = data.get("name", DEFAULT_NAME)
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME_BYTES or not name.isascii() or "\0" in name:
        raise InputError(f"{where}: name is {name!r:.60}, expected a text of 1 to {MAX_NAME_BYTES} ASCII characters")
    numbers = {key: _number(data[key], least, f"{where}: {key}") for key, least in NUMBERS.items() if key in data}
    if "max_tokens" in data and "keep" not in data:
        raise InputError(
            f"{where}: max_tokens is {data['max_tokens']} and keep is missing, expected one of {', '.join(KEEPS)}: which part "
            "of a longer text the model was trained with"
        )
    keep = data.get("keep", KEEPS[0])
    if keep not in KEEPS:
        raise InputError(f"{where}: keep is {keep!r:.60}, expected one of {', '.join(KEEPS)}")
    try:
        return TextRules(name, _steps(data.get("steps"), where), keep=keep, **numbers)
    except FormatError as error:
        raise InputError(f"{where}: {error}") from error


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "; write a text with backslashes in single quotes: '\\d+'" if "\\" in str(error) else ""
        raise InputError(f"{where}: no TOML: {error}; expected {EXPECTED}{hint}") from error
    except RecursionError as error:
        raise InputError(f"{where}: nested too deeply; expected {EXPECTED}") from error
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"{where}: no TOML: {error}; expected {EXPECTED}") from error


def _number(value: Any, least: int, what: str) -> int:
    if type(value) is not int or not least <= value <= MAX_NUMBER:
        raise InputError(
            f"{what} is {value!r:.60}, expected a number from {least} to {MAX_NUMBER}; for none at all, leave the key out"
        )
    return value


def _steps(value: Any, where: str) -> tuple[Step, ...]:
    if not isinstance(value, list) or not value:
        found = "missing" if value is None else f"{value!r:.60}"
        raise InputError(f"{where}: steps are {found}, expected tables, each below a line [[steps]]")
    if len(value) > MAX_STEPS:
        raise InputError(f"{where}: {len(value)} steps, expected at most {MAX_STEPS}")
    steps = tuple(_step(data, f"{where}: step {number}") for number, data in enumerate(value, 1))
    splits = [number for number, step in enumerate(steps, 1) if isinstance(step, Split)]
    if len(splits) != 1:
        found = f"steps {', '.join(map(str, splits))} are" if splits else "no step is"
        raise InputError(f"{where}: {found} 'split', expected exactly one: it makes words of the text")
    for number, (step, data) in enumerate(zip(steps, value, strict=True), 1):
        rewords = isinstance(step, DropWords | Ngrams)
        if number != splits[0] and rewords != (number > splits[0]):
            side, what = ("behind", "words") if rewords else ("before", "the text")
            raise InputError(
                f"{where}: step {number}: step is {data['step']!r}, which changes {what}; expected it {side} the split, which "
                f"is step {splits[0]}"
            )
    return steps


def _step(data: Any, place: str) -> Step:
    if not isinstance(data, dict) or "step" not in data:
        raise InputError(f"{place}: {data!r:.80} has no key 'step', expected one of {', '.join(STEPS)}")
    kind = data["step"]
    if not isinstance(kind, str) or kind not in STEPS:
        raise InputError(f"{place}: step is {kind!r:.60}, which is not known{closest_match(str(kind)[:60], STEPS)}")
    where = f"{place} ({kind})"
    names = field_names(STEPS[kind])
    for key in data:
        if key in KEYS and key not in ("step", *names):
            raise InputError(
                f"{where}: key {key!r} belongs to the rules, not to a step; write it above the first [[steps]]"
            )
        if key not in ("step", *names):
            raise InputError(f"{where}: key {key!r:.60} is not known{closest_match(key, ('step', *names))}")
    for name in names:
        if name not in data and name not in vars(STEPS[kind]):
            raise InputError(f"{where}: key {name!r} is missing; expected the keys {', '.join(('step', *names))}")
    try:
        step = step_from_json(_in_order(data, STEPS[kind]), place)
        if kind == "substitute":
            parse_pattern(data["pattern"])
    except FormatError as error:
        raise InputError(str(error)) from error
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return step


def _in_order(data: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """The step with its sets in the order that rules have; people may write them in any."""
    ordered = dict(data)
    characters, classes, words = data.get("characters"), data.get("classes"), data.get("words")
    if kind in (Keep, Drop) and isinstance(characters, str):
        ordered["characters"] = "".join(sorted(set(characters)))
    if kind in (Keep, Drop) and isinstance(classes, list) and all(name in CLASSES for name in classes):
        ordered["classes"] = [name for name in CLASSES if name in classes]
    if kind is DropWords and isinstance(words, list) and all(isinstance(word, str) for word in words):
        ordered["words"] = sorted(set(words), key=str.encode)
    return ordered
