"""The folder that every place can read: the wheels, bundles and networks that a user would copy to a device."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from device.networks import texts, write_networks
from pi.environments import DEBS, INDEX, OURS, InstallationError

ROOT = Path(__file__).parents[2]
BUNDLES = {"imdb": ROOT / "artifacts" / "imdb", "bundle-schemes": ROOT / "tests" / "golden" / "bundle-schemes"}
"""The committed bundles: the reference model as wi8, and a small network in every scheme and format."""
CONSTRAINED = ("--constraint", str(ROOT / "constraints.txt"))
GLIBCS = ("2_17", "2_27", "2_28", "2_34")
"""Minor versions of glibc in the manylinux tags of the libraries' wheels. bookworm has glibc 2.36."""
CURRENT = ("ai-edge-litert", "onnxruntime", "numpy", "waitress")
OLD = ("tflite-runtime==2.14.0", "numpy==1.26.4")
"""The last release of tflite-runtime, and the last numpy that it works with."""
DOWNLOADS = (
    ("aarch64", "3.11", CURRENT),
    ("aarch64", "3.13", CURRENT),
    ("x86_64", "3.11", CURRENT),
    ("aarch64", "3.11", OLD),
    ("x86_64", "3.11", OLD),
    ("armv7l", "3.11", OLD[:1]),  # numpy has no wheel there
)


def fill_inbox(inbox: Path, wheels: Path, packages: Path) -> None:
    """Copies or downloads everything that places need. Files of an earlier run are not downloaded again."""
    index = inbox / INDEX
    index.mkdir(parents=True, exist_ok=True)
    for machine, python, requirements in DOWNLOADS:
        download(index, machine, python, requirements)
    for folder, files in ((OURS, wheels.glob("drupelet-*")), (DEBS, packages.glob("drupelet_*.deb"))):
        shutil.rmtree(inbox / folder, ignore_errors=True)
        (inbox / folder).mkdir()
        for file in files:
            shutil.copy(file, inbox / folder)
    for name, bundle in BUNDLES.items():
        shutil.rmtree(inbox / name, ignore_errors=True)
        shutil.copytree(bundle, inbox / name)
    shutil.rmtree(inbox / "networks", ignore_errors=True)
    (inbox / "networks").mkdir()
    write_networks(inbox / "networks")
    (inbox / "texts.json").write_text(json.dumps(texts()))
    for program in ("answer_networks.py", "ask_server.py", "verify_bundles.py"):
        shutil.copy(Path(__file__).with_name(program), inbox)


def download(packages: Path, machine: str, python: str, requirements: Sequence[str]) -> None:
    """Downloads the wheels of these requirements and their dependencies, for another machine and Python.

    Versions come from constraints.txt, unless a requirement fixes them itself.
    """
    fixed = any("==" in requirement for requirement in requirements)
    platforms = [f"--platform=manylinux_{glibc}_{machine}" for glibc in GLIBCS] + [
        f"--platform=manylinux2014_{machine}"
    ]
    choice = ["--no-deps"] if fixed else CONSTRAINED
    _pip_download(packages, [*platforms, f"--python-version={python}", "--implementation=cp", *choice, *requirements])


def _pip_download(packages: Path, options: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--find-links", str(packages)]
    done = subprocess.run([*command, "--dest", str(packages), *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise InstallationError(
            f"pip download {' '.join(options)}: exit status {done.returncode}: {done.stderr[-2000:]}"
        )
