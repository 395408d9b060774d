"""Makes this machine run programs of Arm Linux, or says why it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BINFMT = Path("/proc/sys/fs/binfmt_misc")
INTERPRETERS = {name: Path(f"/usr/lib/binfmt.d/{name}.conf") for name in ("qemu-aarch64", "qemu-arm")}
"""Entries of binfmt_misc, and the files of Debian's qemu-user-static that define them. systemd reads these files, but may not
run here."""
PROGRAMS = {
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "qemu-aarch64-static": "qemu-user-static",
    "qemu-arm-static": "qemu-user-static",
    "unshare": "util-linux",
    "chroot": "coreutils",
}
"""The Debian package of each program."""


def reason_not_here() -> str | None:
    """The reason why Arm roots cannot run on this machine, or None when they can. Registers qemu with the kernel if needed."""
    if not sys.platform.startswith("linux"):
        return f"the system is {sys.platform}, but Debian roots need Linux"
    if os.geteuid() != 0:
        return "mounting and chroot need the user root; run it with sudo or in a container"
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
