"""Sets of characters as ranges of code points, so that they depend on no Unicode table of the interpreter."""

from __future__ import annotations

import re

from drupelet.text.unicode_data import ranges
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable

    Range = tuple[int, int]

LAST_CODE_POINT = 0x10FFFF


class Characters(Value):
    """A set of characters: ranges of code points, both ends included, that ascend and do not touch."""

    ranges: tuple[Range, ...]

    def __contains__(self, character: str) -> bool:
        code = ord(character)
        low, high = 0, len(self.ranges)
        while low < high:
            middle = (low + high) // 2
            if self.ranges[middle][1] < code:
                low = middle + 1
            else:
                high = middle
        return low < len(self.ranges) and self.ranges[low][0] <= code

    def complement(self) -> Characters:
        """All characters that are not in this set."""
        found, free = [], 0
        for first, last in self.ranges:
            if free < first:
                found.append((free, first - 1))
            free = last + 1
        return Characters(tuple(found if free > LAST_CODE_POINT else [*found, (free, LAST_CODE_POINT)]))

    def as_set(self) -> str:
        """The set as the module ``re`` writes it."""
        if not self.ranges:  # a set of re cannot be empty: all but everything
            return f"[^\\U00000000-\\U{LAST_CODE_POINT:08x}]"
        return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in self.ranges) + "]"

    def compiled(self, quantifier: str = "") -> re.Pattern[str]:
        """An expression of the module ``re`` that matches a character of the set, or as many as ``quantifier`` says."""
        return re.compile(self.as_set() + quantifier)


def characters_of(listed: str = "", classes: Iterable[str] = (), others: Iterable[Range] = ()) -> Characters:
    """The set of these characters, of classes of :func:`drupelet.text.unicode_data.ranges`, and of other ranges."""
    found = [*others, *((ord(character), ord(character)) for character in listed)]
    for name in classes:
        found += ranges(name)
    merged: list[Range] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return Characters(tuple(merged))
