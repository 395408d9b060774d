"""Reads JSON that may be hostile: standard JSON only, every field asked for by name and type, no unknown fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from drupelet.errors import FormatError

T = TypeVar("T")


def parse_object(text: bytes, where: str) -> dict[str, Any]:
    """The JSON object that these UTF-8 bytes hold. Raises FormatError for anything else, twice-named keys included."""
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: not JSON ({error}); copy or export it again") from error
    if not isinstance(value, dict):
        raise FormatError(f"{where}: a JSON {type(value).__name__}, expected an object")
    return value


def field(data: Mapping[str, Any], name: str, kind: type[T], where: str) -> T:
    """The field of that name, checked for its type (a bool is no int). Raises FormatError."""
    if name not in data:
        raise FormatError(f"{where}: field {name!r} is missing; export it again")
    value = data[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise FormatError(f"{where}: field {name!r} is {value!r:.60}, expected {kind.__name__}")
    return value


def optional_field(data: Mapping[str, Any], name: str, kind: type[T], where: str) -> T | None:
    """The field of that name, which must be there but may be null. Raises FormatError."""
    if name in data and data[name] is None:
        return None
    return field(data, name, kind, where)


def only_fields(data: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Raises FormatError when the object has a field that is not one of these."""
    unknown = sorted(set(data) - set(names))
    if unknown:
        raise FormatError(f"{where}: unknown fields {unknown}; upgrade drupelet or export again")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object names a key twice")
    return value
