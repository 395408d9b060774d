"""Frozen values made from annotations, at a fraction of the start-up cost of :mod:`dataclasses`.

:mod:`dataclasses` imports ``inspect`` and compiles the methods of every class. That takes about 15 ms, and 0.4 ms per class,
on a machine where Python itself starts in 10 ms. Values that the first answer needs derive from :class:`Value` instead.
``dataclasses.replace``, ``fields`` and ``asdict`` work on them, and type checkers take them for frozen dataclasses.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import Field
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_):
        """Stands in for :func:`typing.dataclass_transform`, which does nothing at run time."""
        return lambda cls: cls


_WHOLE = "the whole value"
"""The key, which is no name of a field, under which a late value keeps the function that makes it whole."""


class _DataclassFields:
    """``__dataclass_fields__`` of a value class, which :mod:`dataclasses` makes when it is first asked for."""

    def __get__(self, instance: object, cls: type) -> dict[str, Field[Any]]:
        import dataclasses

        kinds = _annotations(cls).items()
        fields = [(name, kind, getattr(cls, name)) if hasattr(cls, name) else (name, kind) for name, kind in kinds]
        described: Any = dataclasses.make_dataclass(cls.__name__, fields)
        return {field.name: field for field in dataclasses.fields(described)}


@dataclass_transform(frozen_default=True)
class Value:
    """Base class of values. The annotations of a class are its fields; values compare and hash by them, and never change.

    Like ``@dataclass(frozen=True)``, with defaults and ``__post_init__``, but without ``field()`` and without inheritance.
    ``fields_of(value)`` is a dict of all fields, in order.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _DataclassFields()  # without an annotation, which would be a field

    def __init__(self, *given: object, **named: object) -> None:
        cls = type(self)
        names = field_names(cls)
        fields = self.__dict__
        fields.update(zip(names, given))
        for name in names[len(given) :]:
            if name in named:
                fields[name] = named.pop(name)
            elif name in cls.__dict__:
                fields[name] = cls.__dict__[name]
            else:
                raise TypeError(f"{cls.__name__} lacks its field {name!r}")
        if named or len(given) > len(names):
            raise TypeError(f"{cls.__name__} got {len(given)} values and {sorted(named)}, expected its fields {names}")
        self.__post_init__()

    @classmethod
    def late(cls, known: Mapping[str, object], whole: Callable[[], Self]) -> Self:
        """A value of which some fields are known. ``whole`` makes it when another one is first asked for.

        Only then is it checked: whatever ``whole`` raises is raised each time. No late field has a default.
        """
        value = cls.__new__(cls)
        value.__dict__.update(known)
        value.__dict__[_WHOLE] = whole
        return value

    def __post_init__(self) -> None:
        """Classes override it to reject impossible fields."""

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """A field that is not there yet; Python calls it for no other."""
            if _WHOLE in self.__dict__ and name in field_names(type(self)):
                return fields_of(self)[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __getstate__(self) -> dict[str, object]:
        return fields_of(self)

    def __eq__(self, other: object) -> bool:
        return fields_of(self) == fields_of(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(fields_of(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={held!r}' for name, held in fields_of(self).items())})"

    def __setattr__(self, name: str, held: object) -> None:
        raise AttributeError(f"{type(self).__name__} is a value: {name!r} cannot be set, make another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is a value: {name!r} cannot be deleted, make another one")


def is_late(value: Value) -> bool:
    """Whether fields of the value are not known yet."""
    return _WHOLE in vars(value)


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a value, in order; those of a late one are made now. Raises what their function raises."""
    fields: dict[str, Any] = vars(value)
    make_whole: Callable[[], Value] | None = fields.get(_WHOLE)
    if make_whole is None:
        return fields
    whole: dict[str, Any] = vars(make_whole())
    fields.update(whole)
    fields.pop(_WHOLE, None)  # another thread may have come first
    return whole


def field_names(cls: type) -> tuple[str, ...]:
    """The names of the fields of a value class, in order."""
    return tuple(_annotations(cls))


def _annotations(cls: type) -> dict[str, Any]:
    return getattr(cls, "__annotations__", {})  # in Python 3.9 a class without any has no dict of them
