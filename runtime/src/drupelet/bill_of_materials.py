"""A software bill of materials, as CycloneDX JSON: the parts of a file that is passed on, with versions and licences.

The runtime's wheel has one, and so has every executable (drupelet-export). The same parts give the same bytes:
there is no serial number and no date.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from drupelet.text import UNICODE_VERSION
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SPECIFICATION = "1.6"
"""Version of CycloneDX."""
SCHEMA = f"http://cyclonedx.org/schema/bom-{SPECIFICATION}.schema.json"
LICENSE = "Apache-2.0"
"""The licence of what is written here, by the name that SPDX has for it; so are those of parts."""


@dataclass(frozen=True)
class Part:
    """A part of a file: what it is called and does, its version, licence, origin and hash, each where it has one.

    ``kind`` is one of CycloneDX's types of components, as ``library``. ``notice`` is the text of the licence, with the names of
    those who hold the copyright. ``source`` is a package URL.
    """

    kind: str
    name: str
    description: str
    version: str | None = None
    license: str | None = None
    notice: str | None = None
    source: str | None = None
    sha256: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The part as a component of CycloneDX."""
        found: dict[str, Any] = {"type": self.kind, "bom-ref": self.reference, "name": self.name}
        if self.version is not None:
            found["version"] = self.version
        found["description"] = self.description
        if self.sha256 is not None:
            found["hashes"] = [{"alg": "SHA-256", "content": self.sha256}]
        if self.license is not None:
            text = {} if self.notice is None else {"text": {"contentType": "text/plain", "content": self.notice}}
            found["licenses"] = [{"license": {"id": self.license, **text}}]
        if self.source is not None:
            found["purl"] = self.source
        return found

    @property
    def reference(self) -> str:
        """The name by which the rest of the document points at the part."""
        return self.name if self.version is None else f"{self.name}@{self.version}"


def package(name: str, description: str, notice: str | None = None) -> Part:
    """A distribution of ours, of this version."""
    return Part("library", name, description, __version__, LICENSE, notice, f"pkg:pypi/{name}@{__version__}")


def unicode_tables(notice: str) -> Part:
    """The tables that text rules use, in Python and in the kernel."""
    return Part(
        "data", "unicode-character-database", "classes and cases of characters", UNICODE_VERSION, "Unicode-3.0", notice
    )


def zig_runtime(version: str, notice: str) -> Part:
    """The functions that zig links into what it compiles."""
    return Part("library", "compiler-rt", "the runtime functions of the C compiler zig", version, "MIT", notice)


def mingw(notice: str) -> Part:
    """The functions of mingw-w64 that start what zig compiles for Windows."""
    return Part(
        "library", "mingw-w64", "the start of programs and libraries on Windows", license="ZPL-2.1", notice=notice
    )


def zig(version: str) -> Part:
    """The C compiler, which is a tool and not a part."""
    return Part("application", "zig", "C compiler", version, "MIT")


def document(subject: Part, parts: Sequence[Part], tools: Sequence[Part]) -> str:
    """The bill of a file: what it is, what is inside, and what made it. Raises ValueError when two parts have one name."""
    references = [part.reference for part in (subject, *parts)]
    if len(set(references)) != len(references):
        raise ValueError(f"two parts of {subject.name} have one name: {sorted(references)}")
    content = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {
            "tools": {"components": [tool.to_json() for tool in tools]},
            "component": subject.to_json(),
        },
        "components": [part.to_json() for part in parts],
        "dependencies": [{"ref": references[0], "dependsOn": references[1:]}],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
