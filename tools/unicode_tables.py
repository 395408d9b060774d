"""Writes the tables of Unicode 15.1.0 that text rules use: a module for Python and a header for the C kernel.

    python3.13 tools/unicode_tables.py

The interpreter must have Unicode 15.1.0 in its own tables, as Python 3.13 does; no file is downloaded. Both files are
committed. The classes are those of ``str``: what ``isalpha``, ``isalnum``, ``isdecimal`` and ``lower`` of that Python
say.
"""

from __future__ import annotations

import base64
import sys
import textwrap
import unicodedata
import zlib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
C_FILE = ROOT / "runtime" / "csrc" / "unicode_tables.h"
PYTHON_FILE = ROOT / "runtime" / "src" / "drupelet" / "text" / "unicode_tables.py"
VERSION = "15.1.0"
RUNS_IN_BLOCK = 32
"""Runs of classes that the kernel reads one after the other, at most, to find one."""
FINAL_SIGMA, CAPITAL_SIGMA, DOTTED_CAPITAL_I = "\u03c2", "\u03a3", "\u0130"


def is_case_ignorable(character: str) -> bool:
    """Whether the rule of the final sigma looks past it: then the letter behind decides, and it is not one itself."""
    behind_letter = f"a{character}{CAPITAL_SIGMA}".lower().endswith(FINAL_SIGMA)
    alone = f"{character}{CAPITAL_SIGMA}".lower().endswith(FINAL_SIGMA)
    return behind_letter != alone


def is_cased(character: str) -> bool:
    """Whether a sigma behind it is a final one. No character that is case-ignorable counts."""
    return f"{character}{CAPITAL_SIGMA}".lower().endswith(FINAL_SIGMA)


CLASSES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("letters", str.isalpha),
    ("alphanumeric", str.isalnum),
    ("decimal", str.isdecimal),
    ("marks", lambda character: unicodedata.category(character).startswith("M")),
    ("cased", is_cased),
    ("case_ignorable", is_case_ignorable),
)
"""Class n is bit n of a range."""


def class_runs() -> list[tuple[int, int]]:
    """The first code point of each run of equal classes, from 0 on, with the bits of its classes."""
    runs: list[tuple[int, int]] = []
    for code in range(sys.maxunicode + 1):
        bits = sum(belongs(chr(code)) << bit for bit, (_, belongs) in enumerate(CLASSES))
        if not runs or runs[-1][1] != bits:
            runs.append((code, bits))
    return runs


def lower_runs() -> list[tuple[int, int, int, int]]:
    """Runs (start, count, stride, delta) of code points whose lower case is ``delta`` away; U+0130 is in none."""
    runs: list[tuple[int, int, int, int]] = []
    for code in range(sys.maxunicode + 1):
        lower = chr(code).lower()
        if lower == chr(code) or code == ord(DOTTED_CAPITAL_I):
            continue
        delta = ord(lower) - code
        if runs and runs[-1][3] == delta:
            start, count, stride, _ = runs[-1]
            step = code - (start + (count - 1) * stride)
            if step <= 2 and (count == 1 or step == stride):
                runs[-1] = (start, count + 1, step, delta)
                continue
        runs.append((code, 1, 1, delta))
    return runs


def spaces() -> list[tuple[int, int]]:
    """Ranges of ``str.isspace``, both ends included."""
    ranges: list[tuple[int, int]] = []
    for code in range(sys.maxunicode + 1):
        if chr(code).isspace():
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1] = (ranges[-1][0], code)
            else:
                ranges.append((code, code))
    return ranges


