"""runtime/build_wheels.py: a wheel for each processor, and what it does when one is not what it should be."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from drupelet import __version__

RUNTIME = Path(__file__).parents[2] / "runtime"
EXTENSION = "drupelet/_native.abi3.so"
PYTHONS = {"win_amd64": "cp310"}
"""The Python tag of wheels by platform tag, where it is not cp39."""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


build_wheels = load(RUNTIME / "build_wheels.py")
LINUX = [name for name, platform in build_wheels.PLATFORMS.items() if platform.is_linux]
OTHERS = [name for name in build_wheels.PLATFORMS if name not in LINUX]
pytestmark = pytest.mark.long
targets = pytest.mark.parametrize("target", LINUX)
others = pytest.mark.parametrize("target", OTHERS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and every wheel for Linux, as the command line makes it."""
    return build(tmp_path_factory.mktemp("wheels"), LINUX)


@pytest.fixture(scope="module")
def built_for_others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and every wheel for another system."""
    return build(tmp_path_factory.mktemp("others"), OTHERS)


def build(out: Path, names: Sequence[str]) -> Path:
    for package in ("ziglang", "auditwheel", "build"):
        pytest.importorskip(package, reason="pip install --group wheels")
    command = [sys.executable, str(RUNTIME / "build_wheels.py"), "--out", str(out), *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert [line.split(", ")[-1] for line in done.stdout.splitlines()[1:]] == [
        build_wheels.PLATFORMS[name].tag.replace("manylinux2014", "manylinux_2_17") for name in names
    ]
    return out


def wheel(built: Path, target: str) -> Path:
    tag = build_wheels.PLATFORMS[target].tag
    return built / f"drupelet-{__version__}-{PYTHONS.get(tag, 'cp39')}-abi3-{tag}.whl"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rewritten(path: Path, folder: Path, extension: bytes | None) -> Path:
    """The wheel with other bytes in place of its extension, or without it."""
    other = folder / path.name
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            if name != EXTENSION:
                target.writestr(name, source.read(name))
            elif extension is not None:
                target.writestr(name, extension)
    return other


@targets
def test_a_wheel_holds_the_package_and_a_small_kernel(built: Path, target: str) -> None:
    with zipfile.ZipFile(wheel(built, target)) as archive:
        names = set(archive.namelist())
        size_bytes = archive.getinfo(EXTENSION).file_size
        metadata = archive.read(f"drupelet-{__version__}.dist-info/METADATA").decode()
    sources = {f"drupelet/{path.relative_to(RUNTIME / 'src' / 'drupelet')}" for path in (RUNTIME / "src").rglob("*.py")}
    assert sources | {EXTENSION, "drupelet/py.typed"} <= names
    assert not any(name.endswith((".c", ".h")) for name in names)
    # Of 21 operations on every tier; 120 kB sufficed for embeddings, recurrent and dense layers. Checksums with the processor's
    # instructions and calls that threads share take 9 kB, cells in int16 and a fourth tier of x86-64 13 kB, cutters and
    # their index of words 7 kB, texts that are followed and explained 16 kB.
    assert size_bytes < 215_000
    assert "Requires-Python: >=3.9\n" in metadata  # pip refuses an older one by name


@targets
def test_a_wheel_holds_its_bill_of_materials_and_licences(built: Path, target: str) -> None:
    folder = f"drupelet-{__version__}.dist-info"
    with zipfile.ZipFile(wheel(built, target)) as archive:
        bill = json.loads(archive.read(f"{folder}/sboms/drupelet.cdx.json"))
        unicode_license = archive.read(f"{folder}/licenses/LICENSE-Unicode-3.0").decode()
        listed = archive.read(f"{folder}/RECORD").decode()
    assert f"{folder}/sboms/drupelet.cdx.json,sha256=" in listed
    tables, runtime = bill["components"]
    assert tables["licenses"][0]["license"]["text"]["content"] == unicode_license
    assert (runtime["name"], runtime["version"]) == ("compiler-rt", importlib.metadata.version("ziglang"))
    assert "The MIT License" in runtime["licenses"][0]["license"]["text"]["content"]


def test_the_sdist_holds_every_source_and_nothing_built(built: Path) -> None:
    with tarfile.open(built / f"drupelet-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"csrc/{path.name}" for path in (RUNTIME / "csrc").iterdir()} <= names
    assert not any(name.endswith((".so", ".o")) for name in names)


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes_in_another_folder_with_other_dates_and_permissions(
    built: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    sources = shutil.copytree(RUNTIME, tmp_path / "elsewhere")
    for path in sources.rglob("*.py"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    command = [sys.executable, str(sources / "build_wheels.py"), "--out", str(again), "x86_64"]
    subprocess.run(command, check=True, capture_output=True, timeout=900, umask=0o077)
    names = sorted(path.name for path in again.iterdir())
    assert names == [wheel(built, "x86_64").name, f"drupelet-{__version__}.tar.gz"]
    assert {name: sha256(again / name) for name in names} == {name: sha256(built / name) for name in names}


def test_the_sdist_has_files_alone_of_one_date_and_nobody(built: Path) -> None:
    with tarfile.open(built / f"drupelet-{__version__}.tar.gz") as archive:
        members = archive.getmembers()
    assert members == sorted(members, key=lambda member: member.name)
    assert {(m.type, m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {
        (tarfile.REGTYPE, 1_580_601_600, 0, 0, "", "")
    }
    assert {member.mode for member in members} == {0o644}


@targets
def test_pip_refuses_a_wheel_of_another_processor(built: Path, target: str, tmp_path: Path) -> None:
    """Whoever copies the wrong file learns it at once."""
    if target == platform.machine():
        pytest.skip(f"{target} is this machine")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", str(tmp_path)]
    done = subprocess.run([*pip, str(wheel(built, target))], capture_output=True, text=True)
    assert done.returncode != 0
    assert "is not a supported wheel on this platform" in done.stderr


def test_a_wheel_without_the_kernel_is_an_error(built: Path, tmp_path: Path) -> None:
    empty = rewritten(wheel(built, "aarch64"), tmp_path, None)
    with pytest.raises(ValueError, match=r"aarch64\.whl: has no drupelet/_native\.abi3\.so: the compiler failed"):
        build_wheels.check_wheel(empty, "aarch64")


def test_a_wheel_with_the_kernel_of_another_processor_is_an_error(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(built, "armv7l")) as archive:
        foreign = archive.read(EXTENSION)
    mixed = rewritten(wheel(built, "aarch64"), tmp_path, foreign)
    with pytest.raises(ValueError, match=r"is for ELF machine 40, expected 183 \(aarch64\)"):
        build_wheels.check_wheel(mixed, "aarch64")


def test_a_wheel_that_wants_a_newer_glibc_is_an_error(built: Path, tmp_path: Path) -> None:
    """As when a compiler of this machine had made the extension."""
    if shutil.which("cc") is None:
        pytest.skip("cc is not installed: apt install gcc")
    source = tmp_path / "newer.c"
    source.write_text("extern int __isoc23_strtol(void);\nint (*newer)(void) = __isoc23_strtol;\n")
    library = tmp_path / "_native.abi3.so"
    libc = tmp_path / "libc.c"
    libc.write_text("int __isoc23_strtol(void) { return 0; }\n")
    (tmp_path / "versions").write_text("GLIBC_2.38 { __isoc23_strtol; };\n")
    fake = ["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libc.so.6", f"-Wl,--version-script={tmp_path / 'versions'}"]
    subprocess.run(["cc", *fake, str(libc), "-o", str(tmp_path / "libc.so.6")], check=True)
    link = ["cc", "-shared", "-fPIC", "-nostdlib", str(source), str(tmp_path / "libc.so.6"), "-o", str(library)]
    subprocess.run(link, check=True)
    newer = rewritten(wheel(built, "x86_64"), tmp_path, library.read_bytes())
    with pytest.raises(ValueError, match=r"auditwheel finds manylinux_2_38_x86_64, .*expected manylinux_2_17_x86_64"):
        build_wheels.check_wheel(newer, "x86_64")


def test_a_kernel_of_glibc_is_none_of_musl(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel(built, "aarch64")) as archive:
        foreign = archive.read(EXTENSION)
    mixed = rewritten(wheel(built, "musl-aarch64"), tmp_path, foreign)
    with pytest.raises(ValueError, match=r"needs the libraries \(.*'libc\.so\.6'.*\), expected libc\.so of musl alone"):
        build_wheels.check_wheel(mixed, "musl-aarch64")


@others
def test_a_wheel_of_another_system_has_a_kernel_of_that_system(built_for_others: Path, target: str) -> None:
    expected = build_wheels.PLATFORMS[target]
    with zipfile.ZipFile(wheel(built_for_others, target)) as archive:
        (kernel,) = (name for name in archive.namelist() if "/_native." in name and not name.endswith(".pyi"))
        content = archive.read(kernel)
        bill = json.loads(archive.read(f"drupelet-{__version__}.dist-info/sboms/drupelet.cdx.json"))
    assert kernel == expected.extension
    assert str(Path(sys.prefix)).encode() not in content
    assert b"/tmp/" not in content  # of the folder in which it was built
    assert len(content) < 320_000  # the tables of exceptions, which these systems want, are a fifth
    parts = {"unicode-character-database", "compiler-rt"} | ({"mingw-w64"} if expected.is_windows else set())
    assert {part["name"] for part in bill["components"]} == parts


def test_pip_takes_the_wheels_where_they_belong(built_for_others: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--no-index", "--no-deps", "--find-links", str(built_for_others)]
    pip += ["--only-binary=:all:", "--dest", str(tmp_path), "drupelet"]
    for system, python, status in (
        ("win_amd64", "3.10", 0),
        ("win_amd64", "3.9", 1),  # whose python3.dll lacks PyUnicode_AsUTF8AndSize
        ("macosx_11_0_arm64", "3.9", 0),
        ("macosx_14_0_x86_64", "3.14", 0),
    ):
        asked = [*pip, f"--platform={system}", f"--python-version={python}"]
        assert subprocess.run(asked, capture_output=True).returncode == status, system


@others
def test_a_kernel_that_needs_another_library_is_an_error(built_for_others: Path, tmp_path: Path, target: str) -> None:
    path = wheel(built_for_others, target)
    name = build_wheels.PLATFORMS[target].extension
    with zipfile.ZipFile(path) as archive:
        content = archive.read(name)
    foreign = content.replace(b"KERNEL32.dll", b"KERNEL99.dll").replace(b"libSystem.B", b"libOther.Z ".strip())
    other = tmp_path / path.name
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(name, foreign)
    with pytest.raises(
        ValueError, match=r"needs the libraries \['.*(KERNEL99|libOther).*'\], expected those of the sys"
    ):
        build_wheels.check_wheel(other, target)


def test_windows_and_macos_are_built_when_they_are_named() -> None:
    assert OTHERS == ["macos-arm64", "macos-x86_64", "windows-amd64"]
    assert {build_wheels.PLATFORMS[name].pointer_bytes for name in OTHERS} == {8}


def test_a_linker_for_windows_finds_every_name_of_the_headers_in_pythons_library(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="pip install --group wheels")
    (tmp_path / "object.h").write_text("PyAPI_FUNC(int) PyThing_Go(void);\n#define PyArg_Go _PyArg_Go_SizeT\n")
    library = build_wheels.import_library(tmp_path, tmp_path).read_bytes()
    assert b"PyThing_Go\0" in library
    assert b"_PyArg_Go_SizeT\0" in library
    assert b"python3.dll" in library


def test_an_unknown_platform_is_a_usage_error(tmp_path: Path) -> None:
    command = [sys.executable, str(RUNTIME / "build_wheels.py"), "--out", str(tmp_path), "armv6l"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no platform 'armv6l', expected one of x86_64, aarch64, armv7l, musl-x86_64" in done.stderr
