"""JSON that owners write: standard JSON, or JSON once more as a string inside JSON."""

from __future__ import annotations

import json
from typing import Any

from drupelet.errors import InputError

MAX_ENCODINGS = 3
"""Most times that JSON is found as a string inside JSON. ``json.dump(tokenizer.to_json(), file)`` makes two."""


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text; a string that is JSON itself is parsed again. Raises InputError.

    A name that stands twice in an object is refused: one of its two values would be lost.
    """
    value: Any = text
    for _ in range(MAX_ENCODINGS):
        try:
            value = json.loads(value, object_pairs_hook=_distinct, parse_constant=_refuse)
        except RecursionError as error:
            raise InputError(
                f"{where}: JSON that is nested too deeply; expected an object of words; copy the file again"
            ) from error
        except ValueError as error:
            raise InputError(
                f"{where}: not JSON ({error!s:.200}); copy the file again, or write it with json.dump"
            ) from error
        if not isinstance(value, str):
            return value
    raise InputError(f"{where}: JSON inside a string more than {MAX_ENCODINGS - 1} times; write it once with json.dump")


def begins_as_json(text: str) -> bool:
    """True for a text that begins as JSON: an object, a list of strings, or one of both inside a string.

    The single quotes with which Python prints a dict or a list count as well: no list of words begins so.
    """
    start = text[:1000].lstrip(" \t\n\r")
    if start[:1] in ("{", "["):
        return start[1:].lstrip(" \t\n\r")[:1] in ('"', "'")
    return start.startswith(('"{', '"[', '"\\"'))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"{name[:60]!r} stands twice in an object, expected once")
            seen.add(name)
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
