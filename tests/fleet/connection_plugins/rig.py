"""Connects Ansible to a root of the device rig: each command runs in it, on the emulated processor of its board.

The network is this machine's, and a process that a command leaves goes on, as on a board. A file named by ``rig_dies`` makes
the host die: where it holds 0, nothing can be reached; each command counts a larger number down.
"""

from __future__ import annotations

DOCUMENTATION = """
name: rig
short_description: a root of the device rig
description: Runs commands in a root of the device rig.
options:
  root:
    description: Folder of the root.
    vars: [{name: rig_root}]
    required: true
  cpu:
    description: Name of the processor in qemu.
    vars: [{name: rig_cpu}]
    required: true
  dies:
    description: File with the number of commands after which the host is dead.
    vars: [{name: rig_dies}]
    required: true
  path:
    description: Where a shell there looks for programs.
    vars: [{name: rig_path}]
    default: /usr/sbin:/usr/bin:/sbin:/bin
  hides:
    description: Program, as a path in the root, that the host does not have.
    vars: [{name: rig_hides}]
    default: ""
"""

import shutil
import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

ENTER = """
root=$1; hides=$2; shift 2
[ -z "$hides" ] || mount --bind /dev/null "$root$hides" || exit 125
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 125
exec chroot "$root" "$@"
"""


class Connection(ConnectionBase):
    """A root as a host."""

    transport = "rig"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def _live(self) -> None:
        dies = Path(self.get_option("dies"))
        if dies.exists():
            left = int(dies.read_text())
            if left == 0:
                raise AnsibleConnectionFailure("the board is gone")
            dies.write_text(str(left - 1))

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Runs a shell command in the root."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._live()
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"]
        enter += [self.get_option("root"), self.get_option("hides")]
        environment = {
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "QEMU_CPU": self.get_option("cpu"),
        }
        done = subprocess.run(
            [*enter, "/bin/sh", "-c", f"PATH={self.get_option('path')}; {cmd}"],
            input=in_data or b"",
            capture_output=True,
            env=environment,
        )
        return done.returncode, done.stdout, done.stderr

    def _inside(self, path: str) -> Path:
        return Path(self.get_option("root")) / path.lstrip("/")

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copies a file into the root."""
        self._live()
        shutil.copyfile(in_path, self._inside(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copies a file out of the root."""
        self._live()
        shutil.copyfile(self._inside(in_path), out_path)

    def close(self) -> None:
        """Nothing stays open."""
        self._connected = False
