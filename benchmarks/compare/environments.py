"""The environments of the peers: each a venv with a dependency group of pyproject.toml, Drupelet's wheel, or both."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare.child import quiet_environment
from benchmarks.compare.failure import PeerError, reason_of

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"
HASHES = "constraints-hashes.txt"
STAMP = ".installed"
TOOLS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
"""What a new venv has, and no peer needs. Neither these nor byte code count as installed."""


@dataclass(frozen=True)
class Environment:
    """What is installed: a dependency ``group`` in the versions of ``hashes``, and with ``runtime`` Drupelet's wheel."""

    name: str
    group: str | None = None
    runtime: bool = False
    hashes: str = HASHES


ENVIRONMENTS: Mapping[str, Environment] = {
    environment.name: environment
    for environment in (
        Environment("drupelet", runtime=True),
        Environment("drupelet-onnx", "compare-onnxruntime", runtime=True),
        Environment("drupelet-litert", "compare-litert", runtime=True),
        Environment("drupelet-numpy", "compare-numpy", runtime=True),
        Environment("fasttext-predict", "compare-fasttext-predict"),
        Environment("fasttext-predict-v2", "compare-fasttext-predict-v2"),
        Environment("fasttext-turbo", "compare-fasttext-turbo"),
        Environment("onnxruntime", "compare-onnxruntime"),
        Environment("litert", "compare-litert"),
        Environment("tflite-runtime", "compare-tflite-runtime", hashes="constraints-tflite-runtime-hashes.txt"),
        Environment("tensorflow", "compare-tensorflow"),
        Environment("openvino", "compare-openvino"),
        Environment("tract", "compare-tract"),
        Environment("scikit-learn", "compare-scikit-learn"),
        Environment("minilm", "compare-minilm"),
    )
}


@dataclass(frozen=True)
class Installed:
    """An environment on disk: its Python, the bytes of its packages, and their versions."""

    python: Path
    size_bytes: int
    packages: Mapping[str, str]


def install(environment: Environment, folder: Path, wheel: Path | None, limit_s: float) -> Installed:
    """Installs an environment into ``folder``, unless it is there in these versions. ``wheel`` is that of the runtime.

    Raises PeerError with the last line of what pip says.
    """
    place = folder / f"env-{environment.name}"
    python = place / "bin" / "python"
    stamp = place / STAMP
    wanted = _wanted(environment)
    try:
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            venv.create(place, with_pip=True, clear=True)
            if environment.group is not None:
                hashes = ("--hashes", environment.hashes)
                _run([python, "tools/install.py", "--group", environment.group, *hashes], limit_s)
            stamp.write_text(wanted, encoding="utf-8")
        if environment.runtime:
            again = ["--no-index", "--no-deps", "--force-reinstall", "--quiet", "--disable-pip-version-check"]
            _run([python, "-m", "pip", "install", *again, str(wheel)], limit_s)
        listed = _run([python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"], limit_s)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"not installed: {reason_of(error)}") from error
    packages = {package["name"]: package["version"] for package in json.loads(listed)}
    return Installed(
        python, installed_bytes(place), {name: version for name, version in packages.items() if name not in TOOLS}
    )


def installed_bytes(place: Path) -> int:
    """The bytes of the packages of a venv, without its tools and without byte code."""
    (packages,) = place.glob("lib/python*/site-packages")
    tops = [top for top in packages.iterdir() if top.name.partition("-")[0] not in TOOLS and top.name not in TOOLS]
    files = (path for top in tops for path in ([top] if top.is_file() else top.rglob("*")))
    return sum(path.stat().st_size for path in files if path.is_file() and path.suffix != ".pyc")


def _wanted(environment: Environment) -> str:
    """A hash of everything that decides what is installed, the runtime aside."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    content = (environment, sys.version, groups[environment.group] if environment.group else [])
    digest = hashlib.sha256(repr(content).encode())
    digest.update((ROOT / environment.hashes).read_bytes())
    return digest.hexdigest()


def _run(command: list[str | Path], limit_s: float) -> str:
    """The output of a command of the project's root."""
    done = subprocess.run(
        command, cwd=ROOT, env=quiet_environment(1), check=True, capture_output=True, text=True, timeout=limit_s
    )
    return done.stdout
