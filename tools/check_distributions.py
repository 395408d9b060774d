"""Checks the distributions before they are published: names, version, metadata, requirements, and the runtime's wheel.

    python tools/check_distributions.py FOLDER [--tag v1.2.3]

The folder must hold exactly the distributions of one version, the one in drupelet/version.py. The wheel for this machine is
installed into an environment of its own, without an index, and verifies a bundle there with the C kernel.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.metadata import InvalidMetadata, Metadata
from packaging.requirements import Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
VERSION_FILE = ROOT / "runtime" / "src" / "drupelet" / "version.py"
BUNDLE = ROOT / "artifacts" / "imdb-nano"
LINUX_MACHINES = ("x86_64", "aarch64", "armv7l")
"""Processors for which a release has a Linux wheel of the runtime."""
RUNTIME, EXPORT, TRAIN = "drupelet", "drupelet-export", "drupelet-train"
REQUIRED_RUNTIME = {RUNTIME: (), EXPORT: ("drupelet[all]=={}",), TRAIN: ("drupelet=={}",)}
"""The requirement that each distribution must have on the runtime; a function of the version."""
COMMANDS = ("export", "parity", "report", "compile", "train")
"""Commands that export and train add to ``drupelet``."""


PARTS = {"unicode-character-database"}
"""Parts of the runtime's wheel that are not ours, as its bill of materials names them."""
LINUX_PARTS = PARTS | {"compiler-rt"}
"""zig, which builds the wheels for Linux, links the runtime functions of its compiler into them."""


class CheckError(Exception):
    """A distribution is missing or wrong. The message names it and says what was expected."""


@dataclass(frozen=True)
class Distribution:
    """A file to publish: name as normalized by PyPI, version, wheel tags (none for an sdist) and requirements."""

    path: Path
    name: str
    version: str
    tags: tuple[str, ...]
    requires: tuple[Requirement, ...]


