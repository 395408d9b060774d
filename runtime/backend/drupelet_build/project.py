"""The metadata of the project, from pyproject.toml and the version file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet_build.contents import PACKAGE, SOURCES

METADATA_VERSION = "2.4"
PROJECT = "project"


@dataclass(frozen=True)
class Project:
    """The table ``project`` of pyproject.toml, with its version and the text of its description."""

    name: str
    version: str
    summary: str
    license: str
    license_files: Sequence[str]
    requires_python: str
    dependencies: Sequence[str]
    extras: Mapping[str, Sequence[str]]
    scripts: Mapping[str, str]
    description: str

    @property
    def metadata_folder(self) -> str:
        """The name of the folder of metadata in a wheel."""
        return f"{self.name}-{self.version}.dist-info"

    def metadata(self) -> str:
        """The content of METADATA in a wheel and of PKG-INFO in an sdist."""
        fields = [
            ("Metadata-Version", METADATA_VERSION),
            ("Name", self.name),
            ("Version", self.version),
            ("Summary", self.summary),
            ("License-Expression", self.license),
            ("Requires-Python", self.requires_python),
            ("Description-Content-Type", "text/markdown"),
            *(("License-File", name) for name in self.license_files),
            *(("Requires-Dist", requirement) for requirement in self.dependencies),
            *self._extra_fields(),
        ]
        return "".join(f"{name}: {value}\n" for name, value in fields) + f"\n{self.description}"

    def _extra_fields(self) -> Iterator[tuple[str, str]]:
        for extra, requirements in self.extras.items():
            yield "Provides-Extra", extra
            for requirement in requirements:
                name, _, marker = requirement.partition(";")
                condition = f"({marker.strip()}) and " if marker else ""
                yield "Requires-Dist", f'{name.strip()}; {condition}extra == "{extra}"'

    def entry_points(self) -> str:
        """The content of entry_points.txt."""
        return "[console_scripts]\n" + "".join(f"{name} = {place}\n" for name, place in self.scripts.items())


def read_project(root: Path) -> Project:
    """The project whose pyproject.toml is in ``root``."""
    tables = read_tables((root / "pyproject.toml").read_text(encoding="utf-8"))
    table = tables[PROJECT]
    return Project(
        name=table["name"],
        version=version_of(root / SOURCES / PACKAGE / "version.py"),
        summary=table["description"],
        license=table["license"],
        license_files=table["license-files"],
        requires_python=table["requires-python"],
        dependencies=table["dependencies"],
        extras=tables[f"{PROJECT}.optional-dependencies"],
        scripts=tables[f"{PROJECT}.scripts"],
        description=(root / table["readme"]).read_text(encoding="utf-8"),
    )


def version_of(file: Path) -> str:
    """The version in the version file. Raises ValueError when there is none."""
    found = re.search(r'^__version__ = "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{file}: no line '__version__ = \"...\"'")
    return found[1]


def read_tables(text: str) -> dict[str, dict[str, Any]]:
    """The table ``project`` of a pyproject.toml and those below it, by name. Raises ValueError for what it cannot read.

    Python has a reader of TOML from 3.11 on. The values of these tables are strings and lists of strings, which TOML and Python
    write alike.
    """
    tables: dict[str, dict[str, Any]] = {}
    table: dict[str, Any] | None = None
    pending = ""
    for line in text.splitlines():
        if not pending and line.startswith("["):
            name = line.partition("#")[0].strip().strip("[]")
            is_read = name == PROJECT or name.startswith(f"{PROJECT}.")
            table = tables.setdefault(name, {}) if is_read else None
        elif table is not None and (pending or line.partition("#")[0].strip()):
            pending += f"{line}\n"
            key, _, value = pending.partition("=")
            try:
                table[key.strip()] = ast.literal_eval(value.strip())
            except (SyntaxError, ValueError):
                continue  # a list that ends on a later line
            pending = ""
    if pending:
        raise ValueError(f"pyproject.toml: {pending.splitlines()[0]}: expected a string or a list of strings")
    return tables
