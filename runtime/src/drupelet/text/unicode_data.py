"""Tables of Unicode 15.1.0: classes of characters and lower case for text rules, alike on every Python.

The tables stand in :mod:`drupelet.text.unicode_tables`; they are compressed, because they are large and few texts need them.
"""

from __future__ import annotations

import zlib
from binascii import a2b_base64

from drupelet.text.unicode_tables import CLASS_RUNS, CLASSES, LOWER_RUNS, SPACES

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator


def _numbers(blob: str) -> Iterator[int]:
    """The numbers of a blob: base64 of zlib of seven bits a byte, the lowest first; the last byte has its top bit clear."""
    number = shift = 0
    for byte in zlib.decompress(a2b_base64(blob)):
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0


def ranges(name: str) -> tuple[tuple[int, int], ...]:
    """The code points of a class as ascending ranges, both ends included.

    The classes are ``space`` (``str.isspace``), ``letters`` (``str.isalpha``), ``alphanumeric`` (``str.isalnum``),
    ``decimal`` (``str.isdecimal``), ``marks`` (general categories Mn, Mc, Me), and two that a final sigma depends on:
    ``case_ignorable``, and ``cased``, which leaves out what is case-ignorable as well. Takes a millisecond: keep the
    result. Raises KeyError for another name.
    """
    if name == "space":
        return SPACES
    if name not in CLASSES:
        raise KeyError(name)
    bit = 1 << CLASSES.index(name)
    found: list[tuple[int, int]] = []
    start = 0
    numbers = _numbers(CLASS_RUNS)
    for length, bits in zip(numbers, numbers):
        if bits & bit:
            if found and found[-1][1] == start - 1:
                found[-1] = (found[-1][0], start + length - 1)
            else:
                found.append((start, start + length - 1))
        start += length
    return tuple(found)


def lower_mapping() -> dict[int, str]:
    """The lower case of each code point that has another one, as ``str.lower`` gives it for that character alone.

    U+0130 alone becomes two characters. A sigma (U+03A3) becomes U+03C3 here; a final one becomes U+03C2.
    """
    mapping = {0x130: "i\u0307"}
    start = 0
    numbers = _numbers(LOWER_RUNS)
    for gap, run, delta in zip(numbers, numbers, numbers):
        start += gap
        stride = run % 2 + 1
        step = delta // 2 if delta % 2 == 0 else -(delta // 2) - 1
        for code in range(start, start + (run // 2 + 1) * stride, stride):
            mapping[code] = chr(code + step)
    return mapping
