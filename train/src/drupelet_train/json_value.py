"""Values of a JSON file on disk: read by type, and an error names the file and the field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drupelet.errors import FormatError

SHOWN_CHARACTERS = 60
"""Characters of a wrong value that an error shows."""


@dataclass(frozen=True)
class JsonValue:
    """The value of ``field`` (empty for the document itself) in the JSON document ``file``.

    Every method raises FormatError, naming both, for a value of another type.
    """

    value: object
    file: str
    field: str = ""

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, JsonValue]:
        """The fields of an object, by name. A ``required`` one that is missing, and any that has no name here, is an error."""
        entries, required = self.entries(), tuple(required)
        missing = [name for name in required if name not in entries]
        unknown = sorted(set(entries) - {*required, *optional})
        if missing or unknown:
            raise self.error(f"has unknown fields {unknown}, lacks the fields {missing}")
        return entries

    def entries(self) -> dict[str, JsonValue]:
        """The values of an object, by names that its writer chose."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return {name: JsonValue(value, self.file, self._path(name)) for name, value in self.value.items()}

    def items(self) -> list[JsonValue]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [JsonValue(value, self.file, f"{self.field}[{n}]") for n, value in enumerate(self.value)]

    def whole(self) -> int:
        """A whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong("a whole number")
        return self.value

    def number(self) -> float:
        """A number; a whole one stays an int."""
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool):
            raise self.wrong("a number")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def equals(self, expected: str | int | None) -> None:
        """Raises FormatError unless the value is ``expected``."""
        if self.value != expected or isinstance(self.value, bool):
            raise self.wrong(repr(expected))

    def wrong(self, expected: str) -> FormatError:
        """The error that the value is not what is ``expected``."""
        shown = repr(self.value)
        if len(shown) > SHOWN_CHARACTERS:
            shown = f"{shown[:SHOWN_CHARACTERS]}..."
        return self.error(f"is {shown}, expected {expected}")

    def error(self, problem: str) -> FormatError:
        """The error that something about the value is wrong."""
        where = f"{self.file}: {self.field} " if self.field else f"{self.file}: "
        return FormatError(f"{where}{problem}; put back a whole copy, or train into a new folder")

    def _path(self, name: str) -> str:
        return f"{self.field}.{name}" if self.field else name
