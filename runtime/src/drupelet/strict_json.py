"""Reads JSON that may be hostile: standard JSON only, fields by name and type, no unknown fields."""

from __future__ import annotations

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

JSON_WHITE_SPACE = " \t\n\r"


def parse_object(text: bytes, where: str) -> dict[str, Any]:
    """The JSON object in these UTF-8 bytes. Raises FormatError for anything else, and for a key that stands twice."""
    value = _parsed(text, where)
    if not isinstance(value, dict):
        raise FormatError(f"{where}: a JSON {type(value).__name__}, expected an object")
    return value


def parse_strings(text: bytes, where: str) -> tuple[str, ...]:
    """The strings of the JSON list in these UTF-8 bytes. Raises FormatError for anything else, also inside the list."""
    value = _parsed(text, where)
    if not isinstance(value, list):
        raise FormatError(f"{where}: a JSON {type(value).__name__}, expected a list of strings")
    for place, item in enumerate(value):
        if not isinstance(item, str):
            raise FormatError(f"{where}: item {place} is {item!r:.60}, expected a string")
    return tuple(value)


def field(data: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    """The field of that name. Raises FormatError when it is missing or of another type (a bool is not an int)."""
    if name not in data:
        raise FormatError(f"{where}: field {name!r} is missing; export it again")
    value = data[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise FormatError(f"{where}: field {name!r} is {value!r:.60}, expected {kind.__name__}")
    return value


def optional_field(data: Mapping[str, Any], name: str, kind: type[T], where: str) -> T | None:
    """The field of that name, which may be null but not missing. Raises FormatError."""
    if name in data and data[name] is None:
        return None
    return field(data, name, kind, where)


def only_fields(data: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Raises FormatError when the object has any other field."""
    unknown = sorted(set(data) - set(names))
    if unknown:
        raise FormatError(f"{where}: unknown fields {unknown}; upgrade drupelet or export again")


def parse_value(text: bytes) -> Any:
    """The value, of any type, of the standard JSON in these UTF-8 bytes. Raises ValueError, which says what is wrong."""
    try:
        return _value(text.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("it nests too deep") from error


def _parsed(text: bytes, where: str) -> Any:
    try:
        return parse_value(text)
    except ValueError as error:
        raise FormatError(f"{where}: not JSON ({error}); copy or export it again") from error


def _value(text: str) -> Any:
    """The value of a JSON text. Raises the same errors as :func:`json.loads`."""
    # Importing json takes 7 ms, most of it for re. A sound text needs only its scanner in C. When the scanner refuses a text,
    # json reads it again and raises its own error.
    options: Any = _ScannerOptions
    try:
        from _json import make_scanner

        value, end = make_scanner(options)(text, len(text) - len(text.lstrip(JSON_WHITE_SPACE)))
        if not text[end:].strip(JSON_WHITE_SPACE):
            return value
    except (ImportError, StopIteration, ValueError, RecursionError, SystemError):
        pass  # SystemError: in Python 3.10 and 3.11, where the scanner finds no json.decoder to take its error from
    import json

    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_distinct)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object names a key twice")
    return value


class _ScannerOptions:
    """The options that ``json.loads`` would give the scanner."""

    strict = True
    object_hook = None
    object_pairs_hook = staticmethod(_distinct)
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse_constant)
