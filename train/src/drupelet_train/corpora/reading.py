"""How labelled texts are read: which columns of which files, and what belongs together."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from drupelet.labelled_rows import Columns
from drupelet_train.json_value import JsonValue

BY_NAME = Columns()
"""Columns that are found by their names."""


@dataclass(frozen=True)
class Reading:
    """``columns`` of a file; files to validate on and to score on in place of parts of the data (None: parts of the data)."""

    columns: Columns = BY_NAME
    validation: str | None = None
    test: str | None = None

    def alone(self) -> Reading:
        """The same columns, for one file that nothing is split off."""
        return replace(self, columns=self.columns._replace(weight=None, group=None), validation=None, test=None)

    def options(self) -> list[str]:
        """The names of the options of ``drupelet train`` that are not as they are by default."""
        return [name for name, *_ in self.arguments()]

    def arguments(self) -> list[tuple[str, ...]]:
        """Those options, each with its value if it has one."""
        given = {"validation": self.validation, "test": self.test, "delimiter": self.columns.delimiter}
        for name in ("text", "label", "weight", "group"):
            given[f"{name}-column"] = getattr(self.columns, name)
        flags = {"multi-label": self.columns.several, "no-header": not self.columns.header}
        valued = [(f"--{name}", value) for name, value in given.items() if value]
        return [*valued, *((f"--{name}",) for name, is_set in flags.items() if is_set)]

    def to_json(self) -> dict[str, Any]:
        """The reading as a JSON object."""
        return {**asdict(self), "columns": self.columns._asdict()}

    @classmethod
    def from_json(cls, value: JsonValue) -> Reading:
        """The reading in a JSON object. Raises FormatError."""
        fields = value.fields(("columns", "validation", "test"))
        columns = fields["columns"].fields(Columns._fields)
        names = {name: _text(columns[name]) for name in ("text", "label", "delimiter", "weight", "group")}
        return cls(
            Columns(**names, several=columns["several"].flag(), header=columns["header"].flag()),
            _text(fields["validation"]),
            _text(fields["test"]),
        )


AS_USUAL = Reading()
"""One file whose columns are found by their names."""


def _text(value: JsonValue) -> str | None:
    return None if value.value is None else value.text()
