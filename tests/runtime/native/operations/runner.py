"""Runs single operations of the C kernel: tests/native_c/operation_runner.c, which says what requests and answers look like."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drupelet.graph_section import _encoded
from drupelet.operations.operation import Operation
from drupelet.operations.value_type import KINDS, ValueType
from runtime.oracle_operations import Matrix

ROOT = Path(__file__).parents[4]
CSRC = ROOT / "runtime" / "csrc"
PROGRAM = ROOT / "tests" / "native_c" / "operation_runner.c"
SOURCES = sorted(path for path in CSRC.glob("*.c") if path.name != "python_module.c")
FLAGS = ("-std=c11", "-O1", "-ffp-contract=off", f"-I{CSRC}")
NO_VALUE = 0xFFFFFFFF
NAME_BYTES = 16
DOES_NOT_RUN = 3


@dataclass(frozen=True)
class Case:
    """An operation and what it reads. ``tensors`` by name; with ``quantized`` a kernel holds integers, beside kernel.scales.

    ``attributes``: the bytes of a file in place of the operation's, for operations of which only the type is asked.
    """

    operation: type[Operation] | Operation
    inputs: tuple[tuple[ValueType, Matrix], ...]
    tensors: dict[str, Matrix] = field(default_factory=dict)
    tokens: int = 0
    quantized: bool = False
    attributes: tuple[bytes, ...] | None = None

    def request(self) -> bytes:
        """The bytes that the program reads."""
        attributes = self.attributes
        if attributes is None:
            assert isinstance(self.operation, Operation)
            attributes = tuple(_encoded(self.operation))
        flags = self.quantized + 2 * (self.attributes is not None)
        content = [
            self.operation.name.encode().ljust(NAME_BYTES, b"\0"),
            struct.pack("<3I", self.tokens, flags, len(attributes)),
            *attributes,
            struct.pack("<I", len(self.inputs)),
        ]
        for kind, steps in self.inputs:
            length = NO_VALUE if kind.length is None else kind.length
            content += [struct.pack("<4I", KINDS.index(kind.kind), length, kind.width, len(steps)), _floats(steps)]
        content.append(struct.pack("<I", len(self.tensors)))
        for name, rows in self.tensors.items():
            is_matrix = name == "kernel" or (name == "slope" and vars(self.operation)["per_step"])
            content.append(name.encode().ljust(NAME_BYTES, b"\0"))
            content.append(struct.pack("<2I", len(rows) if is_matrix else 0, len(rows[0])))
            content.append(_floats(rows))
        return b"".join(content)


def _floats(rows: Matrix) -> bytes:
    return b"".join(struct.pack(f"<{len(row)}f", *row) for row in rows)


def float32(x: float) -> float:
    """The nearest float32."""
    found: float = struct.unpack("<f", struct.pack("<f", x))[0]
    return found


def built(folder: Path) -> Path:
    """The program, built for this machine. Skips the test where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (Debian: gcc)")
    program = folder / "operation_runner"
    done = subprocess.run([compiler, *FLAGS, str(PROGRAM), *map(str, SOURCES), "-o", str(program)],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return program


Answer = tuple[ValueType, list[list[float]]]


def answers(command: list[str], tier: str, cases: list[Case]) -> list[Answer | str] | None:
    """What a tier answers to each case: a value, or what is wrong with the case. None: the tier does not run here."""
    done = subprocess.run(
        [*command, tier], input=b"".join(case.request() for case in cases), capture_output=True, check=False
    )
    if done.returncode == DOES_NOT_RUN:
        return None
    assert done.returncode == 0, done.stderr.decode()
    content, at = done.stdout, 0
    found: list[Answer | str] = []
    for case in cases:
        [wrong, size] = struct.unpack_from("<2I", content, at)
        if wrong:
            found.append(content[at + 8 : at + 8 + size].decode())
            at += 8 + size
            continue
        kind, length, width = struct.unpack_from("<3I", content, at + 4)
        [steps] = [0] if case.attributes is not None else struct.unpack_from("<I", content, at + 16)
        at += 16 if case.attributes is not None else 20
        value = [list(struct.unpack_from(f"<{width}f", content, at + 4 * width * step)) for step in range(steps)]
        at += 4 * width * steps
        found.append((ValueType(KINDS[kind], None if length == NO_VALUE else length, width), value))
    assert at == len(content)
    return found
