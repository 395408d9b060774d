"""Installs the runtime as on a device: its wheel, into a bare environment."""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@dataclass(frozen=True)
class DeviceInstall:
    """An environment with the runtime, the bytes of its files as pip writes them, and the bytes that byte code adds."""

    python: Path
    installed_bytes: int
    bytecode_bytes: int
    extensions: dict[str, int]
    largest: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The sizes as a JSON object."""
        return {
            "installed_bytes": self.installed_bytes,
            "bytecode_bytes": self.bytecode_bytes,
            "extensions": self.extensions,
            "largest": self.largest,
        }


def build_wheel(source: Path, folder: Path) -> Path:
    """Builds the runtime's wheel from the folder ``source`` into ``folder``, which has no other."""
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(source.absolute())], check=True)
    (wheel,) = folder.glob("drupelet-*.whl")
    return wheel


def install_runtime(source: Path, folder: Path) -> DeviceInstall:
    """Builds the runtime's wheel from the folder ``source`` and installs it below ``folder``, which must be empty."""
    wheel = build_wheel(source, folder)
    environment = folder / "device"
    venv.create(environment)
    (packages,) = environment.glob("lib/python*/site-packages")
    install = ["install", "--no-deps", "--no-index", "--no-compile", "--target", str(packages), str(wheel)]
    subprocess.run([*PIP, *install], check=True)
    sizes = {str(path.relative_to(packages)): path.stat().st_size for path in packages.rglob("*") if path.is_file()}
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "compileall", "-q", packages], check=True)
    return DeviceInstall(
        python=python,
        installed_bytes=sum(sizes.values()),
        bytecode_bytes=sum(path.stat().st_size for path in packages.rglob("*.pyc")),
        extensions={name: size for name, size in sizes.items() if name.endswith((".so", ".pyd"))},
        largest=dict(sorted(sizes.items(), key=lambda item: -item[1])[:5]),
    )
