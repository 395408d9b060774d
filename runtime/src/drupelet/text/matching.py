"""Substitution by pattern in time that is linear in the text, with the matches that Python's ``re`` finds.

A pass from the end of the text to its start finds, at each character, the set of positions that match the character and from
which a match can end (bits of an int). A pass from the start begins a match where a first position is in the set, and follows
the first edge whose target is in the next set. That is the path that a backtracking matcher finds, without going back
(docs/decisions/0020).
"""

from __future__ import annotations

from drupelet.text.pattern import (
    ACCEPT,
    BOUNDARY,
    END,
    FINAL,
    NO_BOUNDARY,
    START,
    WORD,
    RangeSet,
    class_ranges,
    complement,
    union,
)

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from drupelet.text.pattern import Pattern, Ranges

MEMO_SIZE = 4096
"""Most entries of a memo (of characters, of sets); then it begins anew. It bounds memory, whatever the texts are."""

_LAST_ASCII = 0x7F


def substituter(pattern: Pattern, replacement: str) -> Callable[[str], str]:
    r"""``text -> re.sub(pattern, lambda match: replacement, text)``: every match becomes the literal ``replacement``.

    Matches are found from left to right, without overlap. Lone surrogates in a text are ordinary characters.
    """
    is_one_set = len(pattern.sets) == 1 and pattern.first == ((0, 0),)
    if is_one_set and pattern.followers[0] in (((ACCEPT, 0),), ((0, 0), (ACCEPT, 0))):
        search = _SetSearch(pattern.sets[0].code_points(), "+" if len(pattern.followers[0]) == 2 else "")
        literal = replacement.replace("\\", r"\\")
        return lambda text: search.expression(text).sub(literal, text)
    return Matcher(pattern, replacement).substitute


class _SetSearch:
    """A set of characters as an expression of ``re``, its ranges written out: no table of the interpreter is used."""

    def __init__(self, ranges: Ranges, quantifier: str = "") -> None:
        self._ranges = ranges
        self._quantifier = quantifier
        self._ascii: re.Pattern[str] | None = None
        self._whole: re.Pattern[str] | None = None

    def expression(self, text: str) -> re.Pattern[str]:
        """One that finds the set in this text: for ASCII text it knows the ASCII part alone, which is quicker by far."""
        if text.isascii():
            if self._ascii is None:
                low = [(low, min(high, _LAST_ASCII)) for low, high in self._ranges if low <= _LAST_ASCII]
                self._ascii = self._compiled(tuple(low))
            return self._ascii
        if self._whole is None:
            self._whole = self._compiled(self._ranges)
        return self._whole

    def _compiled(self, ranges: Ranges) -> re.Pattern[str]:
        import re

        rest = complement(ranges)
        sign = "^" if len(rest) < len(ranges) else ""
        written = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in (rest if sign else ranges))
        if not written:  # nothing, or everything
            return re.compile(r"[\s\S]" + self._quantifier if sign else r"(?!)")
        return re.compile(f"[{sign}{written}]{self._quantifier}")


