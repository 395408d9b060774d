"""Reads what an extension module is for: ELF files of Linux, Mach-O files of macOS and PE files of Windows."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

ELF_MAGIC, MACH_O_MAGIC, PE_MAGIC = b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ"
ELF_MACHINE_AT = 18
MACH_O_HEADER_BYTES = 32
LOAD_DYLIB, BUILD_VERSION = 0xC, 0x32
PE_HEADER_AT = 0x3C
PE_IMPORTS_AT = 112 + 8
"""The entry of the import table in the optional header of a 64-bit PE file."""
SECTION_BYTES, IMPORT_BYTES = 40, 20


@dataclass(frozen=True)
class ExtensionFile:
    """``format`` is ELF, Mach-O or PE, ``machine`` the processor's number in that format, ``libraries`` those that it names.

    ``minimum_system`` is the oldest macOS of a Mach-O file, as (11, 0).
    """

    format: str
    machine: int
    libraries: tuple[str, ...]
    minimum_system: tuple[int, int] | None = None


def read_extension(content: bytes) -> ExtensionFile:
    """What an extension module says of itself. Raises ValueError for bytes of no such format, or of none that we build."""
    try:
        if content.startswith(ELF_MAGIC):
            return read_elf(content)
        if content.startswith(MACH_O_MAGIC):
            return read_mach_o(content)
        if content.startswith(PE_MAGIC):
            return read_pe(content)
    except (struct.error, IndexError, StopIteration) as error:
        raise ValueError(f"an extension that ends too early: {error}") from error
    raise ValueError(f"no extension of Linux, macOS or Windows: it begins with {content[:4]!r}")


def read_elf(content: bytes) -> ExtensionFile:
    """An ELF file (System V ABI)."""
    from elftools.elf.elffile import ELFFile  # auditwheel's

    (machine,) = struct.unpack_from("<H", content, ELF_MACHINE_AT)
    dynamic = ELFFile(io.BytesIO(content)).get_section_by_name(".dynamic")
    return ExtensionFile("ELF", machine, tuple(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")))


def read_mach_o(content: bytes) -> ExtensionFile:
    """A 64-bit Mach-O file (mach-o/loader.h)."""
    _, machine, _, _, commands = struct.unpack_from("<5I", content)
    libraries, minimum_system = [], None
    at = MACH_O_HEADER_BYTES
    for _ in range(commands):
        command, size_bytes = struct.unpack_from("<2I", content, at)
        if command == LOAD_DYLIB:
            libraries.append(_text(content, at + struct.unpack_from("<I", content, at + 8)[0]))
        if command == BUILD_VERSION:
            (version,) = struct.unpack_from("<I", content, at + 12)
            minimum_system = (version >> 16, version >> 8 & 0xFF)
        at += size_bytes
    return ExtensionFile("Mach-O", machine, tuple(libraries), minimum_system)


def read_pe(content: bytes) -> ExtensionFile:
    """A 64-bit PE file (the PE format of Microsoft)."""
    (header,) = struct.unpack_from("<I", content, PE_HEADER_AT)
    machine, sections, optional_bytes = struct.unpack_from("<4x2H12xH", content, header)
    optional = header + 24
    table = [
        struct.unpack_from("<8x4I", content, optional + optional_bytes + n * SECTION_BYTES) for n in range(sections)
    ]

    def place(address: int) -> int:
        return next(
            int(address - start + offset)
            for _, start, size_bytes, offset in table
            if start <= address < start + size_bytes
        )

    libraries: list[str] = []
    at = place(struct.unpack_from("<I", content, optional + PE_IMPORTS_AT)[0])
    while True:
        (library,) = struct.unpack_from("<12xI", content, at)
        if library == 0:
            break
        libraries.append(_text(content, place(library)))
        at += IMPORT_BYTES
    return ExtensionFile("PE", machine, tuple(libraries))


def _text(content: bytes, at: int) -> str:
    return content[at : content.index(b"\0", at)].decode()
