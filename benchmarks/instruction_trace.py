"""Records the instructions that the kernel executes on 64-bit Arm, one by one, with qemu.

The program is tests/device/answers.c, built with the flags that users build with. A trace consists of addresses. The program's
disassembly gives the instruction at an address, and its line table gives the function in the source.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

COMPILER = ("aarch64-linux-gnu-gcc",)
EMULATOR = "qemu-aarch64-static"
PROCESSOR = "cortex-a76"
"""The processor that qemu emulates while it records. It runs every tier."""
FLAGS = ("-std=c11", "-O3", "-ffp-contract=off", "-g", "-static")
ROOT = Path(__file__).parents[1]
CSRC = ROOT / "runtime" / "csrc"
ANSWERS = ROOT / "tests" / "device" / "answers.c"


def output_of(command: Sequence[str], standard_input: bytes = b"") -> str:
    """The output of a command. Raises CalledProcessError with its stderr when it fails."""
    return subprocess.run(command, input=standard_input, stdout=subprocess.PIPE, check=True).stdout.decode()


def readable(disassembled: str) -> str:
    """An instruction of objdump in a form that llvm-mca reads.

    The target of a jump becomes a dot. Calls and returns become jumps, because llvm-mca counts 100 cycles for each of them.
    """
    text = re.sub(r"\b[0-9a-f]+ <[^>]*>$", ".", disassembled.split("//")[0].strip().replace("\t", " "))
    return re.sub(r"^ret$", "br x30", re.sub(r"^bl(r?) ", r"b\1 ", text))


@dataclass(frozen=True)
class Symbol:
    """A function of the program."""

    name: str
    start: int
    size_bytes: int

    @property
    def qemu_range(self) -> str:
        """The addresses of the function as an argument of qemu's -dfilter."""
        return f"{self.start:#x}+{self.size_bytes:#x}"


@dataclass(frozen=True)
class Program:
    """The built program, and the questions that its binary answers."""

    path: Path

    @classmethod
    def build(cls, compiler: Sequence[str], folder: Path) -> Program:
        """Compiles the kernel and answers.c for 64-bit Arm."""
        sources = [str(path) for path in sorted(CSRC.glob("*.c")) if path.name != "python_module.c"]
        program = folder / "answers-aarch64"
        output_of([*compiler, *FLAGS, f"-I{CSRC}", *sources, str(ANSWERS), "-o", str(program)])
        return cls(program)

    @cached_property
    def functions(self) -> tuple[Symbol, ...]:
        """Every function, with those of the C library. A function that the compiler cloned has a suffix after a dot."""
        lines = output_of(["aarch64-linux-gnu-nm", "--print-size", str(self.path)]).splitlines()
        rows = [line.split() for line in lines]
        return tuple(
            Symbol(row[3], int(row[0], 16), int(row[1], 16)) for row in rows if len(row) == 4 and row[2] in "tT"
        )

    def function(self, name: str) -> Symbol:
        """The function of that name. Raises LookupError when the binary has none, for example because it was inlined."""
        for symbol in self.functions:
            if symbol.name == name:
                return symbol
        raise LookupError(f"{self.path}: there is no function {name}; was it inlined?")

    @cached_property
    def instructions(self) -> dict[int, str]:
        """The instruction at every address, in a form that llvm-mca reads."""
        found = {}
        for line in output_of(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", str(self.path)]).splitlines():
            match = re.match(r"\s+([0-9a-f]+):\t(.*)", line)
            if match:
                found[int(match[1], 16)] = readable(match[2])
        return found

    def sources_of(self, addresses: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """The source functions that each address belongs to, from the innermost inlined one outwards."""
        asked = sorted(set(addresses))
        printed = output_of(
            ["aarch64-linux-gnu-addr2line", "-a", "-i", "-f", "-e", str(self.path)],
            "".join(f"{address:#x}\n" for address in asked).encode(),
        )
        # For each address: a line with the address, then two lines for each function, its name and its place in the source.
        blocks = re.split(r"^0x([0-9a-f]+)\n", printed, flags=re.MULTILINE)[1:]
        return {
            int(address, 16): tuple(functions.splitlines()[::2])
            for address, functions in zip(blocks[::2], blocks[1::2], strict=True)
        }

    @cached_property
    def kernel_names(self) -> frozenset[str]:
        """The functions that the kernel's sources define, and their clones."""
        lines = output_of(["aarch64-linux-gnu-addr2line", "-e", str(self.path)],
                          "".join(f"{symbol.start:#x}\n" for symbol in self.functions).encode()).splitlines()  # fmt: skip
        return frozenset(
            symbol.name for symbol, place in zip(self.functions, lines, strict=True) if place.startswith(f"{CSRC}/")
        )

    def trace(
        self, functions: Collection[Symbol], tier: str, model: Path, texts: Sequence[str], folder: Path
    ) -> list[int]:
        """The executed addresses within some functions, in order, while the texts are answered."""
        log = folder / "trace.log"
        ranges = ",".join(symbol.qemu_range for symbol in functions)
        command = [EMULATOR, "-cpu", PROCESSOR, "-singlestep", "-d", "exec,nochain", "-dfilter", ranges, "-D", str(log)]
        output_of([*command, str(self.path), tier, str(model)], "".join(f"{text}\n" for text in texts).encode())
        with log.open() as lines:
            addresses = [int(line.split("/", 2)[1], 16) for line in lines]
        log.unlink()
        return addresses


def calls(trace: Sequence[int], entry: int, others: Collection[int] = ()) -> list[list[int]]:
    """The calls of a function in a trace. A call reaches from its entry to the next entry, of this or another function."""
    starts = [place for place, address in enumerate(trace) if address == entry or address in others]
    return [list(trace[start:end]) for start, end in pairwise([*starts, len(trace)]) if trace[start] == entry]