class Matcher:
    """A pattern made ready. ``steps`` counts the characters that both passes have looked at."""

    def __init__(self, pattern: Pattern, replacement: str) -> None:
        self.steps = 0
        self._replacement = replacement
        self._edges = [tuple((target, _bit(target), needed) for target, needed in edges) for edges in pattern.followers]
        self._first = tuple((target, _bit(target), needed) for target, needed in pattern.first)
        self._first_positions = 0
        for _, bit, _ in self._first:
            self._first_positions |= bit
        code_points = [characters.code_points() for characters in pattern.sets]
        self._first_search = _SetSearch(union(pair for target, _ in pattern.first for pair in code_points[target]))
        self._positions_of = _PositionsOf([RangeSet(ranges) for ranges in code_points])
        assertions = pattern.assertions()
        self._before = [
            _Before(self._edges, holding) for holding in (NO_BOUNDARY, BOUNDARY, NO_BOUNDARY | FINAL, BOUNDARY | FINAL)
        ]
        self._before_end = [_Before(self._edges, holding | FINAL | END) for holding in (NO_BOUNDARY, BOUNDARY)]
        self._is_word = _IsWord() if assertions & (BOUNDARY | NO_BOUNDARY) else None
        self._asserts = assertions != 0

    def substitute(self, text: str) -> str:
        """The text with every match replaced."""
        found = self._first_search.expression(text).search(text)
        if found is None:
            return text
        begin = found.start()
        viable, starts = self._backward(text, begin)
        parts = []
        done = 0
        while starts:
            start = starts.pop()
            if start >= done:
                end = self._match(text, start, begin, viable)
                if end:
                    parts.append(text[done:start])
                    done = end
        if not parts:
            return text
        parts.append(text[done:])
        return self._replacement.join(parts)

    def _backward(self, text: str, begin: int) -> tuple[list[int], list[int]]:
        """The viable positions at each character from ``begin`` on, and the characters where some first position is viable.

        Both lists begin at the end of the text.
        """
        last = len(text) - 1
        positions_of, first_positions = self._positions_of, self._first_positions
        self.steps += last + 1 - begin
        boundary = self._holding(text, last + 1) & BOUNDARY
        current = self._before_end[boundary][0] & positions_of[text[last]]
        viable = [current]
        starts = [last] if current & first_positions else []
        index = last
        if not self._asserts:
            before = self._before[0]
            for character in reversed(text[begin:last]):
                index -= 1
                current = before[current] & positions_of[character]
                viable.append(current)
                if current & first_positions:
                    starts.append(index)
            return viable, starts
        final = text[last] == "\n"
        is_word = self._is_word
        behind = is_word is not None and is_word[text[last]]
        for character in reversed(text[begin:last]):
            index -= 1
            kind = 2 if final else 0
            final = False
            if is_word is not None:
                word = is_word[character]
                kind += word != behind
                behind = word
            current = self._before[kind][current] & positions_of[character]
            viable.append(current)
            if current & first_positions:
                starts.append(index)
        return viable, starts

    def _match(self, text: str, start: int, begin: int, viable: list[int]) -> int:
        """The end of the match that starts at the character ``start``; 0 if there is none, because of an assertion."""
        last = len(text) - 1
        asserts, edges_of, edges = self._asserts, self._edges, self._first
        index = start
        while True:
            # ``index`` is the next character, and the place in front of it.
            next_viable = viable[last - index] if index <= last else 0
            missing = ~self._holding(text, index) if asserts else 0
            for target, bit, needed in edges:
                if (next_viable & bit or target == ACCEPT) and not needed & missing:
                    break
            else:
                return 0
            if target == ACCEPT:
                self.steps += index - start
                return index
            edges = edges_of[target]
            index += 1

    def _holding(self, text: str, index: int) -> int:
        """The assertions that hold in front of the character ``index`` (bits)."""
        size = len(text)
        holding = START if index == 0 else 0
        if index == size:
            holding |= END | FINAL
        elif index == size - 1 and text[index] == "\n":
            holding |= FINAL
        if self._is_word is None:
            return holding | NO_BOUNDARY
        before = index > 0 and self._is_word[text[index - 1]]
        behind = index < size and self._is_word[text[index]]
        return holding | (BOUNDARY if before != behind else NO_BOUNDARY)


def _bit(target: int) -> int:
    return 0 if target == ACCEPT else 1 << target


class _PositionsOf(dict[str, int]):
    """Character to the positions that match it."""

    def __init__(self, sets: list[RangeSet]) -> None:
        self._sets = sets

    def __missing__(self, character: str) -> int:
        if len(self) >= MEMO_SIZE:
            self.clear()
        code = ord(character)
        positions = 0
        for position, characters in enumerate(self._sets):
            if code in characters:
                positions |= 1 << position
        self[character] = positions
        return positions


class _IsWord(dict[str, bool]):
    r"""Character to whether it is of ``\w``."""

    def __init__(self) -> None:
        self._words = RangeSet(class_ranges(WORD))

    def __missing__(self, character: str) -> bool:
        if len(self) >= MEMO_SIZE:
            self.clear()
        self[character] = word = ord(character) in self._words
        return word


class _Before(dict[int, int]):
    """Set of viable positions to the positions that have an edge to one of them, or to the end, when these assertions hold."""

    def __init__(self, edges_of: list[tuple[tuple[int, int, int], ...]], holding: int) -> None:
        self._targets = []
        self._accepting = 0
        for position, edges in enumerate(edges_of):
            targets = 0
            for target, bit, needed in edges:
                if not needed & ~holding:
                    targets |= bit
                    if target == ACCEPT:
                        self._accepting |= 1 << position
            self._targets.append((1 << position, targets))

    def __missing__(self, viable: int) -> int:
        if len(self) >= MEMO_SIZE:
            self.clear()
        positions = self._accepting
        for bit, targets in self._targets:
            if targets & viable:
                positions |= bit
        self[viable] = positions
        return positions
