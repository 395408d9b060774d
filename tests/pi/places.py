"""The places where commands run: this machine, or a root under an emulated board. Both have the same files at ``inbox``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pi.processors import Processor

INBOX_IN_ROOT = "/mnt/inbox"
TIMEOUT_SECONDS = 1800
"""Compiling the kernel under emulation on a busy machine takes minutes. Nothing takes half an hour."""
ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    # One thread each, because rounds run side by side.
    "OPENBLAS_NUM_THREADS": "1",
}
ENTER = """
root=$1; cpuinfo=$2; inbox=$3; shift 3
mount -t proc proc "$root/proc" && mount --bind "$cpuinfo" "$root/proc/cpuinfo" && mount --rbind /sys "$root/sys" &&
    mount --rbind /dev "$root/dev" && mkdir -p "$root/mnt/inbox" && mount --bind "$inbox" "$root/mnt/inbox" &&
    mount -o remount,bind,ro "$root/mnt/inbox" && ip link set lo up || exit 125
exec chroot "$root" "$@"
"""
"""Commands that prepare a root before a command runs in it. They run in its own namespaces, which end with the command. It
has no network but its own loopback."""


class Place(Protocol):
    """A system with a Python and a folder for environments."""

    @property
    def name(self) -> str:
        """The name of the place, for people."""
        ...

    @property
    def outer_inbox(self) -> Path:
        """The folder with wheels and bundles, as a path of this machine."""
        ...

    @property
    def inbox(self) -> str:
        """The same folder, as a path inside the place."""
        ...

    def run(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None, standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command with these environment variables added; in a root, without network."""
        ...

    def path(self, inside: str) -> Path:
        """The path on this machine of a path inside the place."""
        ...


@dataclass(frozen=True)
class Workstation:
    """This machine."""

    outer_inbox: Path
    name: str = "this machine"

    @property
    def inbox(self) -> str:
        """The same path as ``outer_inbox``."""
        return str(self.outer_inbox)

    def run(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None, standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command, with the variables of ENVIRONMENT and these added."""
        environment = {**os.environ, **ENVIRONMENT, **(variables or {})}
        return _run([*command], environment, standard_input)

    def path(self, inside: str) -> Path:
        """The same path."""
        return Path(inside)


@dataclass(frozen=True)
class Board:
    """A root that runs on the emulated processor of a board."""

    root: Path
    processor: Processor
    cpuinfo: Path
    outer_inbox: Path
    inbox: str = INBOX_IN_ROOT

    @property
    def name(self) -> str:
        """The names of root and processor."""
        return f"{self.root.name}, {self.processor.qemu_cpu}"

    def run(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None, standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the root, without network, with only the variables of ENVIRONMENT and these."""
        enter = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--propagation", "private"]
        shell = ["sh", "-c", ENTER, "enter", str(self.root), str(self.cpuinfo), str(self.outer_inbox)]
        environment = {**ENVIRONMENT, "QEMU_CPU": self.processor.qemu_cpu, **(variables or {})}
        return _run([*enter, *shell, *command], environment, standard_input)

    def path(self, inside: str) -> Path:
        """The path below the root."""
        return self.root / inside.lstrip("/")


def _run(command: list[str], environment: dict[str, str], standard_input: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=standard_input, capture_output=True, encoding="utf-8", env=environment, timeout=TIMEOUT_SECONDS
    )