def variable_length(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all bytes but the last have their top bit set."""
    coded = bytearray()
    while number > 127:
        coded.append(number & 127 | 128)
        number >>= 7
    return bytes([*coded, number])


def python_blob(numbers: list[int]) -> str:
    """The numbers as lines of a Python expression."""
    text = base64.b64encode(zlib.compress(b"".join(map(variable_length, numbers)), 9)).decode()
    return "\n".join(f'    "{line}"' for line in textwrap.wrap(text, 113))


def lengths_and_bits(classes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each run its length and its bits."""
    ends = [start for start, _ in classes[1:]] + [sys.maxunicode + 1]
    return [(end - start, bits) for (start, bits), end in zip(classes, ends, strict=True)]


def python_source(classes: list[tuple[int, int]], lower: list[tuple[int, int, int, int]]) -> str:
    """The module ``drupelet.text.unicode_tables``."""
    class_numbers = [number for run in lengths_and_bits(classes) for number in run]
    lower_numbers, after = [], 0
    for start, count, stride, delta in lower:
        lower_numbers += [start - after, (count - 1) * 2 + stride - 1, delta * 2 if delta >= 0 else -delta * 2 - 1]
        after = start
    space_pairs = "".join(f"    (0x{first:X}, 0x{last:X}),\n" for first, last in spaces())
    names = ", ".join(f'"{name}"' for name, _ in CLASSES)
    return f'''"""Tables of Unicode {VERSION}. Written by ``tools/unicode_tables.py``; do not edit."""

CLASSES = ({names})
"""Class n is bit n of a run."""
SPACES = (
{space_pairs})
"""White space (``str.isspace``), both ends included."""

CLASS_RUNS = (
{python_blob(class_numbers)}
)
"""Pairs, from code point 0 on: the length of a run of equal classes, and their bits."""

LOWER_RUNS = (
{python_blob(lower_numbers)}
)
"""Triples: how far a run starts behind the last one; (count - 1) * 2 + stride - 1; and the distance of the lower case:
twice, or, where it is negative, twice its size less 1."""
'''


def wrapped(items: list[str]) -> str:
    """Items of a C array, in lines."""
    return textwrap.fill(" ".join(f"{item}," for item in items), 120, initial_indent="    ", subsequent_indent="    ")


def c_source(classes: list[tuple[int, int]], lower: list[tuple[int, int, int, int]]) -> str:
    """The header ``unicode_tables.h``."""
    coded = bytearray()
    blocks = []
    for place, ((start, _), (length, bits)) in enumerate(zip(classes, lengths_and_bits(classes), strict=True)):
        if place % RUNS_IN_BLOCK == 0:
            blocks.append(f"{{{start:#x},\0{len(coded)}}}")
        coded += variable_length(length) + bytes([bits])
    lower_items = [
        f"{{{start:#x},{count},{stride},{delta}}}".replace(",", ", ").replace(" ", "\0")
        for start, count, stride, delta in lower
    ]
    lower_lines = wrapped(lower_items).replace("\0", " ")
    space_items = "\n".join(f"    {{{first:#x}, {last:#x}}}," for first, last in spaces())
    return f"""/* Tables of Unicode {VERSION}, which only unicode.c includes. Written by tools/unicode_tables.py, as
 * drupelet/text/unicode_tables.py is; do not edit. */
#ifndef DRP_UNICODE_TABLES_H
#define DRP_UNICODE_TABLES_H

#include <stdint.h>

/* Runs of equal classes, from code point 0 on: the length, seven bits a byte, the lowest first, all bytes but the last with
 * their top bit set; then the bits of unicode.h in a byte. */
static const uint8_t drp_class_runs[] = {{
{wrapped([str(byte) for byte in coded])}
}};

/* Every {RUNS_IN_BLOCK}th run: its first code point, and its place in drp_class_runs. */
enum {{ DRP_CLASS_BLOCKS = {len(blocks)} }};
static const struct {{
    uint32_t start;
    uint16_t place;
}} drp_class_blocks[DRP_CLASS_BLOCKS] = {{
{wrapped(blocks).replace(chr(0), " ")}
}};

/* White space (str.isspace), both ends included. */
static const struct {{
    uint16_t first, last;
}} drp_space_ranges[] = {{
{space_items}
}};

/* Code points whose lower case is one code point, `delta` away: count of them from `start` on, every stride-th. */
typedef struct {{
    uint32_t start;
    uint16_t count;
    uint16_t stride;
    int32_t delta;
}} drp_lower_run;
enum {{ DRP_LOWER_RUNS = {len(lower)} }};
static const drp_lower_run drp_lower_runs[DRP_LOWER_RUNS] = {{
{lower_lines}
}};

#endif
"""


def main() -> int:
    """Writes both files. Returns 2, having said why, where the interpreter has another version of Unicode."""
    if unicodedata.unidata_version != VERSION:
        print(
            f"this Python has Unicode {unicodedata.unidata_version}, expected {VERSION}; run it with Python 3.13",
            file=sys.stderr,
        )
        return 2
    classes, lower = class_runs(), lower_runs()
    C_FILE.write_text(c_source(classes, lower), encoding="utf-8")
    PYTHON_FILE.write_text(python_source(classes, lower), encoding="utf-8")
    print(f"{len(classes)} runs of classes, {len(lower)} of lower case")
    return 0


if __name__ == "__main__":
    sys.exit(main())
