"""The environments that users install with the runtime, and their installation in a place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pi.places import Place

FOLDER = "/opt/drupelet"
MARKER = ".drupelet-installed"
OURS = "drupelet"
"""The folder of the inbox with what a user copies to a device: our wheels and our sdist, and nothing that would build it."""
INDEX = "index"
"""The folder of the inbox that stands for the package index, which a user has for the extras alone."""
RUNTIME = ("drupelet",)
DEBS = "deb"
"""The folder of the inbox with the Debian packages."""
PACKAGE = "drupelet"
SYSTEM_BUNDLES = "/usr/share/drupelet"
"""A place where bundles are found by their names."""
DIST_PACKAGES = "/usr/lib/python3/dist-packages"


class InstallationError(Exception):
    """A command of the installation failed. The message has the command, the place and the output."""


@dataclass(frozen=True)
class Environment:
    """A way to install the runtime: the requirements, and the engines that must then run.

    ``from_debian_package``: apt installs it into the system, and pip has no part in it. ``serves``: it answers over HTTP.
    ``options`` are added to the line of the documentation. ``refuses`` lists schemes that an engine may refuse. Every other
    file must run.
    """

    requirements: tuple[str, ...]
    engines: tuple[str, ...]
    options: tuple[str, ...] = ()
    system_packages: bool = False
    from_debian_package: bool = False
    serves: bool = False
    refuses: tuple[str, ...] = ()


ENVIRONMENTS: Mapping[str, Environment] = {
    "wheel": Environment(RUNTIME, ("native",)),
    # Not from pip's cache, because the kernel must be compiled.
    "sdist": Environment(RUNTIME, ("native",), ("--no-cache-dir",)),
    "deb": Environment((), ("native",), from_debian_package=True),
    "serve": Environment(("drupelet[serve]",), ("native",), serves=True),
    "ai-edge-litert": Environment(("drupelet[litert]",), ("litert",)),
    "onnxruntime": Environment(("drupelet[onnx]",), ("onnx",)),
    "numpy": Environment(("drupelet[numpy]",), ("numpy",)),
    "tflite-runtime": Environment(("drupelet", "tflite-runtime", "numpy<2"), ("litert",), refuses=("f16",)),
    "tflite-runtime, apt's numpy": Environment(
        ("drupelet[numpy]", "tflite-runtime"), ("litert", "numpy"), system_packages=True, refuses=("f16",)
    ),
}
INSTALLABLE: Mapping[str, tuple[str, ...]] = {
    "x86_64": ("wheel", "serve", "ai-edge-litert", "onnxruntime", "numpy", "tflite-runtime"),
    "arm64-bookworm": ("wheel", "deb", "serve", "ai-edge-litert", "onnxruntime", "numpy", "tflite-runtime"),
    "arm64-trixie": ("wheel", "deb", "serve", "ai-edge-litert", "onnxruntime", "numpy"),
    "armhf-bookworm": ("wheel", "tflite-runtime, apt's numpy", "serve", "deb"),
    "armel-bookworm": ("sdist",),
}
"""Environments by root; x86_64 is this machine. No other combination exists, because there are no wheels for it."""


@dataclass(frozen=True)
class Installed:
    """An installed environment: its bin folder in the place, and the bytes that pip installed."""

    binaries: str
    installed_bytes: int


def install(name: str, place: Place, folder: str, python: str) -> Installed:
    """Installs an environment below ``folder`` of a place, or only the runtime when the rest is there already."""
    environment = ENVIRONMENTS[name]
    if environment.from_debian_package:
        return _install_package(place)
    if environment.system_packages:
        _require(
            place, ["dpkg", "--purge", PACKAGE]
        )  # an earlier run's, which pip would take for what it is to install
    slug = name.replace(", ", "-").replace("'s ", "-")
    home = f"{folder}/{slug}"
    marker = place.path(f"{home}/{MARKER}")
    recipe = _recipe(environment, place.outer_inbox)
    # Uses the system's pip and writes no byte code, because both would take longer to make than the runtime to install.
    pip = [python, "-m", "pip", "--python", f"{home}/bin/python", "install", "--quiet", "--no-compile"]
    folders = (OURS,) if environment.requirements == RUNTIME else (OURS, INDEX)
    pip += ["--no-index", *(part for one in folders for part in ("--find-links", f"{place.inbox}/{one}"))]
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


def _install_package(place: Place) -> Installed:
    """Installs the Debian package, as apt does for a user, and copies a bundle to where it is found by its name."""
    _require(place, ["mkdir", "--parents", "/var/cache/apt/archives/partial"])  # left out of the root to save space
    architecture = place.run(["dpkg", "--print-architecture"]).stdout.strip()
    (package,) = (place.outer_inbox / DEBS).glob(f"*_{architecture}.deb")
    _require(place, ["apt-get", "install", "--yes", "--reinstall", f"{place.inbox}/{DEBS}/{package.name}"])
    _require(place, ["mkdir", "--parents", SYSTEM_BUNDLES])
    _require(place, ["cp", "-r", f"{place.inbox}/imdb", SYSTEM_BUNDLES])
    found = place.path(DIST_PACKAGES).glob(f"{PACKAGE}*")
    return Installed("/usr/bin", sum(_bytes_below(folder) for folder in found))


def _recipe(environment: Environment, inbox: Path) -> str:
    """A string that identifies the content of an environment, apart from the runtime."""
    wheels = sorted(path.name for path in (inbox / INDEX).iterdir())
    return hashlib.sha256(repr((environment, wheels)).encode()).hexdigest()


def _require(place: Place, command: list[str]) -> None:
    done = place.run(command)
    if done.returncode != 0:
        raise InstallationError(
            f"{' '.join(command)}: exit status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        )


def _bytes_below(packages: Path) -> int:
    """The bytes of files as pip unpacks them, without byte code."""
    return sum(path.stat().st_size for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
