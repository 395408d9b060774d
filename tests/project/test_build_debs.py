"""tools/build_debs.py: Debian packages that dpkg reads, with the same bytes each time, and what they hold."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from drupelet.version import __version__
from drupelet_build.archives import write_wheel
from drupelet_build.contents import SOURCES, package_files, read_files
from drupelet_build.project import read_project
from project.tools import load

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "runtime"
debs = load("build_debs")
BILL = b"""{"components": [{"name": "tables", "description": "of characters", "licenses": [{"license": {"id": "Unicode-3.0",
"text": {"content": "UNICODE\\n\\nCopyright \\u00a9 1991 Unicode, Inc.\\n"}}}]}]}"""


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with a wheel of this runtime for each processor. The kernel is none."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    files = {**read_files(RUNTIME / SOURCES, package_files(RUNTIME)), "drupelet/_native.abi3.so": b"kernel"}
    project = read_project(RUNTIME)
    about = {"METADATA": project.metadata().encode(), "sboms/drupelet.cdx.json": BILL}
    metadata = {f"{project.metadata_folder}/{name}": content for name, content in about.items()}
    for machine in debs.ARCHITECTURES:
        path = folder / f"drupelet-{__version__}-cp39-abi3-manylinux2014_{machine}.whl"
        write_wheel(path, files, project.metadata_folder, metadata)
    return folder


def build(wheels: Path, out: Path) -> list[Path]:
    command = [sys.executable, str(ROOT / "tools" / "build_debs.py"), str(wheels), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return sorted(out.iterdir())


def members(package: Path) -> dict[str, bytes]:
    """The members of an ar."""
    content, found = package.read_bytes(), {}
    assert content.startswith(b"!<arch>\n")
    at = 8
    while at < len(content):
        size = int(content[at + 48 : at + 58])
        found[content[at : at + 16].decode().strip()] = content[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    return found


def opened(package: Path, member: str) -> tarfile.TarFile:
    return tarfile.open(fileobj=BytesIO(lzma.decompress(members(package)[member])))


def text_of(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    assert file is not None
    return file.read().decode()


def test_each_processor_has_a_package_with_the_same_bytes_each_time(wheels: Path, tmp_path: Path) -> None:
    packages = build(wheels, tmp_path / "one")
    assert [path.name for path in packages] == [
        f"drupelet_{__version__}_{name}.deb" for name in ("amd64", "arm64", "armhf")
    ]
    again = build(wheels, tmp_path / "two")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in packages]


def test_a_package_holds_what_the_wheel_has_and_what_a_system_wants(wheels: Path, tmp_path: Path) -> None:
    package = build(wheels, tmp_path / "out")[1]
    assert members(package)["debian-binary"] == b"2.0\n"
    with opened(package, "data.tar.xz") as data:
        files = {member.name[2:]: member for member in data if member.isfile()}
        folder = f"usr/lib/python3/dist-packages/drupelet-{__version__}.dist-info"
        assert {
            "usr/lib/python3/dist-packages/drupelet/_native.abi3.so",
            "usr/lib/python3/dist-packages/drupelet/serve/page_files/page.html",
            f"{folder}/METADATA",
            f"{folder}/INSTALLER",
            "usr/share/man/man1/drupelet.1.gz",
            "usr/share/doc/drupelet/copyright",
            "usr/share/doc/drupelet/changelog.gz",
        } <= set(files)
        assert f"{folder}/RECORD" not in files
        assert [name for name, member in files.items() if member.mode != 0o644] == ["usr/bin/drupelet"]
        assert {(member.mtime, member.uid, member.uname) for member in files.values()} == {(1_580_601_600, 0, "root")}
        services = [name for name in files if name.endswith(".service")]
        assert len(services) == 2
        for name in services:
            assert "ExecStart=/usr/bin/drupelet " in text_of(data, f"./{name}")
            assert "/venv/" not in text_of(data, f"./{name}")
        legal = text_of(data, "./usr/share/doc/drupelet/copyright")
    assert "License: Unicode-3.0\n UNICODE\n .\n Copyright © 1991 Unicode, Inc.\n" in legal
    assert "Copyright: the authors of Drupelet\n 1991 Unicode, Inc.\n" in legal


def test_control_names_the_package_and_md5sums_are_true(wheels: Path, tmp_path: Path) -> None:
    for package in build(wheels, tmp_path / "out"):
        architecture = package.stem.rpartition("_")[2]
        with opened(package, "control.tar.xz") as about, opened(package, "data.tar.xz") as data:
            control = text_of(about, "./control")
            assert f"Package: drupelet\nVersion: {__version__}\nArchitecture: {architecture}\n" in control
            assert "Depends: python3 (>= 3.9), libc6 (>= 2.17)\n" in control
            # Raspberry Pi OS calls ARMv6 armhf too.
            assert ("./preinst" in about.getnames()) == (architecture == "armhf")
            for line in text_of(about, "./md5sums").splitlines():
                expected, name = line.split("  ")
                file = data.extractfile(f"./{name}")
                assert file is not None
                assert hashlib.md5(file.read(), usedforsecurity=False).hexdigest() == expected


def test_the_manual_page_and_the_completion_know_no_command_of_the_workstation(wheels: Path, tmp_path: Path) -> None:
    generated = debs.generated(next(wheels.iterdir()))
    page = debs.gzip.decompress(generated["usr/share/man/man1/drupelet.1.gz"].content).decode()
    assert page.startswith(".TH DRUPELET 1 ")
    assert ".SS drupelet predict\n" in page
    assert ".SS drupelet export\n" not in page
    pytest.importorskip("shtab")
    assert b"predict" in generated["usr/share/bash-completion/completions/drupelet"].content


@pytest.mark.parametrize("architecture", ["amd64", "armhf"])
def test_dpkg_reads_it(wheels: Path, tmp_path: Path, architecture: str) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed: this is not Debian")
    (package,) = [path for path in build(wheels, tmp_path / "out") if path.stem.endswith(architecture)]
    said = subprocess.run(["dpkg-deb", "--info", package], check=True, capture_output=True, text=True)
    assert f"Architecture: {architecture}\n" in said.stdout
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path / "root"], check=True)
    assert (tmp_path / "root" / "usr" / "bin" / "drupelet").stat().st_mode & 0o777 == 0o755


def test_lintian_finds_nothing_wrong(wheels: Path, tmp_path: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed: apt install lintian")
    package = build(wheels, tmp_path / "out")[-1]
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", package]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("machine", "refused"), [("armv6l", True), ("armv7l", False), ("aarch64", False), ("armv8l", False)]
)
def test_a_pi_zero_is_told_that_pip_compiles_it(tmp_path: Path, machine: str, refused: bool) -> None:
    script = tmp_path / "preinst"
    script.write_text(f"uname() {{ echo {machine}; }}\n{debs.PREINST}")
    done = subprocess.run(["sh", script, "install"], capture_output=True, text=True)
    assert (done.returncode, "pip compiles the runtime" in done.stderr) == ((1, True) if refused else (0, False))


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.0", "1.0"), ("1.0rc1", "1.0~rc1"), ("1.0b2", "1.0~b2"), ("1.0.dev3", "1.0~.dev3"), ("1.0.post1", "1.0.post1")],
)
def test_a_version_before_another_is_so_in_debian(version: str, expected: str) -> None:
    assert debs.debian_version({"a.dist-info/METADATA": f"Version: {version}\n".encode()}) == expected


def test_without_a_wheel_it_says_so(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "build_debs.py"), str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"build_debs: {tmp_path}: 0 wheels for x86_64, expected one; make wheels writes it\n"


def test_a_wheel_whose_command_fails_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "broken.whl", "w") as archive:
        archive.writestr("drupelet/__main__.py", "raise SystemExit('broken')")
    with pytest.raises(debs.DebError, match=r"broken\.whl: drupelet help --man: broken"):
        debs.generated(tmp_path / "broken.whl")
