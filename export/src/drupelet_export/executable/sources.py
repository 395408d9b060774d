"""The folder of C sources: kernel, program, model and goldens, with a Makefile. Executables are built from this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from drupelet.errors import InputError
from drupelet.operations.table import OPERATIONS
from drupelet.proof import IDS_SENTENCE
from drupelet.version import __version__

HERE = Path(__file__).parent
KERNEL = HERE / "kernel"
"""The kernel's sources, runtime/csrc: a link in a checkout, a folder in an installed distribution."""
PROGRAM = HERE / "program"
LEFT_OUT = frozenset(
    {
        "follow.c",
        "leave_out.c",
        "pieces.c",
        "pieces.h",
        "predict_shared.c",
        "python_module.c",
        "sha256.c",
        "sha256.h",
        "shares.c",
    }
)
"""The files in the kernel's folder that an executable does not need: the binding to Python, and what it alone calls."""
OPERATION_TABLE = "operation_table.h"
"""The file in the kernel's folder that names its operations."""
MARKER = "embedded.h"
MODEL = "model.drupelet"
GOLDENS = "goldens.bin"
PROGRAM_FILE = "classify"
"""The name of the program that the Makefile and ``drupelet compile`` build in the folder."""
FLAGS = ("-std=c11", "-ffp-contract=off")
"""The flags of the extension that decide the bits of an answer: no fused multiply-add, and no reordering of floats."""
SMALL = ("-Os",)
FAST: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("-O3",): ("avx2", "avxvnni", "avx512vnni", "neon", "neondot", "scalar"),
    ("-O2", "-fno-unroll-loops"): (
        "convolve",
        "crc32",
        "embedding_rows",
        "encode",
        "network",
        "op_normalization",
        "op_reduce",
        "op_scale_shift",
        "packing",
        "run_recurrent",
        "support",
        "text_steps",
        "vocabulary",
    ),
}
"""Kernel files that are compiled for speed; all others are compiled for size. The tiers hold the products of a network. For a
processor that executes in order, clang unrolls every other loop as well, which doubles the code and gains nothing."""
SIZE_FLAGS = ("-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables")
LINK_FLAGS = ("-Wl,--gc-sections", "-s")
INCLUDES = ("-I.", "-Ikernel", "-Iprogram")


@dataclass(frozen=True)
class Content:
    """The content of an executable: its name for people, the name and the bytes of a model file, the goldens, its claim.

    ``operations`` are those of the model's graph: the kernel is emitted without the others.
    ``claim`` is one of the sentences of :mod:`drupelet.proof`, which a passed self-check prints.

    ``name`` and ``file`` hold letters, digits, dots, hyphens and underscores only, so that they need no quoting.
    """

    name: str
    file: str
    model: bytes
    goldens: bytes
    claim: str = IDS_SENTENCE
    operations: frozenset[str] = frozenset(OPERATIONS)


def kernel_files() -> list[Path]:
    """The kernel's sources. Raises InputError when this installation has none."""
    if not (KERNEL / "drupelet.h").is_file():
        raise InputError(f"{KERNEL}: the kernel's sources are missing; install drupelet-export again")
    return [p for p in sorted(KERNEL.iterdir()) if p.suffix in (".c", ".h") and p.name not in LEFT_OUT]


def program_files() -> list[Path]:
    """The sources of the program around the kernel."""
    return sorted(p for p in PROGRAM.iterdir() if p.suffix in (".c", ".h"))


def write_sources(folder: Path, content: Content) -> None:
    """Writes every file into an empty folder. The same content gives the same bytes."""
    for name, files in (("kernel", kernel_files()), ("program", program_files())):
        (folder / name).mkdir()
        for file in files:
            (folder / name / file.name).write_bytes(file.read_bytes())
    table = (KERNEL / OPERATION_TABLE).read_text(encoding="utf-8")
    for operation in OPERATIONS.keys() - content.operations:
        table = table.replace(f"DRP_PRESENT({operation})", f"DRP_ABSENT({operation})")
    (folder / "kernel" / OPERATION_TABLE).write_text(table, encoding="utf-8", newline="\n")
    (folder / MODEL).write_bytes(content.model)
    (folder / GOLDENS).write_bytes(content.goldens)
    values = {
        "name": content.name,
        "program": PROGRAM_FILE,
        "file": content.file,
        "version": __version__,
        "claim": content.claim,
        "model_bytes": str(len(content.model)),
        "goldens_bytes": str(len(content.goldens)),
        "model_sha256": hashlib.sha256(content.model).hexdigest(),
        "goldens_sha256": hashlib.sha256(content.goldens).hexdigest(),
        "flags": " ".join(FLAGS),
        "speed": " ".join(SMALL),
        "fast": "".join(
            f"{' '.join(f'kernel/{name}.o' for name in names)}: SPEED = {' '.join(flags)}\n"
            for flags, names in FAST.items()
        ).rstrip(),
        "size_flags": " ".join(SIZE_FLAGS),
        "link_flags": " ".join(LINK_FLAGS),
        "includes": " ".join(INCLUDES),
    }
    for template in sorted((HERE / "templates").iterdir()):
        text = Template(template.read_text(encoding="utf-8")).substitute(values)
        (folder / template.name).write_text(text, encoding="utf-8", newline="\n")


def source_groups() -> dict[tuple[str, ...], list[str]]:
    """The files to compile, relative to the folder, in a fixed order, by their flags: the fast ones, then all others."""
    fast = {name: flags for flags, names in FAST.items() for name in names}
    groups: dict[tuple[str, ...], list[str]] = {flags: [] for flags in (*FAST, SMALL)}
    for folder, files in (("program", program_files()), ("kernel", kernel_files())):
        for file in files:
            if file.suffix == ".c":
                flags = fast.get(file.stem, SMALL) if folder == "kernel" else SMALL
                groups[flags].append(f"{folder}/{file.name}")
    return groups
