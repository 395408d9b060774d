"""The userlands of Raspberry Pi OS: Debian of the same release and architecture, built once and kept outside the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

RECIPE_FILE = ".drupelet-root.json"
CACHE_VARIABLE = "DRUPELET_PI_CACHE"
PYTHON = ("python3", "python3-pip", "python3-venv", "ca-certificates")
COMPILER = ("gcc", "libc6-dev", "python3-dev")


@dataclass(frozen=True)
class Root:
    """A userland: Debian's names of release and architecture, and the packages added to the minimal system."""

    suite: str
    architecture: str
    packages: tuple[str, ...]
    boards: tuple[str, ...]
    stands_for: str

    @property
    def name(self) -> str:
        """The name of the root, such as ``arm64-bookworm``."""
        return f"{self.architecture}-{self.suite}"


ROOTS: Mapping[str, Root] = {
    root.name: root
    for root in (
        Root("bookworm", "arm64", PYTHON, ("Pi 3", "Pi 4", "Pi 5"), "Raspberry Pi OS 12, 64-bit"),
        Root("trixie", "arm64", PYTHON, ("Pi 3", "Pi 4", "Pi 5"), "Raspberry Pi OS 13, 64-bit"),
        # python3-numpy: numpy has no wheel for 32-bit Arm.
        Root("bookworm", "armhf", (*PYTHON, "python3-numpy"), ("Pi 2",), "Raspberry Pi OS 12, 32-bit"),
        # Raspberry Pi OS for ARMv6 is a build of its own, which Debian does not carry. Debian's armel runs on the same
        # processor; what pip compiles there uses no instruction that a Pi Zero lacks.
        Root(
            "bookworm",
            "armel",
            (*PYTHON, *COMPILER),
            ("Pi Zero",),
            "Raspberry Pi OS 12 on ARMv6 (nearest: Debian armel)",
        ),
    )
}


def cache_folder() -> Path:
    """The folder that keeps roots: DRUPELET_PI_CACHE, else one below the user's cache folder."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "drupelet" / "pi"


def ready_root(root: Root, cache: Path, progress: Callable[[str], None]) -> Path:
    """The folder of a root, built with debootstrap unless there is one with the same recipe.

    Raises CalledProcessError with the end of debootstrap's output when it fails. The old root is then gone, and the new one is
    left in ``NAME.partial`` with its log.
    """
    folder = cache / root.name
    recipe = json.dumps({**asdict(root), "boards": None, "stands_for": None})
    if (folder / RECIPE_FILE).is_file() and (folder / RECIPE_FILE).read_text() == recipe:
        return folder
    progress(f"{root.name}: building, which takes some minutes")
    partial = cache / f"{root.name}.partial"
    for stale in (folder, partial):
        if stale.exists():
            shutil.rmtree(stale)
    cache.mkdir(parents=True, exist_ok=True)
    command = [
        # In a mount namespace of its own, so that a killed run leaves no mounts.
        *("unshare", "--mount", "--propagation", "private"),
        *("debootstrap", f"--arch={root.architecture}", "--variant=minbase", f"--include={','.join(root.packages)}"),
        *(root.suite, str(partial)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise subprocess.CalledProcessError(done.returncode, command, said)
    shutil.rmtree(partial / "var" / "cache" / "apt")
    (partial / RECIPE_FILE).write_text(recipe)
    return partial.rename(folder)
