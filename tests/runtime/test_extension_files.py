"""runtime/extension_files.py: what an extension says of itself, on small files written by hand."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from extension_files import read_extension


def mach_o(library: bytes = b"/usr/lib/libSystem.B.dylib\0") -> bytes:
    load = struct.pack("<6I", 0xC, 24 + len(library), 24, 0, 0, 0) + library
    version = struct.pack("<6I", 0x32, 24, 1, 11 << 16 | 3 << 8, 0, 0)
    return struct.pack("<8I", 0xFEEDFACF, 0x0100000C, 0, 6, 2, len(load) + len(version), 0, 0) + load + version


def pe(*libraries: bytes) -> bytes:
    """One section of 512 bytes at the address 0x1000, which begins with the table of imports."""
    names, table = b"", b""
    at = 0x1000 + 20 * (len(libraries) + 1)
    for library in libraries:
        table += struct.pack("<5I", 0, 0, 0, at + len(names), 0)
        names += library + b"\0"
    section = (table + bytes(20) + names).ljust(512, b"\0")
    optional = bytes(120) + struct.pack("<2I", 0x1000, len(table)) + bytes(112)
    header = struct.pack("<4s2H12xH2x", b"PE\0\0", 0x8664, 1, len(optional))
    begin = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    placed = len(begin) + len(header) + len(optional) + 40
    return begin + header + optional + struct.pack("<8s4I16x", b".rdata", 512, 0x1000, 512, placed) + section


def test_a_file_of_macos_has_its_processor_its_libraries_and_the_oldest_system() -> None:
    found = read_extension(mach_o())
    assert (found.format, found.machine, found.minimum_system) == ("Mach-O", 0x0100000C, (11, 3))
    assert found.libraries == ("/usr/lib/libSystem.B.dylib",)


def test_a_file_of_windows_has_its_processor_and_its_libraries() -> None:
    found = read_extension(pe(b"python3.dll", b"KERNEL32.dll"))
    assert (found.format, found.machine, found.minimum_system) == ("PE", 0x8664, None)
    assert found.libraries == ("python3.dll", "KERNEL32.dll")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="programs are ELF files on Linux alone")
def test_a_file_of_linux_has_its_libraries() -> None:
    pytest.importorskip("elftools", reason="pip install --group wheels")
    found = read_extension(Path("/bin/ls").read_bytes())
    assert found.format == "ELF"
    assert any(library.startswith("libc.") for library in found.libraries)


@pytest.mark.parametrize("content", [mach_o()[:40], pe(b"python3.dll")[:80], pe(b"python3.dll")[:-500]])
def test_a_file_that_ends_too_early_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="an extension that ends too early"):
        read_extension(content)


def test_another_file_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no extension of Linux, macOS or Windows: it begins with b'PK"):
        read_extension(b"PK\x03\x04")
