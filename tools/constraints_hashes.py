"""Writes the hashes of every file that the package index has of the versions in a file of constraints.

    python tools/constraints_hashes.py constraints.txt constraints-runtime.txt constraints-tflite-runtime.txt \
        constraints-fleet.txt

constraints.txt gives constraints-hashes.txt: the same lines, with the sha256 of all wheels and sdists of each version, so that
pip can be told to refuse anything else (tools/install.py). No host is named: a file is good wherever it comes from. pip itself
asks the index, with its own configuration: index, proxy, certificates.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version
from pip._internal.commands import create_command
from pip._internal.commands.download import DownloadCommand
from pip._internal.index.collector import parse_links
from pip._internal.models.link import Link

SUFFIX = "-hashes"
HEADER = "# Written by make constraints-hashes from {}; the sha256 of every wheel and sdist of these versions.\n"
SHA256 = re.compile(r"[0-9a-f]{64}")

Files = dict[str, str | None]
"""Name of a file -> its sha256 as the index gives it, or None where the index gives none."""


class HashesError(Exception):
    """The constraints cannot be given hashes. The message names the line or the package."""


def main() -> int:
    """Writes a file beside each file of the command line; exit status 1 when a version is not on the index."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("constraints", nargs="+", type=Path, help="files with lines name==version")
    options = parser.parse_args()
    try:
        with index() as files_of:
            for path in options.constraints:
                text = with_hashes(path, files_of)
                hashes_path(path).write_text(text, encoding="utf-8", newline="\n")
                print(f"{hashes_path(path)}: {text.count('--hash=')} files of {len(read_constraints(path))} versions")
    except HashesError as error:
        print(f"constraints_hashes: {error}", file=sys.stderr)
        return 1
    return 0


def hashes_path(path: Path) -> Path:
    """The file of hashes that belongs to a file of constraints."""
    return path.with_name(f"{path.stem}{SUFFIX}{path.suffix}")


def read_constraints(path: Path) -> list[Requirement]:
    """The lines of a file of constraints. Raises HashesError for a line that does not fix one version."""
    requirements = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        try:
            requirement = Requirement(content)
            version_of(requirement)
        except (InvalidRequirement, ValueError) as error:
            raise HashesError(f"{path}:{number}: {content!r}, expected name==version") from error
        requirements.append(requirement)
    return requirements


def version_of(requirement: Requirement) -> Version:
    """The version that a requirement fixes. Raises ValueError when it does not."""
    (specifier,) = requirement.specifier  # ValueError when there are several, or none
    if specifier.operator != "==":
        raise ValueError(specifier)
    return Version(specifier.version)


def with_hashes(path: Path, files_of: Callable[[str], Files]) -> str:
    """The text of the file of hashes for a file of constraints. Raises HashesError when the index lacks a version."""
    lines = [HEADER.format(path.name)]
    for requirement in read_constraints(path):
        hashes = hashes_of(requirement, files_of(requirement.name))
        lines.append(" \\\n    ".join([str(requirement), *(f"--hash=sha256:{value}" for value in hashes)]) + "\n")
    return "".join(lines)


def hashes_of(requirement: Requirement, files: Files) -> list[str]:
    """The sorted sha256 of the wheels and sdists of a version. Raises HashesError when there are none, or one has none."""
    version = version_of(requirement)
    found = {name: value for name, value in files.items() if version_of_file(name) == version}
    if not found:
        raise HashesError(f"{requirement.name}: the index has no file of version {version}; correct the constraint")
    for name, value in found.items():
        if value is None or not SHA256.fullmatch(value):
            raise HashesError(f"{requirement.name}: the index gives {value} as sha256 of {name}; use another index")
    return sorted({value for value in found.values() if value is not None})


def version_of_file(name: str) -> Version | None:
    """The version in the name of a wheel or an sdist; None for other files, as eggs and installers are."""
    try:
        return parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


@contextmanager
def index() -> Iterator[Callable[[str], Files]]:
    """A function that asks pip's index for the files of a package.

    The index alone: files that lie on this machine (``extra-index-url``, ``find-links``) may be of its own making. These are
    pip's inner names, which hold for the version of pip in constraints.txt.
    """
    command = cast(DownloadCommand, create_command("download"))
    options, _ = command.parse_args(["--disable-pip-version-check"])
    options.extra_index_urls, options.find_links = [], []
    with command.main_context():
        finder = command._build_package_finder(options, command.get_default_session(options))

        def files_of(name: str) -> Files:
            pages = [
                finder._link_collector.fetch_response(Link(url))
                for url in finder.search_scope.get_index_urls_locations(name)
            ]
            links: Iterable[Link] = (link for page in pages if page is not None for link in parse_links(page))
            files: Files = {link.filename: link.hash if link.hash_name == "sha256" else None for link in links}
            if not files:
                raise HashesError(
                    f"{name}: the index {' '.join(finder.index_urls)} has no such package or was not reached"
                )
            return files

        yield files_of


if __name__ == "__main__":
    sys.exit(main())
