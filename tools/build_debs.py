"""Builds Debian packages of the runtime from its wheels for Linux: drupelet_VERSION_ARCHITECTURE.deb.

    python tools/build_debs.py WHEELS [--out build/deb]

An archive of two archives is written, without a program of Debian. The same wheels, Python and shtab give the same bytes.
A kernel for armhf wants ARMv7 like its wheel, but Raspberry Pi OS calls ARMv6 armhf too, where the package refuses to install.
"""

from __future__ import annotations

import argparse
import email
import email.utils
import gzip
import hashlib
import importlib.util
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
UNITS = ROOT / "examples" / "systemd"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}
"""Debian's names of the processors of wheels."""
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", 1580601600))
"""The date of every file, in seconds since 1970; it is that of wheels and sdists."""
FILE, PROGRAM = 0o644, 0o755
PACKAGES = "usr/lib/python3/dist-packages"
DOCUMENTS = "usr/share/doc/drupelet"
IN_VENV, IN_SYSTEM = "/opt/drupelet/venv/bin/drupelet", "/usr/bin/drupelet"
"""The command in the units of examples/systemd, and in the package."""
MAINTAINER = "The authors of Drupelet <nobody@drupelet.invalid>"
"""An address is required. This one reaches nobody: the project has none."""
COMMAND = """#!/usr/bin/python3
import sys

from drupelet.__main__ import main

sys.exit(main())
"""
CONTROL = """Package: drupelet
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {installed_kib}
Depends: python3 (>= 3.9), libc6 (>= 2.17)
Suggests: bash-completion, python3-numpy, python3-waitress
Section: science
Priority: optional
Description: runs compiled text classifiers, and verifies their answers
 Drupelet runs text classifiers that were compiled from Keras, and verifies
 that they answer like Keras on this device. A kernel in C runs the models;
 no other package is needed.
 .
 With python3-waitress it answers over HTTP. The units of systemd are
 installed, but not enabled.
"""
PREINST = """#!/bin/sh
set -e
case "$(uname -m)" in
armv6*)
    echo "drupelet: this package is for ARMv7 and newer; on a Pi Zero or Pi 1 pip compiles the runtime" >&2
    exit 1
    ;;
esac
"""
# Otherwise each start compiles the modules again: users cannot write byte code beside them.
POSTINST = """#!/bin/sh
set -e
if [ "$1" = configure ] && command -v py3compile >/dev/null; then
    py3compile -p drupelet
fi
"""
PRERM = """#!/bin/sh
set -e
if command -v py3clean >/dev/null; then
    py3clean -p drupelet
else
    find /usr/lib/python3/dist-packages/drupelet -name __pycache__ -prune -exec rm -r {} +
fi
"""
CHANGELOG = """drupelet ({version}) unstable; urgency=medium

  * CHANGELOG.md in the sources says what is new.

 -- {maintainer}  {date}
"""
COPYRIGHT_FORMAT = "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
APACHE = """License: Apache-2.0
 On Debian systems, the text of the license is in
 /usr/share/common-licenses/Apache-2.0.
"""


class DebError(Exception):
    """A package cannot be built. The message says why."""


@dataclass(frozen=True)
class File:
    """A file of an archive: its content and its permissions."""

    content: bytes
    mode: int = FILE


def main() -> int:
    """Builds a package from each wheel for Linux in the folder; exit status 1 when that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheels", type=Path, help="folder that make wheels wrote")
    parser.add_argument("--out", type=Path, default=Path("build/deb"), help="where to (default: build/deb)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for machine, architecture in ARCHITECTURES.items():
            package = build_deb(wheel_for(options.wheels, machine), architecture, options.out)
            print(f"{package}  {package.stat().st_size} bytes")
    except DebError as error:
        print(f"build_debs: {error}", file=sys.stderr)
        return 1
    return 0


def wheel_for(folder: Path, machine: str) -> Path:
    """The wheel for a processor. Raises DebError unless there is one."""
    found = sorted(folder.glob(f"drupelet-*-manylinux*_{machine}.whl"))
    if len(found) != 1:
        raise DebError(f"{folder}: {len(found)} wheels for {machine}, expected one; make wheels writes it")
    return found[0]


def build_deb(wheel: Path, architecture: str, out: Path) -> Path:
    """Builds the package of a wheel. Returns its path."""
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    version = debian_version(members)
    files = {**from_wheel(members), **generated(wheel), **units()}
    files[f"{DOCUMENTS}/copyright"] = File(copyright_of(members).encode())
    date = email.utils.formatdate(EPOCH)
    changelog = CHANGELOG.format(version=version, maintainer=MAINTAINER, date=date)
    files[f"{DOCUMENTS}/changelog.gz"] = File(compressed(changelog.encode()))
    control = CONTROL.format(
        version=version,
        architecture=architecture,
        maintainer=MAINTAINER,
        installed_kib=sum(-(-len(file.content) // 1024) for file in files.values()),
    )
    sums = "".join(
        f"{hashlib.md5(file.content, usedforsecurity=False).hexdigest()}  {name}\n"
        for name, file in sorted(files.items())
    )
    about = {
        "control": File(control.encode()),
        "md5sums": File(sums.encode()),
        "postinst": File(POSTINST.encode(), PROGRAM),
        "prerm": File(PRERM.encode(), PROGRAM),
    }
    if architecture == "armhf":
        about["preinst"] = File(PREINST.encode(), PROGRAM)
    package = out / f"drupelet_{version}_{architecture}.deb"
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": tar_of(about), "data.tar.xz": tar_of(files)}
    package.write_bytes(ar_of(parts))
    return package


def debian_version(members: Mapping[str, bytes]) -> str:
    """The version of a wheel as Debian orders versions: 1.0rc1, which comes before 1.0, is 1.0~rc1 there."""
    (metadata,) = [content for name, content in members.items() if name.endswith(".dist-info/METADATA")]
    version: str = email.message_from_bytes(metadata)["Version"]
    return re.sub(r"(?<=\d)(a|b|rc|\.dev)(?=\d)", r"~\1", version)


def from_wheel(members: Mapping[str, bytes]) -> dict[str, File]:
    """The package and its metadata, at their places; and the command. RECORD is pip's: with it, pip would remove the files."""
    files = {f"{PACKAGES}/{name}": File(content) for name, content in members.items() if not name.endswith("/RECORD")}
    (folder,) = {name.partition("/")[0] for name in members if ".dist-info/" in name}
    files[f"{PACKAGES}/{folder}/INSTALLER"] = File(b"debian\n")
    files[IN_SYSTEM.lstrip("/")] = File(COMMAND.encode(), PROGRAM)
    return files


