"""Reads JSON, which may be hostile, into frozen dataclasses and writes them as JSON. Their annotations are the schema.

An annotation is ``str``, ``bool``, ``int`` (from 0), ``float``, a dataclass, ``tuple[X, ...]``, ``Mapping[str, X]`` (names
that the writer chose), or one of these ``| None``. A field with a default may be left out. Where None is allowed, it also
stands for a number that is not finite, which JSON does not have.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from drupelet.errors import FormatError

MAX_NUMBER = 1e15
"""Maximum magnitude of a number. JSON readers keep whole numbers up to here exact, and no size, time or count comes near."""
NAMED_FIELDS = 5
"""Maximum number of unknown fields that an error names."""

_EXPECTED = {str: "text", bool: "true or false", int: "a whole number from 0 to 1e15", float: "a number"}

T = TypeVar("T")


def from_json(kind: type[T], value: object, where: str) -> T:
    """The value of dataclass ``kind`` in a JSON object. Raises FormatError that names the field for anything else."""
    read: T = _read(kind, value, where)
    return read


def to_json(value: object) -> Any:
    """The value as JSON: dataclasses and mappings as objects, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: to_json(item) for name, item in value.items()}
    return [to_json(item) for item in value] if isinstance(value, tuple) else value


def missing_fields(kind: type, value: Mapping[str, object]) -> list[str]:
    """The fields without a default that the object lacks, in the order of the dataclass."""
    return [field.name for field in fields(kind) if field.default is MISSING and field.name not in value]


def _read(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_alternative(arguments, value, where)
    if origin is tuple and isinstance(value, list | tuple):
        return _read_items(arguments, value, where)
    if origin is Mapping and isinstance(value, Mapping):
        return {str(name): _read(arguments[1], item, f"{where}: {name!r:.60}") for name, item in value.items()}
    if is_dataclass(kind) and isinstance(value, Mapping):
        return _read_fields(kind, value, where)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    if kind is int and type(value) is int and 0 <= value <= MAX_NUMBER:
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        return float(value)
    expected = "a list" if origin is tuple else _EXPECTED.get(kind, "an object")
    raise FormatError(f"{where} is {value!r:.60}, expected {expected}")


def _read_alternative(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    if float in kinds and isinstance(value, float) and not math.isfinite(value):
        return None
    possible = [kind for kind in kinds if kind is not types.NoneType]
    if len(possible) > 1 and isinstance(value, Mapping):  # dataclasses that differ in the fields they require
        possible = [kind for kind in possible if not missing_fields(kind, value)] or possible
    return _read(possible[0], value, where)


def _read_items(kinds: tuple[Any, ...], values: list[Any] | tuple[Any, ...], where: str) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(values)
    if len(values) != len(kinds):
        raise FormatError(f"{where} is {values!r:.60}, expected {len(kinds)} values")
    return tuple(_read(kind, item, f"{where}[{n}]") for n, (kind, item) in enumerate(zip(kinds, values, strict=True)))


def _read_fields(kind: Any, value: Mapping[Any, Any], where: str) -> Any:
    missing = missing_fields(kind, value)
    if missing:
        raise FormatError(f"{where}: field {missing[0]!r} is missing; export it again")
    known = _annotations(kind)
    unknown = sorted(repr(name)[:60] for name in value if name not in known)
    if unknown:
        named = ", ".join(unknown[:NAMED_FIELDS]) + (", ..." if len(unknown) > NAMED_FIELDS else "")
        raise FormatError(f"{where}: unknown fields {named}; upgrade drupelet or export again")
    read = {name: _read(known[name], item, f"{where}: {name}") for name, item in value.items()}
    try:
        return kind(**read)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error


@cache
def _annotations(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
