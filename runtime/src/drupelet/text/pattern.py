"""Patterns of text rules: a subset of Python's ``re`` for ``str``, with exactly its meaning.

A pattern becomes the automaton of Glushkov (1961): a position for each character or set of the pattern once ``{m,n}``
is written out, and for each position the list of those that may come next, in the order in which a backtracking
matcher would try them. ``ACCEPT`` in that list is the end of a match. An edge may carry assertions (``\\b``, ``^``
...), which must hold at the place between the two characters.

Details that are easy to get wrong, all as in ``re``: ``.`` is every character but a line feed; ``$`` holds at the end
and before a line feed that ends the text, ``\\Z`` at the end alone; ``]`` is itself at the start of a set; ``\\b`` in
a set is a backspace; a ``{`` that begins no quantifier is itself; ``{,}`` is ``*``. Python's ``re`` is the
specification; ``docs/decisions/0020-text-rules-are-steps.md`` lists what is left out.
"""

from __future__ import annotations

from drupelet.errors import InputError
from drupelet.text.characters import LAST_CODE_POINT, Characters, characters_of
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from drupelet.text.characters import Range

WORD_CHARACTERS = characters_of("_", ["alphanumeric"])
"""What ``\\w`` matches, and what ``\\b`` stands beside."""
_CLASSES = {"w": WORD_CHARACTERS, "d": characters_of(classes=["decimal"]), "s": characters_of(classes=["space"])}
ACCEPT = -1
"""In a list of followers: the match may end here."""
MAX_POSITIONS = 64
"""Most positions, so that a set of them is one machine word. Patterns that clean texts have 1 to 30."""

START, END, FINAL_NEWLINE, BOUNDARY, NOT_BOUNDARY = 1, 2, 4, 8, 16
"""Assertions, as bits: start of the text; its end; its end or before a line feed that ends it; ``\\b``; ``\\B``."""
_ANCHORS = {"^": START, "$": FINAL_NEWLINE, "\\A": START, "\\Z": END, "\\b": BOUNDARY, "\\B": NOT_BOUNDARY}
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "0": 0, "\\": 92}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_EXTENSIONS = {
    "=": "look-ahead",
    "!": "look-ahead",
    "<": "look-behind",
    "P": "a named group",
    "#": "a comment",
    ">": "an atomic group",
    "(": "a conditional group",
}


class Pattern(Value):
    """A parsed pattern.

    ``positions`` are the sets of characters. ``first`` and ``followers[position]`` list what may come first or next,
    as pairs of a position (or ACCEPT) and the assertions that must hold in between, in order of priority.
    """

    source: str
    positions: tuple[Characters, ...]
    first: tuple[tuple[int, int], ...]
    followers: tuple[tuple[tuple[int, int], ...], ...]


def parse_pattern(source: str) -> Pattern:
    """The pattern in this text. Raises InputError, with the place, for what is no pattern or outside the subset."""
    parser = _Parser(source)
    node = parser.alternation()
    if parser.at < len(source):
        parser.refuse("an unbalanced parenthesis; write \\) for the character", parser.at)
    if node.nullable:
        parser.refuse("the pattern can match the empty text, which would put the replacement between all characters; "
                      "write + in place of *, or make a part of it required", 0)  # fmt: skip
    if node.count > MAX_POSITIONS:
        parser.refuse(f"the pattern has {node.count} positions with its repetitions written out, expected at most "
                      f"{MAX_POSITIONS}; write several shorter patterns", 0)  # fmt: skip
    automaton = _Automaton()
    return automaton.pattern(source, node.enter(automaton, 0))


class _Part:
    """A part of a pattern. ``count``: positions once repetitions are written out. ``nullable``: it can match the empty
    text. ``enter(automaton, then)`` adds its states, which go on to the state ``then``, and returns the first of them."""

    def __init__(self, count: int, nullable: bool, enter: Callable[[_Automaton, int], int]) -> None:
        self.count, self.nullable, self.enter = count, nullable, enter


def _set(characters: Characters) -> _Part:
    return _Part(1, False, lambda automaton, then: automaton.position(characters, then))


def _assertion(bit: int) -> _Part:
    return _Part(0, True, lambda automaton, then: automaton.state("assert", bit, then))


def _sequence(parts: list[_Part]) -> _Part:
    def enter(automaton: _Automaton, then: int) -> int:
        for part in reversed(parts):
            then = part.enter(automaton, then)
        return then

    return _Part(sum(part.count for part in parts), all(part.nullable for part in parts), enter)


def _alternation(branches: list[_Part]) -> _Part:
    def enter(automaton: _Automaton, then: int) -> int:
        return automaton.state("fork", *[branch.enter(automaton, then) for branch in branches])

    return _Part(sum(branch.count for branch in branches), any(branch.nullable for branch in branches), enter)