def main() -> int:
    """Checks the folder of the command line; exit status 1 when a check fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder that make dist wrote")
    parser.add_argument(
        "--tag", help="tag of the release; it must be v and the version, and CHANGELOG.md must have a section for it"
    )
    options = parser.parse_args()
    try:
        version = version_of_checkout()
        if options.tag:
            check_tag(options.tag, version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        distributions = read_folder(options.folder)
        check_distributions(distributions, version)
        for distribution in distributions:
            print(f"{distribution.path}  {distribution.path.stat().st_size} bytes")
        print(check_installed(options.folder, version))
    except CheckError as error:
        print(f"check_distributions: {error}", file=sys.stderr)
        return 1
    return 0


def version_of_checkout() -> str:
    """The version in the runtime's version file, read without importing the runtime."""
    found = re.search(r'^__version__ = "(.+)"$', VERSION_FILE.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise CheckError(f"{VERSION_FILE}: no line '__version__ = \"...\"'")
    return found[1]


def check_tag(tag: str, version: str, changelog: str) -> None:
    """Raises CheckError unless the tag is v and the version, and the changelog has a section for the version."""
    if tag != f"v{version}":
        raise CheckError(f"tag {tag}: runtime/src/drupelet/version.py says {version}, expected the tag v{version}")
    if not any(line.split()[:2] == ["##", version] for line in changelog.splitlines()):
        raise CheckError(f"CHANGELOG.md: no section '## {version}'; rename the section 'Unreleased'")


def read_folder(folder: Path) -> list[Distribution]:
    """The distributions in a folder. Raises CheckError when a file is not a distribution, or when there is none."""
    if not folder.is_dir():
        raise CheckError(f"{folder}: no such folder; make dist writes it")
    paths = sorted(folder.iterdir())
    if not paths:
        raise CheckError(f"{folder}: empty; make dist fills it")
    return [read_distribution(path) for path in paths]


def read_distribution(path: Path) -> Distribution:
    """A distribution, read from a file. Raises CheckError when name or metadata is malformed, or when they disagree."""
    try:
        if path.suffix == ".whl":
            name, version, _, tags = parse_wheel_filename(path.name)
            labels = tuple(sorted(str(tag) for tag in tags))
        else:
            (name, version), labels = parse_sdist_filename(path.name), ()
        # Checks every field: names, versions, requirements, license expression, content type of the description.
        metadata = Metadata.from_email(metadata_bytes(path), validate=True)
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise CheckError(f"{path}: not a wheel or a source distribution: {error}") from error
    except ExceptionGroup as error:
        found = "; ".join(f"{e.field}: {e}" for e in error.exceptions if isinstance(e, InvalidMetadata))
        raise CheckError(f"{path}: invalid metadata: {found or error}") from error
    if (metadata.name.lower().replace("_", "-"), metadata.version) != (name, version):
        raise CheckError(f"{path}: its metadata say {metadata.name} {metadata.version}, its name {name} {version}")
    if not metadata.license_files:
        raise CheckError(f"{path}: holds no license file; expected LICENSE")
    return Distribution(path, name, str(version), labels, tuple(metadata.requires_dist or ()))


def metadata_bytes(path: Path) -> bytes:
    """The bytes of METADATA in a wheel or PKG-INFO in an sdist. Raises CheckError when there is none."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".dist-info/METADATA"):
                    return archive.read(name)
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.count("/") == 1 and member.name.endswith("/PKG-INFO"):
                    content = archive.extractfile(member)
                    if content is not None:
                        return content.read()
    raise CheckError(f"{path}: holds no metadata")


def check_distributions(distributions: Sequence[Distribution], version: str) -> None:
    """Raises CheckError unless the distributions of this version are complete and require the runtime of this version."""
    for distribution in distributions:
        if distribution.name not in REQUIRED_RUNTIME:
            raise CheckError(f"{distribution.path}: expected one of {', '.join(REQUIRED_RUNTIME)}")
        if distribution.version != version:
            raise CheckError(f"{distribution.path}: expected version {version}; remove the folder and run make dist")
        required = tuple(str(r) for r in distribution.requires if r.name == RUNTIME and r.marker is None)
        expected = tuple(form.format(version) for form in REQUIRED_RUNTIME[distribution.name])
        if required != expected:
            raise CheckError(f"{distribution.path}: requires {required} of the runtime, expected {expected}")
        if any("-linux_" in tag for tag in distribution.tags):
            raise CheckError(
                f"{distribution.path}: for one machine only; expected a manylinux tag, as make wheels gives it"
            )
        if distribution.name == RUNTIME and distribution.tags:
            check_bill(distribution.path, version)
    for name in REQUIRED_RUNTIME:
        if not any(d.name == name and not d.tags for d in distributions):
            raise CheckError(f"no source distribution of {name} {version}; make dist writes it")
    for name in (EXPORT, TRAIN):
        if not any(d.name == name and d.tags == ("py3-none-any",) for d in distributions):
            raise CheckError(f"no wheel of {name} {version}; make dist writes it")
    for machine in LINUX_MACHINES:
        if f"cp39-abi3-manylinux2014_{machine}" not in [t for d in distributions if d.name == RUNTIME for t in d.tags]:
            raise CheckError(f"no wheel of {RUNTIME} {version} for Linux on {machine}; make dist writes it")


def check_bill(wheel: Path, version: str) -> None:
    """Raises CheckError unless a wheel of the runtime holds one bill of materials, of this version, with every licence."""
    with zipfile.ZipFile(wheel) as archive:
        bills = [archive.read(name) for name in archive.namelist() if ".dist-info/sboms/" in name]
    if len(bills) != 1:
        raise CheckError(f"{wheel}: holds {len(bills)} bills of materials, expected one; runtime/backend writes it")
    try:
        bill = json.loads(bills[0])
        subject = bill["metadata"]["component"]
        found = bill["bomFormat"], subject["name"], subject["version"]
        unlicensed = [part["name"] for part in (subject, *bill["components"]) if not part.get("licenses")]
        parts = {part["name"] for part in bill["components"]}
    except (ValueError, KeyError, TypeError) as error:
        raise CheckError(f"{wheel}: its bill of materials is not CycloneDX JSON: {error!r}") from error
    if found != ("CycloneDX", RUNTIME, version):
        raise CheckError(
            f"{wheel}: its bill of materials is of {found}, expected ('CycloneDX', {RUNTIME!r}, {version!r})"
        )
    if unlicensed:
        raise CheckError(f"{wheel}: its bill of materials gives no licence of {', '.join(unlicensed)}")
    expected = LINUX_PARTS if re.search("(many|musl)linux", wheel.name) else PARTS
    if parts != expected:
        raise CheckError(f"{wheel}: its bill of materials has the parts {sorted(parts)}, expected {sorted(expected)}")


def check_installed(folder: Path, version: str) -> str:
    """A line about the wheels, installed into a bare environment. Raises CheckError when they do not work there."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python, drupelet = Path(place) / "bin" / "python", Path(place) / "bin" / "drupelet"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--only-binary", ":all:"]
        install = [*pip, "--find-links", str(folder)]
        run([*install, f"{RUNTIME}=={version}"])
        said = run([drupelet, "--version"]).strip()
        if said != f"drupelet {version}":
            raise CheckError(f"drupelet --version says {said!r}, expected 'drupelet {version}'")
        run([drupelet, "verify", BUNDLE, "--engine", "native"])
        # --no-deps, because the list of commands does not need their large dependencies, which come from an index.
        run([*install, "--no-deps", f"{EXPORT}=={version}", f"{TRAIN}=={version}"])
        listed = run([drupelet, "--help"]).split()
        for command in COMMANDS:
            if command not in listed:
                raise CheckError(f"drupelet --help does not list {command}, with {EXPORT} and {TRAIN} installed")
    return f"{RUNTIME} {version} verified {BUNDLE.name} with the native engine in an environment of its own"


def run(command: Sequence[str | Path]) -> str:
    """The output of a command. Raises CheckError with the output when the command fails."""
    outcome = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)
    if outcome.returncode:
        line = " ".join(map(str, command))
        raise CheckError(f"{line}: exit status {outcome.returncode}\n{outcome.stdout}{outcome.stderr}")
    return outcome.stdout


if __name__ == "__main__":
    sys.exit(main())
