"""Regions are counted to the instruction, by valgrind and by qemu, and a program that fails is not counted."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from benchmarks.instruction_counters import CountingError, regions, summary, under_qemu, under_valgrind
from device.toolchains import require

TRIPLES = {"aarch64": "aarch64-linux-musl", "x86-64": "x86_64-linux-musl"}
EMULATOR = "qemu-aarch64-static"
PROGRAM = """
#include <stdio.h>
__attribute__((noinline)) void count_begin(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) void count_end(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) static void turns(int times) {
    for (int k = 0; k < times; ++k) __asm__ volatile("nop; nop; nop");
}

int main(int argc, char **argv) {
    if (argc > 1) return fprintf(stderr, "no %s\\n", argv[1]), 3;
    for (int times = 100; times < 300; times += 100) {
        count_begin();
        turns(times);
        count_end();
        printf("%d\\n", times);
    }
    return 0;
}
"""


def built(machine: str, folder: Path) -> str:
    pytest.importorskip("ziglang", reason="pip install ziglang")
    source, program = folder / "program.c", folder / machine
    source.write_text(PROGRAM)
    command = [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        "-target",
        TRIPLES[machine],
        "-static",
        "-O2",
        source,
        "-o",
        program,
    ]
    subprocess.run(command, check=True)
    return str(program)


def of_a_turn(counts: list[int]) -> float:
    """Instructions of one turn of the loop: three, and those that count and jump."""
    few, many = counts
    return (many - few) / 100


def test_valgrind_counts_regions(tmp_path: Path) -> None:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip("valgrind is tried with a program for Linux on x86-64")
    require("valgrind", "apt install valgrind")
    program = built("x86-64", tmp_path)
    printed, counts = under_valgrind([program], tmp_path)
    assert printed == ["100", "200"]
    assert of_a_turn(counts) == 5
    with pytest.raises(CountingError, match=r"x86-64 bread: exit status 3, it said:\nno bread$"):
        under_valgrind([program, "bread"], tmp_path)


def test_a_part_without_a_summary(tmp_path: Path) -> None:
    part = tmp_path / "part.1"
    part.write_text("events: Ir\nsummary: 12\n")
    assert summary(part) == 12
    part.write_text("events: Ir\n")
    with pytest.raises(CountingError, match=r"valgrind: part\.1 has no line 'summary: NUMBER'; is it callgrind's\?"):
        summary(part)


def test_qemu_counts_regions_to_the_instruction(tmp_path: Path) -> None:
    """With -singlestep, a block is one instruction, and each is a line of the log."""
    require(EMULATOR, "apt install qemu-user-static", required=platform.system() == "Linux")
    program = built("aarch64", tmp_path)
    printed, counts = under_qemu([EMULATOR], [program], tmp_path)
    assert printed == ["100", "200"]
    assert of_a_turn(counts) == 5
    command = [EMULATOR, "-singlestep", "-d", "exec,nochain", program]
    log = subprocess.run(command, check=True, capture_output=True, text=True).stderr.splitlines()
    functions = [line.rpartition(" ")[2] for line in log if line.startswith("Trace ")]
    begins, ends = entered(functions, "count_begin"), entered(functions, "count_end")
    assert counts == [end - begin for begin, end in zip(begins, ends, strict=True)]
    with pytest.raises(CountingError, match=r"aarch64 bread: exit status 3, it said:\nno bread$"):
        under_qemu([EMULATOR], [program, "bread"], tmp_path)


def entered(functions: list[str], name: str) -> list[int]:
    """Where a function is entered: its first instruction."""
    return [place for place, function in enumerate(functions) if function == name != functions[place - 1]]


def block(address: int, size: int, function: str = "main") -> list[bytes]:
    """A block as qemu lists it when it is translated."""
    instructions = [f"0x{address + 4 * k:08x}:  d503201f  nop\n".encode() for k in range(size)]
    return [b"----------------\n", f"IN: {function}\n".encode(), *instructions, b"\n"]


def executed(address: int, function: str = "main") -> bytes:
    return f"Trace 0: 0x7f5eec006480 [0000000000001001/{address:016x}/00000001/00000200] {function}\n".encode()


def test_a_block_counts_as_often_as_it_runs() -> None:
    begin, end = executed(0x10, "count_begin"), executed(0x20, "count_end")
    log = [
        *block(0x40, 7), executed(0x40),
        *block(0x10, 1, "count_begin"), begin, executed(0x40), *block(0x60, 2), executed(0x60), executed(0x60),
        *block(0x20, 1, "count_end"), end, executed(0x40),
        begin, end,
    ]  # fmt: skip
    assert list(regions(log, deque())) == [1 + 7 + 2 + 2, 1]


def test_a_block_that_is_translated_again() -> None:
    same = [*block(0x40, 3), executed(0x40), *block(0x40, 3), executed(0x40)]
    assert list(regions(same, deque())) == []
    with pytest.raises(CountingError, match="qemu translated the block at 0x40 in two ways"):
        list(regions([*block(0x40, 3), executed(0x40), *block(0x40, 4), executed(0x40)], deque()))


def test_what_the_program_says_is_kept() -> None:
    said: deque[str] = deque(maxlen=5)
    list(regions([*block(0x40, 3), b"no model\n", executed(0x40)], said))
    assert list(said) == ["no model"]
