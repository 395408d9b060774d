"""tools/check_distributions.py: each way in which a folder of distributions can be unfit to publish has its sentence."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from project.tools import load

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tools" / "check_distributions.py"
LINUX_TAGS = [f"cp39-abi3-manylinux2014_{target}" for target in ("x86_64", "aarch64", "armv7l")]
FIELDS = "Metadata-Version: 2.4\nName: {}\nVersion: {}\nLicense-File: LICENSE\n"


check = load("check_distributions")
MAC_PARTS = [{"name": "unicode-character-database", "licenses": ["Unicode-3.0"]}]


def bill(version: str = "1.2.3", **changes: object) -> dict[str, object]:
    """A bill of materials as a wheel for Linux has it, or one with changes."""
    licenses = [{"license": {"id": "MIT"}}]
    parts = [{"name": name, "licenses": licenses} for name in sorted(check.LINUX_PARTS)]
    subject = {"name": "drupelet", "version": version, "licenses": licenses}
    return {"bomFormat": "CycloneDX", "metadata": {"component": subject}, "components": parts} | changes


def write_wheel(
    folder: Path,
    name: str,
    tag: str,
    version: str = "1.2.3",
    metadata: str | None = None,
    bills: Sequence[str] | None = None,
) -> Path:
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", fields(name, version) if metadata is None else metadata)
        if bills is None:
            bills = [json.dumps(bill(version) if "linux" in tag else bill(version, components=MAC_PARTS))]
        for number, text in enumerate(bills if name == "drupelet" else ()):
            archive.writestr(f"{stem}.dist-info/sboms/{number}.cdx.json", text)
    return path


def write_sdist(folder: Path, name: str, version: str = "1.2.3") -> Path:
    stem = f"{name.replace('-', '_')}-{version}"
    content = fields(name, version).encode()
    with tarfile.open(folder / f"{stem}.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(f"{stem}/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return folder / f"{stem}.tar.gz"


def fields(name: str, version: str) -> str:
    """Metadata as the distributions of a release have them."""
    pins = "".join(f"Requires-Dist: {form.format(version)}\n" for form in check.REQUIRED_RUNTIME.get(name, ()))
    extra = 'Provides-Extra: all\nRequires-Dist: drupelet[numpy]; extra == "all"\n' if name == "drupelet" else ""
    return FIELDS.format(name, version) + pins + extra


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything that a release 1.2.3 must hold."""
    for tag in LINUX_TAGS:
        write_wheel(tmp_path, "drupelet", tag)
    for name in ("drupelet-export", "drupelet-train"):
        write_wheel(tmp_path, name, "py3-none-any")
    for name in check.REQUIRED_RUNTIME:
        write_sdist(tmp_path, name)
    return tmp_path


def refused(folder: Path, message: str) -> None:
    with pytest.raises(check.CheckError, match=message):
        check.check_distributions(check.read_folder(folder), "1.2.3")


def test_a_whole_release_is_accepted_with_wheels_of_other_systems(folder: Path) -> None:
    write_wheel(folder, "drupelet", "cp39-abi3-macosx_11_0_arm64")
    check.check_distributions(check.read_folder(folder), "1.2.3")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("*_aarch64.whl", "no wheel of drupelet 1.2.3 for Linux on aarch64; make dist writes it"),
        ("drupelet_train-*.whl", "no wheel of drupelet-train 1.2.3"),
        ("drupelet_export-*.tar.gz", "no source distribution of drupelet-export 1.2.3"),
        ("drupelet-*.tar.gz", "no source distribution of drupelet 1.2.3"),
    ],
)
def test_what_is_missing_is_named(folder: Path, pattern: str, message: str) -> None:
    (path,) = folder.glob(pattern)
    path.unlink()
    refused(folder, message)


def test_no_folder_and_an_empty_one_say_what_fills_them(tmp_path: Path) -> None:
    with pytest.raises(check.CheckError, match="absent: no such folder; make dist writes it"):
        check.read_folder(tmp_path / "absent")
    with pytest.raises(check.CheckError, match="empty; make dist fills it"):
        check.read_folder(tmp_path)


