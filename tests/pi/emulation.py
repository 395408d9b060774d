"""Makes this machine run programs of Arm Linux, or says why it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BINFMT = Path("/proc/sys/fs/binfmt_misc")
INTERPRETERS = {name: Path(f"/usr/lib/binfmt.d/{name}.conf") for name in ("qemu-aarch64", "qemu-arm")}
"""Entries of binfmt_misc, and the files in which Debian's qemu-user-static keeps them for systemd, which may not run here."""
PROGRAMS = {
    "debootstrap": "debootstrap",
    "qemu-aarch64-static": "qemu-user-static",
    "qemu-arm-static": "qemu-user-static",
    "unshare": "util-linux",
    "chroot": "coreutils",
}
"""Programs, and the Debian packages that have them."""


def reason_not_here() -> str | None:
    """The reason why roots of Arm cannot run on this machine, or None. Registers qemu with the kernel if need be."""
    if not sys.platform.startswith("linux"):
        return f"the system is {sys.platform}, and roots of Debian need Linux"
    if os.geteuid() != 0:
        return "not root, which mounting and chroot need; run it with sudo or in a container"
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            return f"{program} is not installed: apt install {package}"
    return _mounts_reason() or _binfmt_reason()


def _mounts_reason() -> str | None:
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--fork", "--propagation", "private", "true"],
        capture_output=True,
        text=True,
    )
    return None if done.returncode == 0 else f"this machine allows no namespaces ({done.stderr.strip()})"


def _binfmt_reason() -> str | None:
    try:
        if not (BINFMT / "register").exists():
            subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=True, capture_output=True)
        for entry, file in INTERPRETERS.items():
            if not (BINFMT / entry).exists():
                (BINFMT / "register").write_text(file.read_text().strip())
    except subprocess.CalledProcessError as error:
        return f"binfmt_misc cannot be mounted ({error.stderr.decode().strip()})"
    except OSError as error:
        return f"qemu cannot be registered with the kernel ({error})"
    return None
