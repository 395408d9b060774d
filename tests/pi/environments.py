"""The libraries that users install beside the runtime, and their installation in a place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pi.places import Place

FOLDER = "/opt/drupelet"
MARKER = ".drupelet-installed"


WHEELS = ("--only-binary=:all:",)


class InstallationError(Exception):
    """A command of the installation failed: which, where, and what it said."""


@dataclass(frozen=True)
class Environment:
    """A way to install the runtime: what pip is asked for, its options, the engines that must run then.

    ``refuses`` are schemes that an engine may say it cannot run; every other file has to run.
    """

    requirements: tuple[str, ...]
    engines: tuple[str, ...]
    options: tuple[str, ...] = WHEELS
    system_packages: bool = False
    refuses: tuple[str, ...] = ()


ENVIRONMENTS: Mapping[str, Environment] = {
    "wheel": Environment(("drupelet",), ("native",)),
    # Not from pip's cache: the kernel is to be compiled.
    "sdist": Environment(("drupelet",), ("native",), ("--no-binary=drupelet", "--no-cache-dir")),
    "ai-edge-litert": Environment(("drupelet[litert]",), ("litert",)),
    "onnxruntime": Environment(("drupelet[onnx]",), ("onnx",)),
    "numpy": Environment(("drupelet[numpy]",), ("numpy",)),
    "tflite-runtime": Environment(("drupelet", "tflite-runtime", "numpy<2"), ("litert",), refuses=("f16",)),
    "tflite-runtime, apt's numpy": Environment(
        ("drupelet", "tflite-runtime"), ("litert", "numpy"), system_packages=True, refuses=("f16",)
    ),
}
INSTALLABLE: Mapping[str, tuple[str, ...]] = {
    "x86_64": ("wheel", "ai-edge-litert", "onnxruntime", "numpy", "tflite-runtime"),
    "arm64-bookworm": ("wheel", "ai-edge-litert", "onnxruntime", "numpy", "tflite-runtime"),
    "arm64-trixie": ("wheel", "ai-edge-litert", "onnxruntime", "numpy"),
    "armhf-bookworm": ("wheel", "tflite-runtime, apt's numpy"),
    "armel-bookworm": ("sdist",),
}
"""Environments by root, x86_64 being this machine. That is all that exists: every other combination has no wheel."""


@dataclass(frozen=True)
class Installed:
    """An environment in a place: its bin folder there, and the bytes of what pip installed."""

    binaries: str
    installed_bytes: int


def install(name: str, place: Place, folder: str, python: str) -> Installed:
    """Installs an environment below ``folder`` of a place, or only the runtime again where the rest is there already."""
    environment = ENVIRONMENTS[name]
    slug = name.replace(", ", "-").replace("'s ", "-")
    home = f"{folder}/{slug}"
    marker = place.path(f"{home}/{MARKER}")
    recipe = _recipe(environment, place.outer_inbox)
    # The system's pip, because a pip in each environment takes longer to install than the runtime; byte code likewise.
    pip = [python, "-m", "pip", "--python", f"{home}/bin/python", "install", "--quiet", "--no-compile"]
    pip += ["--no-index", "--find-links", f"{place.inbox}/packages"]
    if not marker.is_file() or marker.read_text() != recipe:
        system = ["--system-site-packages"] if environment.system_packages else []
        _require(place, [python, "-m", "venv", "--without-pip", "--clear", *system, home])
        _require(place, [*pip, *environment.options, *environment.requirements])
        marker.write_text(recipe)
    else:
        ours = [one for one in environment.requirements if one.startswith("drupelet")]
        _require(place, [*pip, *environment.options, "--force-reinstall", "--no-deps", *ours])
    (packages,) = place.path(f"{home}/lib").glob("python3*/site-packages")
    return Installed(f"{home}/bin", _bytes_below(packages))


def _recipe(environment: Environment, inbox: Path) -> str:
    """Identifies what an environment is made of, the runtime aside."""
    wheels = sorted(path.name for path in (inbox / "packages").iterdir() if not path.name.startswith("drupelet-"))
    return hashlib.sha256(repr((environment, wheels)).encode()).hexdigest()


def _require(place: Place, command: list[str]) -> None:
    done = place.run(command)
    if done.returncode != 0:
        raise InstallationError(
            f"{' '.join(command)}: exit status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        )


def _bytes_below(packages: Path) -> int:
    """Bytes of files as pip unpacks them, without byte code."""
    return sum(path.stat().st_size for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