def _repeat(body: _Part, least: int, most: int | None, lazy: bool) -> _Part:
    def enter(automaton: _Automaton, then: int) -> int:
        start, copies = then, least
        if most is None:
            fork = automaton.state("fork")
            start = body.enter(automaton, fork)
            automaton.states[fork] = ("fork", (then, start) if lazy else (start, then))
            start, copies = (fork, 0) if least == 0 else (start, least - 1)
        else:
            for _ in range(most - least):
                inside = body.enter(automaton, start)
                start = automaton.state("fork", *((then, inside) if lazy else (inside, then)))
        for _ in range(copies):
            start = body.enter(automaton, start)
        return start

    return _Part(body.count * (max(least, 1) if most is None else most), least == 0, enter)


class _Parser:
    """Reads a pattern character by character; ``at`` is the place of the next one."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def refuse(self, reason: str, place: int) -> NoReturn:
        # As it was written, so that places can be counted: repr doubles backslashes.
        shown = f"'{self.source}'" if self.source.isprintable() else repr(self.source)
        raise InputError(f"pattern {shown:.200}, character {place}: {reason}")

    def peek(self, size: int = 1) -> str:
        return self.source[self.at : self.at + size]

    def take(self, expected: str) -> bool:
        if self.source.startswith(expected, self.at):
            self.at += len(expected)
            return True
        return False

    def alternation(self, depth: int = 0) -> _Part:
        branches = [self.sequence(depth)]
        while self.take("|"):
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else _alternation(branches)

    def sequence(self, depth: int) -> _Part:
        parts: list[_Part] = []
        while self.at < len(self.source) and self.peek() not in ("|", ")"):
            place = self.at
            node = self.item(depth)
            parts.append(self.repeated(node, place))
        return parts[0] if len(parts) == 1 else _sequence(parts)

    def item(self, depth: int) -> _Part:
        place = self.at
        character = self.peek()
        self.at += 1
        if character in "^$":
            return _assertion(_ANCHORS[character])
        if character == ".":
            return _set(Characters(((10, 10),)).complement())
        if character == "(":
            return self.group(place, depth)
        if character == "[":
            return _set(self.set_of_characters(place))
        if character == "\\":
            letter = self.peek()
            if "\\" + letter in _ANCHORS:
                self.at += 1
                return _assertion(_ANCHORS["\\" + letter])
            found = self.escape(place)
            return _set(found if isinstance(found, Characters) else Characters(((found, found),)))
        if character in "*+?" or (character == "{" and self.quantifier_at(place) is not None):
            self.refuse(
                "a quantifier without something to repeat; write a backslash before it for the character", place
            )
        return _set(Characters(((ord(character), ord(character)),)))

    def group(self, place: int, depth: int) -> _Part:
        if depth >= MAX_POSITIONS:
            self.refuse(f"parentheses inside parentheses, more than {MAX_POSITIONS} deep; write it flat", place)
        if self.take("?") and not self.take(":"):
            what = _EXTENSIONS.get(self.peek(), "a flag")
            self.refuse(f"{what}, which is outside the subset; groups are (...) and (?:...)", place)
        inside = self.alternation(depth + 1)
        if not self.take(")"):
            self.refuse("a parenthesis that is not closed", place)
        return inside

    def quantifier_at(self, place: int) -> tuple[int, int | None, int] | None:
        """Least, most and the place behind a quantifier in braces at ``place``; None where the brace is a character."""
        end = self.source.find("}", place)
        inside = self.source[place + 1 : end] if end > place + 1 else ""
        least, comma, most = inside.partition(",")
        digits = least + most
        if not inside or digits.strip("0123456789"):
            return None
        low = int(least or 0) if len(least) < 10 else MAX_POSITIONS + 1
        if not comma:
            return low, low, end + 1
        high = None if not most else int(most) if len(most) < 10 else MAX_POSITIONS + 1
        return low, high, end + 1

    def repeated(self, node: _Part, start: int) -> _Part:
        place = self.at
        character = self.peek()
        bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character)
        if bounds is not None:
            least, most = bounds
            self.at += 1
        else:
            found = self.quantifier_at(place) if character == "{" else None
            if found is None:
                return node
            least, most, self.at = found
        if self.source[start] in _ANCHORS or self.source[start : start + 2] in _ANCHORS:
            self.refuse("a quantifier without something to repeat", place)
        if most is not None and most < least:
            self.refuse(f"at least {least} and at most {most} times; expected the smaller number first", place)
        lazy = self.take("?")
        follower = self.peek()
        if (follower and follower in "*+?") or (follower == "{" and self.quantifier_at(self.at) is not None):
            self.refuse("a quantifier behind a quantifier (possessive ones are outside the subset); write a group around the "
                        "first", self.at)  # fmt: skip
        if node.nullable:
            self.refuse("a quantifier over something that can be empty; make a part of it required", start)
        repeat = _repeat(node, least, most, lazy)
        if repeat.count > MAX_POSITIONS:
            self.refuse(f"{repeat.count} positions once the repetition is written out, expected at most {MAX_POSITIONS} in a "
                        "pattern; write + or a smaller number", place)  # fmt: skip
        return repeat

    def escape(self, place: int, in_set: bool = False) -> Characters | int:
        """The set or the code point of the escape whose backslash is at ``place``."""
        letter = self.peek()
        self.at += 1
        if not letter:
            self.refuse("a backslash at the end; write two for the character", place)
        if letter.lower() in _CLASSES:
            found = _CLASSES[letter.lower()]
            return found if letter.islower() else found.complement()
        if letter in _HEX_DIGITS:
            digits = self.peek(_HEX_DIGITS[letter])
            if len(digits) < _HEX_DIGITS[letter] or digits.strip("0123456789abcdefABCDEF"):
                self.refuse(f"\\{letter} without its {_HEX_DIGITS[letter]} hexadecimal digits", place)
            code = int(digits, 16)
            if code > LAST_CODE_POINT:
                self.refuse(f"\\U{digits} is no character", place)
            self.at += len(digits)
            return code
        if letter == "b" and in_set:
            return 8
        if letter in _CONTROLS:
            if letter == "0" and self.peek() and self.peek() in "01234567":
                self.refuse("an octal escape, which is outside the subset; write \\x and two hexadecimal digits", place)
            return _CONTROLS[letter]
        if letter in "123456789":
            self.refuse("a reference back to a group, or an octal escape, which are outside the subset", place)
        if letter.isascii() and letter.isalpha():
            self.refuse(f"the escape \\{letter}, which has no meaning {'in a set' if in_set else 'here'}", place)
        return ord(letter)

    def member(self, opened: int) -> Characters | int:
        """The set or the code point that is next in a set, which begins at ``opened``."""
        place = self.at
        character = self.peek()
        if not character:
            self.refuse("a set that is not closed; write \\[ for the character", opened)
        self.at += 1
        return self.escape(place, in_set=True) if character == "\\" else ord(character)

    def set_of_characters(self, place: int) -> Characters:
        if self.peek() == "[":
            self.refuse("a set that begins with [, which Python may read as a nested set one day; write \\[", self.at)
        negated = self.take("^")
        found: list[Range] = []
        is_first = True
        while is_first or self.peek() != "]":
            start = self.at
            character = self.peek()
            if not is_first and character and character in "-&~|" and self.peek(2) == 2 * character:
                self.refuse(
                    f"{character}{character} in a set, which Python may read as an operator one day; write \\{character}",
                    start,
                )
            is_first = False
            one = self.member(place)
            if self.peek() == "-" and self.peek(2) != "-]":
                self.at += 1
                if self.peek() == "-":
                    self.refuse(
                        "a range that ends with -, which Python may read as an operator one day; write \\-", self.at
                    )
                other = self.member(place)
                if isinstance(one, Characters) or isinstance(other, Characters) or other < one:
                    self.refuse(
                        "a range in a set that does not go from a character to a later one; write \\- for the hyphen",
                        start,
                    )
                found.append((one, other))
            elif isinstance(one, Characters):
                found += one.ranges
            else:
                found.append((one, one))
        self.at += 1
        characters = characters_of(others=found)
        return characters.complement() if negated else characters


class _Automaton:
    """Builds the lists of followers. States are joined by edges without a character, in order of priority, then read off."""

    def __init__(self) -> None:
        # A state is ("set", position, next), ("assert", bit, next), ("fork", next, next...) or ("accept").
        self.states: list[tuple[str, tuple[int, ...]]] = [("accept", ())]
        self._positions: list[Characters] = []

    def state(self, kind: str, *numbers: int) -> int:
        self.states.append((kind, numbers))
        return len(self.states) - 1

    def position(self, characters: Characters, then: int) -> int:
        self._positions.append(characters)
        return self.state("set", len(self._positions) - 1, then)

    def pattern(self, source: str, start: int) -> Pattern:
        behind = {numbers[0]: numbers[1] for kind, numbers in self.states if kind == "set"}
        followers = tuple(self._reach(behind[place]) for place in range(len(self._positions)))
        return Pattern(source, tuple(self._positions), self._reach(start), followers)

    def _reach(self, state: int) -> tuple[tuple[int, int], ...]:
        """The positions that a state leads to without a character, with the assertions on the way, by priority."""
        found: list[tuple[int, int]] = []
        seen = set()
        waiting = [(state, 0)]
        while waiting:
            here, asserted = waiting.pop()
            if (here, asserted) in seen:
                continue
            seen.add((here, asserted))
            kind, numbers = self.states[here]
            if kind == "fork":
                waiting += [(follower, asserted) for follower in reversed(numbers)]
            elif kind == "assert":
                waiting.append((numbers[1], asserted | numbers[0]))
            else:
                target = ACCEPT if kind == "accept" else numbers[0]
                # An earlier way to the same place that asks for no more would have been taken.
                if not any(earlier == target and bits & ~asserted == 0 for earlier, bits in found):
                    found.append((target, asserted))
        return tuple(found)
