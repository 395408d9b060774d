"""Finds data files of installed packages without importing the packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from drupelet.errors import InputError


def package_file(package: str, relative: str, distribution: str) -> Path:
    """The path of a data file of an installed package. ``distribution`` is what pip installs.

    Raises InputError when the package is not installed or lacks the file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"the package {distribution} is not installed, and its {relative} is needed: pip install {distribution}"
        )
    path = Path(spec.submodule_search_locations[0]) / relative
    if not path.is_file():
        raise InputError(f"{path}: no such file; {reinstall(distribution)}")
    return path


def reinstall(distribution: str) -> str:
    """The next step to name in a message when a package's data is missing or wrong."""
    return f"install the package again: pip install --force-reinstall {distribution}"