def generated(wheel: Path) -> dict[str, File]:
    """The manual page, and the completion for bash where shtab is installed, as the runtime of the wheel prints them."""
    files = {"usr/share/man/man1/drupelet.1.gz": File(compressed(said(wheel, "help", "--man")))}
    if importlib.util.find_spec("shtab") is None:
        print("without completion for bash: shtab is not installed", file=sys.stderr)
    else:
        files["usr/share/bash-completion/completions/drupelet"] = File(said(wheel, "completion", "bash"))
    return files


def said(wheel: Path, *arguments: str) -> bytes:
    """The output of the runtime's command as a device has it, without the commands that export and train add."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)  # noqa: S202 (a wheel of ours)
        shtab = importlib.util.find_spec("shtab")
        if shtab is not None and shtab.origin is not None:
            (folder / "shtab").symlink_to(Path(shtab.origin).parent)
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": name, "COLUMNS": "80", "LANG": "C.UTF-8"}
        command = [sys.executable, "-S", "-m", "drupelet", *arguments]
        done = subprocess.run(command, capture_output=True, env=variables, cwd=name)
    if done.returncode != 0:
        raise DebError(
            f"{wheel}: drupelet {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()[-500:]}"
        )
    return done.stdout


def units() -> dict[str, File]:
    """The units of systemd, which call the command of the package."""
    found = {}
    for path in sorted(UNITS.iterdir()):
        text = path.read_text(encoding="utf-8").replace(IN_VENV, IN_SYSTEM)
        found[f"usr/lib/systemd/system/{path.name}"] = File(text.encode())
    return found


def copyright_of(members: Mapping[str, bytes]) -> str:
    """The file copyright (DEP 5), with the licences of all parts that the wheel's bill of materials names."""
    (bill,) = [json.loads(content) for name, content in members.items() if name.endswith("/sboms/drupelet.cdx.json")]
    paragraphs = [
        f"Format: {COPYRIGHT_FORMAT}\nUpstream-Name: drupelet\nComment:\n Not all is of one origin:"
        + "".join(
            f"\n {part['name']}, {part['description']}, is under {license_of(part)[0]};" for part in bill["components"]
        )
        + "\n all else is under Apache-2.0.\n",
        "Files: *\nCopyright: "
        + "\n ".join(["the authors of Drupelet", *(line for part in bill["components"] for line in holders(part))])
        + f"\nLicense: {' and '.join(['Apache-2.0', *(license_of(part)[0] for part in bill['components'])])}\n",
        APACHE,
    ]
    for part in bill["components"]:
        name, text = license_of(part)
        lines = [f" {line}".rstrip() if line.strip() else " ." for line in text.strip().splitlines()]
        paragraphs.append("\n".join([f"License: {name}", *lines, ""]))
    return "\n".join(paragraphs)


def license_of(part: Mapping[str, Any]) -> tuple[str, str]:
    """Name and text of the licence of a part of a bill."""
    (entry,) = part["licenses"]
    return entry["license"]["id"], entry["license"]["text"]["content"]


def holders(part: Mapping[str, Any]) -> list[str]:
    """Who holds the copyright of a part, as its licence says."""
    return re.findall(r"^Copyright\s+(?:©|\(c\))?\s*(.+?)\s*$", license_of(part)[1], re.MULTILINE)


def compressed(content: bytes) -> bytes:
    """The content as gzip writes it, without name and date."""
    return gzip.compress(content, mtime=0)


def tar_of(files: Mapping[str, File]) -> bytes:
    """A tar of files and the folders above them, sorted, of one date and of root; compressed."""
    folders = {parent.as_posix() for name in files for parent in Path(name).parents}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in sorted({*files, *folders}):
            member = tarfile.TarInfo("." if name == "." else f"./{name}")
            member.mtime, member.uname, member.gname = EPOCH, "root", "root"
            if name in folders:
                member.type, member.mode = tarfile.DIRTYPE, PROGRAM
                archive.addfile(member)
            else:
                member.size, member.mode = len(files[name].content), files[name].mode
                archive.addfile(member, io.BytesIO(files[name].content))
    return lzma.compress(packed.getvalue(), check=lzma.CHECK_CRC32)


def ar_of(parts: Mapping[str, bytes]) -> bytes:
    """An ar of these members, in their order (deb(5))."""
    found = [b"!<arch>\n"]
    for name, content in parts.items():
        header = f"{name:<16}{EPOCH:<12}{0:<6}{0:<6}{0o100000 | FILE:<8o}{len(content):<10}`\n"
        found += [header.encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(found)


if __name__ == "__main__":
    sys.exit(main())
