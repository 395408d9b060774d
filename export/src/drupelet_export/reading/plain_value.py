"""Plain data of a pickle: whether it is small enough to be walked, and how people are told of it."""

from __future__ import annotations

from typing import Any

from drupelet.errors import InputError
from drupelet_export.reading.pickled_globals import Global, Record

MAX_DEPTH = 64
"""Deepest nesting. Python walks nested values by recursion, and owners nest less than ten."""
MAX_WRITTEN_OUT = 1 << 29
"""Most values and characters of texts when each shared value is written out where it is used. A file of a hundred bytes can
share a list so that it is found a billion times."""

ADVICE = "write the words with json.dump(tokenizer.word_index, file) in Python, and give that file"


def refuse_unbounded(value: Any, where: str) -> None:
    """Raises InputError for a value that contains itself, is nested too deeply, or is too large when it is written out."""
    _Measure(where).of(value, 0)


class _Measure:
    """Sizes and heights of values, written out: a value that is shared counts wherever it is used."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.known: dict[int, tuple[int, int]] = {}  # by the value's id()
        self.open: set[int] = set()

    def of(self, value: Any, depth: int) -> tuple[int, int]:
        """Values and characters in a value that lies ``depth`` levels deep, and the levels in it."""
        kind = type(value)
        if kind is str or kind is bytes:
            return 1 + len(value), 0
        if kind is Record:
            parts: Any = (value.args, value.state, value.items, value.elements)
        elif kind is dict:
            parts = [*value.keys(), *value.values()]
        elif kind in (list, tuple, set, frozenset):
            parts = value
        else:
            return 1, 0
        if id(value) in self.open:
            raise InputError(f"{self.where}: {described(value)} contains itself, expected plain data; {ADVICE}")
        size, height = self.known.get(id(value), (0, 1))
        if depth + height > MAX_DEPTH:
            raise InputError(
                f"{self.where}: values are nested more than {MAX_DEPTH} deep, which is the limit; {ADVICE}"
            )
        if size:
            return size, height
        self.open.add(id(value))
        size = 1
        for part in parts:
            part_size, part_height = self.of(part, depth + 1)
            size += part_size
            height = max(height, part_height + 1)
            if size > MAX_WRITTEN_OUT:
                raise InputError(
                    f"{self.where}: the value takes more than {MAX_WRITTEN_OUT} characters when it is written out, which is "
                    f"the limit; {ADVICE}"
                )
        self.open.discard(id(value))
        self.known[id(value)] = size, height
        return size, height


def described(value: Any) -> str:
    """A value for people, short whatever it is: ``the text 'abc'``, ``a list of 3``."""
    if isinstance(value, Record):
        return f"an instance of {value}"
    if isinstance(value, Global):
        return f"the name {value}"
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    if isinstance(value, bytes):
        return f"the bytes {value[:60]!r}"
    if isinstance(value, list | tuple | dict | set | frozenset):
        return f"a {type(value).__name__} of {len(value)}"
    if value is None:
        return "None"
    return f"the {type(value).__name__} {str(value)[:60]}"
