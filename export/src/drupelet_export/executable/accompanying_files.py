"""The files that accompany an executable: its bill of materials, and the licences that whoever passes it on passes on too.

An executable contains code of others: musl and the runtime functions of zig's compiler. Their versions and notices are read
from the zig that links them.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from drupelet.bill_of_materials import LICENSE, SCHEMA, Part, document, package, unicode_tables, zig, zig_runtime
from drupelet.errors import InputError
from drupelet_export.executable.sources import Content

NOTICES = Path(__file__).parent / "notices"
"""The licence of Drupelet, and that of Unicode's tables."""
BILL_SUFFIX, LICENSES_SUFFIX = ".cdx.json", ".licenses.txt"
LICENSES_TITLE = "Licences of the parts of an executable that drupelet compile wrote\n"
BILL_BEGINNING = f'{{\n "$schema": "{SCHEMA.partition("bom-")[0]}'
BEGINNINGS = {BILL_SUFFIX: BILL_BEGINNING, LICENSES_SUFFIX: LICENSES_TITLE}
"""What a file of ours begins with, whatever release wrote it. A file that begins otherwise is not replaced."""
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class LinkedLibraries:
    """What zig links: its version and that of musl, and the notices of both."""

    zig_version: str
    zig_notice: str
    musl_version: str
    musl_notice: str


def linked_libraries(compiler: tuple[str, ...]) -> LinkedLibraries:
    """What the zig of a C compiler's command links. Raises InputError when it does not say, or has no notices."""
    command = [*compiler[:-1], "env"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS).stdout
        folder = Path(_value("lib_dir", said))  # in ZON, or in JSON up to zig 0.14
        version = _value("version", said)
        musl = folder / "libc" / "musl"
        header = (musl / "src" / "internal" / "version.h").read_text(encoding="utf-8")
        (musl_version,) = re.findall(r'#define VERSION "([\d.]+)"', header)
        return LinkedLibraries(
            version,
            (folder.parent / "LICENSE").read_text(encoding="utf-8"),
            musl_version,
            (musl / "COPYRIGHT").read_text(encoding="utf-8"),
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise InputError(
            f"{' '.join(command)}: versions and licences of what it links were not found ({error}), and an executable is not "
            'passed on without them; install zig as it is published: pip install "drupelet-export[compile]"'
        ) from error


def _value(name: str, text: str) -> str:
    """A string in the answer of ``zig env``. Raises ValueError when it is not there."""
    found = re.search(rf'\b{name}"?\s*[=:]\s*"([^"]*)"', text)
    if found is None:
        raise ValueError(f"no {name} in {text[:200]!r}")
    return found[1]


def accompanying_files(program: bytes, content: Content, libraries: LinkedLibraries) -> dict[str, str]:
    """Suffix -> text of each file that belongs to an executable with this content."""
    subject = Part(
        "application",
        content.name,
        f"text classifier, compiled from {content.file}",
        sha256=hashlib.sha256(program).hexdigest(),
    )
    model = Part(
        "machine-learning-model",
        content.file,
        "the network and its vocabulary; its licence is for its owner to say",
        sha256=hashlib.sha256(content.model).hexdigest(),
    )
    goldens = Part(
        "data",
        "goldens.bin",
        "texts with the answers that --verify expects; their licence is for the owner of the model to say",
        sha256=hashlib.sha256(content.goldens).hexdigest(),
    )
    code = [
        package("drupelet-export", "the kernel and the program around it", notice=_notice(LICENSE)),
        unicode_tables(_notice("Unicode-3.0")),
        Part("library", "musl", "C library", libraries.musl_version, "MIT", libraries.musl_notice),
        zig_runtime(libraries.zig_version, libraries.zig_notice),
    ]
    return {
        BILL_SUFFIX: document(subject, [model, goldens, *code], [zig(libraries.zig_version)]),
        LICENSES_SUFFIX: LICENSES_TITLE + "".join(_section(part) for part in code),
    }


def _notice(name: str) -> str:
    return (NOTICES / f"{name}.txt").read_text(encoding="utf-8")


def _section(part: Part) -> str:
    return (
        f"\n{'=' * 100}\n{part.name} {part.version}: {part.description} ({part.license})\n{'=' * 100}\n\n{part.notice}"
    )
