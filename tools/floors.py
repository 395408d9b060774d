"""Prints the oldest versions that the distributions allow, as requirements for pip: ``keras==3.12`` for ``keras>=3.12``.

    python tools/floors.py [DISTRIBUTION...]

Without names: those of drupelet (with onnx and numpy) and of drupelet-export.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTIONS = {"runtime": ("numpy", "onnx"), "export": (), "train": ()}
"""The folders of the distributions, and the extras whose floors count as well."""
TESTED = ("runtime", "export")
"""Those that ``make test-floor`` installs."""


def floors(folders: tuple[str, ...] = TESTED) -> dict[str, Version]:
    """The floor of each requirement; where two distributions have one, the newer. Raises ValueError for one without a floor."""
    found: dict[str, Version] = {}
    for folder in folders:
        document = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
        hook = document.get("tool", {}).get("hatch", {}).get("metadata", {}).get("hooks", {}).get("custom", {})
        extras = document["project"].get("optional-dependencies", {})
        lines = [*hook.get("dependencies", ()), *(line for name in DISTRIBUTIONS[folder] for line in extras[name])]
        for requirement in map(Requirement, lines):
            if requirement.name.startswith("drupelet") or not (
                requirement.marker is None or requirement.marker.evaluate()
            ):
                continue
            lowest = [Version(each.version) for each in requirement.specifier if each.operator in (">=", "==")]
            if len(lowest) != 1:
                raise ValueError(
                    f"{folder}/pyproject.toml: {requirement} has {len(lowest)} floors, expected one >= or =="
                )
            found[requirement.name] = max(lowest[0], found.get(requirement.name, lowest[0]))
    return found


if __name__ == "__main__":
    for name, version in sorted(floors(tuple(sys.argv[1:]) or TESTED).items()):
        print(f"{name}=={version}")
