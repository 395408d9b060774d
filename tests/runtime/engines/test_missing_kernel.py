import platform
import struct
import sys

import pytest

from drupelet.engines import missing_kernel
from drupelet.engines.missing_kernel import REBUILD, why_no_kernel
from drupelet.engines.native_engine import NativeEngine

NOT_FOUND = ModuleNotFoundError("No module named 'drupelet._native'")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder in which the kernel is looked for, empty."""
    monkeypatch.setattr(missing_kernel, "PACKAGE", tmp_path)
    monkeypatch.delenv("CC", raising=False)
    return tmp_path


def elf(machine, bits=64):
    return b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9) + struct.pack("<HH", 3, machine) + bytes(100)


@pytest.fixture
def this_python(tmp_path, monkeypatch):
    """A function that makes the program that runs this Python one for that processor."""

    def built_for(machine, bits=64):
        (tmp_path / "python").write_bytes(elf(machine, bits))
        monkeypatch.setattr(missing_kernel, "SELF", tmp_path / "python")

    return built_for


def test_not_built_and_no_compiler(package, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert why_no_kernel(NOT_FOUND) == (
        "the C kernel drupelet._native is not there: it was not built when drupelet was installed; there is no C compiler "
        f"here: apt install gcc python3-dev, then {REBUILD}"
    )


def test_not_built_and_no_header_of_python(package, monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "include"))
    header = tmp_path / "include" / "Python.h"
    assert why_no_kernel(NOT_FOUND).endswith(
        f"there is a C compiler but no {header}: apt install python3-dev, then {REBUILD}"
    )


def test_not_built_with_a_compiler_that_came_later(package, monkeypatch, tmp_path):
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("CC", "my-cc -m32")
    monkeypatch.setattr("shutil.which", lambda name: name if name == "my-cc" else None)
    assert why_no_kernel(NOT_FOUND).endswith(f"installed; there is a C compiler now, so build it: {REBUILD}")


def test_not_built_on_windows(package, monkeypatch):
    monkeypatch.setattr("os.name", "nt")
    monkeypatch.setattr(missing_kernel, "PACKAGE", package)
    assert missing_kernel._how_to_build() == (
        "a wheel for Windows on x86-64 with Python 3.10 or newer has it (make other-wheels); or pip install drupelet[onnx] "
        "and use that engine"
    )


@pytest.mark.parametrize(
    ("kernel", "python", "sentence"),
    [
        ((183, 64), (62, 64), "built for aarch64 (64-bit, little-endian), this Python for x86_64 (64-bit, little-endian)"),
        ((183, 64), (40, 32), "built for aarch64 (64-bit, little-endian), this Python for arm (32-bit, little-endian)"),
        ((40, 32), (999, 32), "built for arm (32-bit, little-endian), this Python for machine 999 (32-bit, little-endian)"),
    ],
)  # fmt: skip
def test_built_for_another_processor(package, this_python, kernel, python, sentence):
    (package / "_native.abi3.so").write_bytes(elf(*kernel))
    this_python(*python)
    error = ImportError("_native.abi3.so: cannot open shared object file: No such file or directory")
    assert why_no_kernel(error) == (
        f"the C kernel drupelet._native is for another processor: _native.abi3.so is {sentence}; install drupelet on this "
        "machine: pip install --force-reinstall --no-cache-dir drupelet"
    )


def test_built_for_another_python(package, this_python):
    (package / "_native.cpython-38.so").write_bytes(elf(62))
    this_python(62)
    assert why_no_kernel(NOT_FOUND) == (
        f"the C kernel drupelet._native is for another Python: {sys.implementation.name} here does not load "
        f"_native.cpython-38.so (No module named 'drupelet._native'); {REBUILD}"
    )


@pytest.mark.parametrize("content", [elf(62), b"", b"MZ", b"\x7fELF"])
def test_what_is_broken_in_another_way(package, this_python, content):
    (package / "_native.abi3.so").write_bytes(content)
    this_python(62)
    assert why_no_kernel(ImportError("version `GLIBC_2.99' not found")) == (
        "the C kernel drupelet._native cannot be loaded (version `GLIBC_2.99' not found); build it on this machine: "
        f"{REBUILD}"
    )


def test_where_the_program_cannot_be_read_the_loader_speaks(package, monkeypatch, tmp_path):
    (package / "_native.abi3.so").write_bytes(elf(183))
    monkeypatch.setattr(missing_kernel, "SELF", tmp_path / "no" / "proc")
    assert "cannot be loaded (wrong ELF class)" in why_no_kernel(ImportError("wrong ELF class"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a program is built for in /proc")
@pytest.mark.skipif(platform.machine() == "mips", reason="this machine is the other one")
def test_a_kernel_for_another_processor_that_was_forced_in(tmp_path, package, monkeypatch):
    """With the sentence of the real loader, whatever that is."""
    import drupelet

    (package / "_native.abi3.so").write_bytes(elf(8, 32))
    monkeypatch.setattr(drupelet, "__path__", [str(package)])
    monkeypatch.delitem(sys.modules, "drupelet._native", raising=False)
    monkeypatch.delattr(drupelet, "_native", raising=False)
    reason = NativeEngine().check()
    assert reason.startswith(
        "the C kernel drupelet._native is for another processor: _native.abi3.so is built for mips (32-bit"
    )