WrongFile = Callable[[Path], object]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda f: (f / "notes.txt").write_text(""), r"notes\.txt: not a wheel or a source distribution"),
        (
            lambda f: write_wheel(f, "other", "py3-none-any"),
            r"other-1\.2\.3.*: expected one of drupelet, drupelet-export",
        ),
        (lambda f: write_sdist(f, "drupelet", "1.2.2"), r"drupelet-1\.2\.2\.tar\.gz: expected version 1\.2\.3"),
        (
            lambda f: write_wheel(f, "drupelet", "cp39-abi3-linux_x86_64"),
            "for one machine only; expected a manylinux tag",
        ),
        (
            lambda f: write_wheel(f, "drupelet", "py3-none-any", metadata=FIELDS.format("drupelet", "1.2.4")),
            r"its metadata say drupelet 1\.2\.4, its name drupelet 1\.2\.3",
        ),
        (
            lambda f: write_wheel(
                f, "drupelet-train", "py3-none-any", metadata=FIELDS.format("drupelet-train", "1.2.3")
            ),
            r"requires \(\) of the runtime, expected \('drupelet==1\.2\.3',\)",
        ),
        (
            lambda f: write_wheel(f, "drupelet", "py3-none-any", metadata="Metadata-Version: 2.4\nName: drupelet\n"),
            "invalid metadata: version: ",
        ),
        (
            lambda f: write_wheel(
                f, "drupelet", "py3-none-any", metadata="Metadata-Version: 2.4\nName: drupelet\nVersion: 1.2.3\n"
            ),
            "holds no license file",
        ),
        (lambda f: zipfile.ZipFile(f / "drupelet-1.2.3-py3-none-any.whl", "w").close(), "holds no metadata"),
    ],
)
def test_a_wrong_file_is_named(folder: Path, write: WrongFile, message: str) -> None:
    write(folder)
    refused(folder, message)


@pytest.mark.parametrize(
    ("bills", "message"),
    [
        ([], "holds 0 bills of materials, expected one"),
        ([json.dumps(bill())] * 2, "holds 2 bills of materials, expected one"),
        (["{"], "its bill of materials is not CycloneDX JSON"),
        (["[]"], "its bill of materials is not CycloneDX JSON"),
        ([json.dumps(bill("1.2.2"))], r"its bill of materials is of \('CycloneDX', 'drupelet', '1\.2\.2'\), expected"),
        ([json.dumps(bill(bomFormat="SPDX"))], r"its bill of materials is of \('SPDX'"),
        ([json.dumps(bill(components=[{"name": "musl"}]))], "gives no licence of musl"),
        ([json.dumps(bill(components=MAC_PARTS))], r"has the parts \['unicode-.*'\], expected \['compiler-rt', 'uni"),
    ],
)
def test_a_wheel_whose_bill_of_materials_is_wrong_is_refused(folder: Path, bills: list[str], message: str) -> None:
    write_wheel(folder, "drupelet", LINUX_TAGS[0], bills=bills)
    refused(folder, message)


def test_a_tag_is_the_version_and_the_changelog_knows_it() -> None:
    check.check_tag("v1.2.3", "1.2.3", "# Changelog\n\n## 1.2.3 (2026-12-01)\n")
    with pytest.raises(check.CheckError, match=r"tag v1\.2\.4: .*version\.py says 1\.2\.3, expected the tag v1\.2\.3"):
        check.check_tag("v1.2.4", "1.2.3", "## 1.2.3\n")
    with pytest.raises(check.CheckError, match=r"no section '## 1\.2\.3'; rename the section 'Unreleased'"):
        check.check_tag("v1.2.3", "1.2.3", "## Unreleased\n\n## 1.2.30\n")


def test_a_wheel_that_cannot_be_installed_is_an_error(folder: Path) -> None:
    with pytest.raises(check.CheckError, match=r"pip install .* drupelet==9\.9\.9: exit status 1"):
        check.check_installed(folder, "9.9.9")


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    outcome = subprocess.run([sys.executable, str(PROGRAM), str(tmp_path)], capture_output=True, text=True)
    assert outcome.returncode == 1
    assert outcome.stderr == f"check_distributions: {tmp_path}: empty; make dist fills it\n"


@pytest.mark.slow
def test_wheels_of_this_checkout_work_in_an_environment_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling is not installed: pip install --group wheels")
    wheels = tmp_path / "wheels"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(wheels),
    ]
    subprocess.run([*pip, str(ROOT / "runtime"), str(ROOT / "export"), str(ROOT / "train")], check=True)
    version = check.version_of_checkout()
    said = check.check_installed(wheels, version)
    assert said == f"drupelet {version} verified imdb-nano with the native engine in an environment of its own"
