"""The files that are distributed: those of the package, and the sources that an sdist has besides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SOURCES = "src"
PACKAGE = "drupelet"
PACKAGE_PATTERNS = ("**/*.py", "**/*.pyi", "py.typed", "serve/page_files/*")
SOURCE_PATTERNS = ("LICENSE", "LICENSE-Unicode-3.0", "README.md", "pyproject.toml", "backend/**/*.py", "csrc/*.[ch]")
"""Files of an sdist besides those of the package. What an earlier build left beside them is not among these."""


def package_files(root: Path) -> list[str]:
    """The files of the package as paths below ``root/src``, sorted."""
    base = root / SOURCES
    return matching(base, [f"{PACKAGE}/{pattern}" for pattern in PACKAGE_PATTERNS])


def source_files(root: Path) -> list[str]:
    """The files of an sdist but PKG-INFO, as paths below ``root``, sorted."""
    return matching(root, [*SOURCE_PATTERNS, *(f"{SOURCES}/{PACKAGE}/{pattern}" for pattern in PACKAGE_PATTERNS)])


def matching(base: Path, patterns: Iterable[str]) -> list[str]:
    """The files below ``base`` that match a pattern. Raises ValueError for a pattern that none matches, and for a link."""
    found: set[str] = set()
    for pattern in patterns:
        paths = [path for path in base.glob(pattern) if not path.is_dir()]
        if not paths:
            raise ValueError(f"{base.resolve()}: no file {pattern}; take the sources as a whole")
        for path in paths:
            if path.is_symlink():
                raise ValueError(f"{path}: a link, expected a file; take it out of the sources")
        found.update(path.relative_to(base).as_posix() for path in paths)
    return sorted(found)


def read_files(base: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The content of files below ``base``, by name."""
    return {name: (base / name).read_bytes() for name in names}
