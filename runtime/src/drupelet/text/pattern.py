r"""Patterns of the step ``substitute``: the subset of Python's ``re`` that is matched in linear time, parsed to a graph.

:func:`parse_pattern` turns the text of a pattern into its positions and the order in which a backtracking matcher would try
what follows each of them; :mod:`drupelet.text.matching` runs that graph. A pattern means what ``re`` (Python 3.9 to 3.13)
means by the same text without flags, with the Unicode classes of one version. What this parser accepts, in full:

**Grammar.** A pattern is a choice: branches between ``|``, each a sequence of items. A branch may be empty. An item is

* an assertion: ``^`` and ``\A`` (start of the text, inside groups too), ``\Z`` (end of the text), ``$`` (end of the text,
  or before a line feed that is the last character), ``\b`` (of the characters on both sides exactly one is of ``\w``;
  outside the text there is none), ``\B`` (not so);
* an atom with at most one quantifier. An atom is a group, a class, ``.`` (all but line feed), or one character. Groups
  ``(...)`` and ``(?:...)`` mean the same, at most :data:`MAX_DEPTH` inside each other.

**Characters.** All but ``\ . ^ $ * + ? ( ) | [`` mean themselves; ``]``, ``}`` and, where it starts no quantifier, ``{``
are among those. White space and ``#`` mean themselves.

**Escapes**, outside and inside of classes: ``\n \t \r \f \v \a``; ``\xHH``, ``\uHHHH``, ``\UHHHHHHHH`` with exactly that
many hexadecimal digits of either case, at most 10FFFF, surrogates included; ``\0``, refused where a digit from 0 to 7
follows (that is octal in Python); ``\w \d \s \W \D \S``; a backslash before any character but an ASCII letter or digit
means that character (``\_``, ``\-``, a backslash before a space or before a letter that is not ASCII). All other escapes
are refused; so are ``\b`` (backspace in Python), ``\B``, ``\A`` and ``\Z`` inside a class.

**Classes.** ``[``, perhaps ``^`` (all other characters), then at least one part up to ``]``. A ``]`` that comes first (or
first after ``^``) is an ordinary character. A part is one character or escape; followed by ``-`` and anything but ``]`` it
is a range up to the next character or escape. Both ends of a range are single characters (no ``\w``) and ascend or are
equal. A ``-`` before ``]`` is an ordinary character, and so is one that comes where a part begins. ``[a-b-c]`` is the
range, ``-`` and ``c``. Refused, because Python warns that their meaning may change: ``[`` as the very first character
(``[[``, not ``[^[`` or ``[a[``); two equal characters of ``- & ~ |`` in a row, unescaped, of which the first begins a part
that is not the first part of the class; an unescaped ``-`` as the end of a range.

**Quantifiers.** ``*`` is ``{0,}``, ``+`` is ``{1,}``, ``?`` is ``{0,1}``. ``{m}``, ``{m,}``, ``{,n}`` (m is 0) and
``{m,n}`` hold ASCII digits only, leading zeros allowed; ``{,}`` is ``{0,}``. Anything else that begins with ``{``, such as
``{}``, ``{1`` or ``{1, 2}``, is a literal ``{``. m is at most n; both are at most :data:`MAX_POSITIONS`. A ``?`` behind a
quantifier makes it lazy; ``+`` behind one is possessive, and refused; any other quantifier behind one is refused. Refused
as well: a quantifier at the start of a branch, one behind an assertion, and one behind a group that can match nothing,
whatever its numbers are.

**Empty.** "Can match nothing" is a property of the form: assertions and empty branches can; a quantified atom can if m is
0; a choice can if one branch can; a sequence can if all its items can. A pattern that can is refused.

**Positions** are numbered from the left after quantifiers are written out: ``x{m,n}`` is m copies of x, then n - m copies
each of which is optional and encloses the next ones (``x(x(x)?)?``); ``x{m,}`` is m copies of which the last repeats;
``x{0,}`` is one copy that repeats and is optional; ``x{0}`` is nothing. A character, ``.`` or a class is one position in
each copy. There are at most :data:`MAX_POSITIONS`, and at least one.

**Edges.** An edge is a target (a position, or :data:`ACCEPT`) with assertions that must all hold between the character
before and the one behind. The list of edges that lead into an item, when ``rest`` is the list behind it:

* a position: the one edge to it, without assertions; its followers are ``rest``;
* an assertion: ``rest``, with the assertion added to every edge;
* a sequence: that of its first item, whose ``rest`` is the list of the remaining sequence;
* a choice: those of its branches, one after the other;
* an optional item: that of the item, then ``rest``; lazy: ``rest``, then that of the item;
* a repeated item: that of the item, whose ``rest`` is "that of the item, then ``rest``"; lazy: "``rest``, then that of the
  item".

In a list, an edge that stands behind one with the same target and no other assertions than its own never matters and is
dropped.
"""

from __future__ import annotations

from bisect import bisect_right

from drupelet.errors import InputError
from drupelet.text import unicode_data
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

    Ranges = tuple[tuple[int, int], ...]
    """Inclusive ranges of code points."""
    Edge = tuple[int, int]
    """A target (a position, or ACCEPT) and the assertions that must hold on the way (bits)."""

MAX_POSITIONS = 64
"""Most positions of a pattern: a set of them is one machine word."""

MAX_DEPTH = 32
"""Most groups inside each other: parsers go down one level of calls for each."""

ACCEPT = -1
"""The target of an edge that ends a match."""

BOUNDARY = 1
"""``\\b``: exactly one of the two neighbours is a word character."""
NO_BOUNDARY = 2
"""``\\B``: both neighbours are word characters, or neither is."""
START = 4
"""``^`` and ``\\A``: the start of the text."""
END = 8
"""``\\Z``: the end of the text."""
FINAL = 16
"""``$``: the end of the text, or before a line feed that is its last character."""

WORD = 1
"""``\\w``: alphanumeric (``str.isalnum``) or ``_``."""
DECIMAL = 2
"""``\\d``: ``str.isdecimal``."""
SPACE = 4
"""``\\s``: ``str.isspace``."""
NO_WORD = 8
"""``\\W``."""
NO_DECIMAL = 16
"""``\\D``."""
NO_SPACE = 32
"""``\\S``."""

_LAST_CODE = 0x10FFFF
_LETTERS_AND_DIGITS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_DIGITS = frozenset("0123456789")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_HEXADECIMAL_SIZES = {"x": 2, "u": 4, "U": 8}
_CLASSES = {"w": WORD, "d": DECIMAL, "s": SPACE, "W": NO_WORD, "D": NO_DECIMAL, "S": NO_SPACE}
_ASSERTIONS = {"b": BOUNDARY, "B": NO_BOUNDARY, "A": START, "Z": END}
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_UNICODE_NAMES = {WORD: "alphanumeric", DECIMAL: "decimal", SPACE: "space"}


class CharacterSet(Value):
    """The characters that a position matches: those in ``ranges`` or in a class of ``classes``; ``negated``: all others.

    ``ranges`` are inclusive ranges of code points as the pattern writes them, in any order, perhaps overlapping. ``classes``
    are bits: WORD, DECIMAL, SPACE, NO_WORD, NO_DECIMAL, NO_SPACE.
    """

    ranges: Ranges
    classes: int = 0
    negated: bool = False

    def code_points(self) -> Ranges:
        """The whole set as ranges that ascend and neither overlap nor touch."""
        parts = list(self.ranges)
        for bit in (WORD, DECIMAL, SPACE):
            if self.classes & bit:
                parts += class_ranges(bit)
            if self.classes & bit << 3:
                parts += complement(class_ranges(bit))
        united = union(parts)
        return complement(united) if self.negated else united


class Pattern(Value):
    """A parsed pattern.

    ``sets[p]`` is what position p matches, ``followers[p]`` what may come behind it, ``first`` how a match begins. The
    edges of a list are in the order in which a backtracking matcher tries them. Every match has at least one character.
    """

    source: str
    sets: tuple[CharacterSet, ...]
    first: tuple[Edge, ...]
    followers: tuple[tuple[Edge, ...], ...]

    def assertions(self) -> int:
        """The assertions that occur on any edge (bits)."""
        found = 0
        for edges in (self.first, *self.followers):
            for _, needed in edges:
                found |= needed
        return found


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same code points as ranges that ascend and neither overlap nor touch."""
    united: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if united and low <= united[-1][1] + 1:
            united[-1] = (united[-1][0], max(united[-1][1], high))
        else:
            united.append((low, high))
    return tuple(united)


def complement(ranges: Ranges) -> Ranges:
    """All code points that are not in ``ranges``, which ascend and neither overlap nor touch."""
    rest = []
    begin = 0
    for low, high in ranges:
        if begin < low:
            rest.append((begin, low - 1))
        begin = high + 1
    if begin <= _LAST_CODE:
        rest.append((begin, _LAST_CODE))
    return tuple(rest)


def class_ranges(bit: int) -> Ranges:
    """The code points of WORD, DECIMAL or SPACE as ranges that ascend and neither overlap nor touch."""
    ranges = unicode_data.ranges(_UNICODE_NAMES[bit])
    return union([*ranges, (95, 95)]) if bit == WORD else ranges


class RangeSet:
    """Answers whether a code point is in ranges that ascend and do not overlap, in logarithmic time."""

    def __init__(self, ranges: Ranges) -> None:
        self._edges = [edge for low, high in ranges for edge in (low, high + 1)]

    def __contains__(self, code: int) -> bool:
        return bisect_right(self._edges, code) % 2 == 1


def parse_pattern(source: str) -> Pattern:
    """Parse a pattern. It raises InputError, which names the construct and its place, for what is not of the subset."""
    tree = _Parser(source).parse()
    if tree.empty:
        raise InputError(
            f"the pattern {source!r} can match the empty text; it must need at least one character, "
            "for example by + in place of *, or {1,3} in place of {,3}"
        )
    if tree.size > MAX_POSITIONS:
        raise InputError(
            f"the pattern {source!r} has {tree.size} positions (characters and classes after {{m,n}} is written out), and at "
            f"most {MAX_POSITIONS} are supported; write classes in place of alternatives, + in place of {{m,n}}, or several "
            "substitutions"
        )
    sets: list[CharacterSet] = []
    tree = tree.written_out(sets)
    followers: list[Sequence[Edge]] = [()] * len(sets)
    rest: Sequence[Edge] = [(ACCEPT, 0)]
    tree.link(rest, followers)
    return Pattern(
        source,
        tuple(sets),
        tuple(edge for edge in tree.edges(rest) if _possible(edge)),
        tuple(tuple(edge for edge in edges if _possible(edge) and not edge[1] & START) for edges in followers),
    )


def _possible(edge: Edge) -> bool:
    """False if the assertions of the edge contradict each other or its target: no character comes behind the end."""
    target, needed = edge
    both = BOUNDARY | NO_BOUNDARY
    return needed & both != both and (target == ACCEPT or not needed & END)


def _ordered(edges: Iterable[Edge]) -> list[Edge]:
    """The edges without those that stand behind one with the same target whose assertions are all among theirs."""
    kept: list[Edge] = []
    needs: dict[int, list[int]] = {}
    for target, needed in edges:
        earlier = needs.setdefault(target, [])
        if not any(other & needed == other for other in earlier):
            earlier.append(needed)
            kept.append((target, needed))
    return kept


class _Node:
    """A part of a pattern: whether it can match nothing (``empty``) and how many positions it has (``size``)."""

    empty: bool
    size: int

    def written_out(self, sets: list[CharacterSet]) -> _Node:
        """The same without :class:`_Repeat`; what its positions match is appended to ``sets``."""
        raise NotImplementedError("it is written out already")

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        """The edges that lead into it, when ``rest`` is the list behind it."""
        raise NotImplementedError("a repeat is written out first")

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        """Set the followers of its positions, when ``rest`` is the list behind it."""
        raise NotImplementedError("a repeat is written out first")


class _Set(_Node):
    """One character, ``.`` or a class; after :meth:`written_out` the position with this number."""

    empty = False
    size = 1

    def __init__(self, characters: CharacterSet, position: int = -1) -> None:
        self._characters = characters
        self._position = position

    def written_out(self, sets: list[CharacterSet]) -> _Set:
        sets.append(self._characters)
        return _Set(self._characters, len(sets) - 1)

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        return [(self._position, 0)]

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        followers[self._position] = rest


class _Assertion(_Node):
    """A condition on the place between two characters."""

    empty = True
    size = 0

    def __init__(self, bit: int) -> None:
        self._bit = bit

    def written_out(self, sets: list[CharacterSet]) -> _Assertion:
        return self

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        return _ordered((target, needed | self._bit) for target, needed in rest)

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        """An assertion has no followers."""


class _Sequence(_Node):
    """Items one after the other; without items it matches nothing."""

    def __init__(self, items: Sequence[_Node]) -> None:
        self._items = items
        self.empty = all(item.empty for item in items)
        self.size = sum(item.size for item in items)

    def written_out(self, sets: list[CharacterSet]) -> _Node:
        return _Sequence([item.written_out(sets) for item in self._items])

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        for item in reversed(self._items):
            rest = item.edges(rest)
        return rest

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        for item in reversed(self._items):
            item.link(rest, followers)
            rest = item.edges(rest)


class _Choice(_Node):
    """Branches, of which the first that leads to a match is taken."""

    def __init__(self, branches: Sequence[_Node]) -> None:
        self._branches = branches
        self.empty = any(branch.empty for branch in branches)
        self.size = sum(branch.size for branch in branches)

    def written_out(self, sets: list[CharacterSet]) -> _Node:
        return _Choice([branch.written_out(sets) for branch in self._branches])

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        return _ordered(edge for branch in self._branches for edge in branch.edges(rest))

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        for branch in self._branches:
            branch.link(rest, followers)


class _Repeat(_Node):
    """A body that cannot be empty, ``low`` to ``high`` times (None: any number of times)."""

    def __init__(self, body: _Node, low: int, high: int | None, greedy: bool) -> None:
        self._body, self._low, self._high, self._greedy = body, low, high, greedy
        self.empty = low == 0
        self.size = body.size * (max(low, 1) if high is None else high)

    def written_out(self, sets: list[CharacterSet]) -> _Node:
        if self._high is None:
            copies = [self._body.written_out(sets) for _ in range(max(self._low, 1))]
            copies[-1] = _Loop(copies[-1], self._greedy)
            return _Sequence(copies) if self._low else _Optional(copies[0], self._greedy)
        copies = [self._body.written_out(sets) for _ in range(self._high)]
        optional: list[_Node] = []
        for copy in reversed(copies[self._low :]):
            optional = [_Optional(_Sequence([copy, *optional]), self._greedy)]
        return _Sequence(copies[: self._low] + optional)


class _Optional(_Node):
    """A body that may be left out."""

    empty = True

    def __init__(self, body: _Node, greedy: bool) -> None:
        self._body, self._greedy = body, greedy
        self.size = body.size

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        inside = self._body.edges(rest)
        return _ordered([*inside, *rest] if self._greedy else [*rest, *inside])

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        self._body.link(rest, followers)


class _Loop(_Node):
    """A body, once or more."""

    empty = False

    def __init__(self, body: _Node, greedy: bool) -> None:
        self._body, self._greedy = body, greedy
        self.size = body.size

    def edges(self, rest: Sequence[Edge]) -> Sequence[Edge]:
        return self._body.edges(rest)

    def link(self, rest: Sequence[Edge], followers: list[Sequence[Edge]]) -> None:
        again = self._body.edges(())  # it cannot be empty, so what follows is not reached
        self._body.link(_ordered([*again, *rest] if self._greedy else [*rest, *again]), followers)


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._depth = 0

    def parse(self) -> _Node:
        tree = self._choice()
        if self._at < len(self._source):
            self._refuse(
                self._at, "the parenthesis ')' that closes no group", r"open the group, or write \) for the character"
            )
        return tree

    def _next(self) -> str:
        """The next character, or the empty text at the end."""
        return self._source[self._at : self._at + 1]

    def _refuse(self, at: int, what: str, advice: str) -> NoReturn:
        raise InputError(f"the pattern {self._source!r} has {what} at character {at} (counted from 0): {advice}")

    def _choice(self) -> _Node:
        branches = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            branches.append(self._sequence())
        return _Choice(branches) if len(branches) > 1 else branches[0]

    def _sequence(self) -> _Node:
        items: list[_Node] = []
        while self._next() not in ("", "|", ")"):
            begin = self._at
            quantifier = self._quantifier()
            if quantifier is not None:
                text = self._source[begin : self._at]
                self._refuse(
                    begin,
                    f"the quantifier {text!r} with nothing to repeat",
                    f"put what is repeated before it, or write \\{text[0]} for the character",
                )
            item = self._atom()
            items.append(self._quantified(item))
        return _Sequence(items)

    def _quantified(self, item: _Node) -> _Node:
        """The item with the quantifier that follows it, if one does."""
        begin = self._at
        quantifier = self._quantifier()
        if quantifier is None:
            return item
        low, high = quantifier
        text = self._source[begin : self._at]
        if item.empty:
            kind = "an assertion" if isinstance(item, _Assertion) else "something that can match the empty text"
            self._refuse(
                begin,
                f"the quantifier {text!r} over {kind}",
                "leave the quantifier out, or make what it repeats need at least one character",
            )
        if high is not None and high < low:
            self._refuse(begin, f"the quantifier {text!r} whose numbers descend", f"write {{{high},{low}}} instead")
        if max(low, high or 0) > MAX_POSITIONS:
            self._refuse(
                begin,
                f"the quantifier {text!r} that repeats {max(low, high or 0)} times",
                f"at most {MAX_POSITIONS} positions are supported; write + or * where the number does not matter",
            )
        lazy = self._next() == "?"
        if lazy:
            self._at += 1
        elif self._next() == "+":
            self._refuse(
                begin,
                f"the possessive quantifier {text + '+'!r}",
                f"possessive forms are not supported; write {text} where giving characters back does not matter",
            )
        behind = self._at
        if self._quantifier() is not None:
            second = self._source[behind : self._at]
            self._refuse(
                behind,
                f"the quantifier {second!r} behind another one",
                "put what the first one repeats into a group (?:...)",
            )
        return _Repeat(item, low, high, not lazy)

    def _quantifier(self) -> tuple[int, int | None] | None:
        """Read the least and the most number of times; None, and nothing is read, if no quantifier is next."""
        character = self._next()
        if character in _QUANTIFIERS:
            self._at += 1
            return _QUANTIFIERS[character]
        if character != "{":
            return None
        end = self._source.find("}", self._at)
        low, comma, high = self._source[self._at + 1 : max(end, 0)].partition(",")
        if end < 0 or not _DIGITS.issuperset(low + high) or not (low or comma):
            return None
        self._at = end + 1
        least = _number(low or "0")
        return least, (_number(high) if high else None) if comma else least

    def _atom(self) -> _Node:
        """Read an assertion or an atom."""
        begin = self._at
        character = self._next()
        self._at += 1
        if character == "(":
            return self._group(begin)
        if character == "[":
            return _Set(self._class(begin))
        if character == ".":
            return _Set(CharacterSet(((10, 10),), 0, True))
        if character == "^":
            return _Assertion(START)
        if character == "$":
            return _Assertion(FINAL)
        if character != "\\":
            return _one(ord(character))
        if self._next() in _ASSERTIONS:
            self._at += 1
            return _Assertion(_ASSERTIONS[self._source[begin + 1]])
        code, bit = self._escape(begin)
        return _Set(CharacterSet((), bit)) if bit else _one(code)

    def _group(self, begin: int) -> _Node:
        """Read a group whose parenthesis at ``begin`` is read."""
        if self._next() == "?":
            if self._source[self._at + 1 : self._at + 2] != ":":
                self._refuse_extension(begin)
            self._at += 2
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(
                begin,
                f"more than {MAX_DEPTH} groups inside each other",
                "leave out parentheses around what is not repeated",
            )
        tree = self._choice()
        if self._next() != ")":
            self._refuse(
                begin, "the parenthesis '(' that is not closed", r"close the group, or write \( for the character"
            )
        self._at += 1
        self._depth -= 1
        return tree

    def _refuse_extension(self, begin: int) -> NoReturn:
        """Name the form that begins with ``(?`` and is not ``(?:``."""
        behind = self._source[begin + 2 :]
        for opening, what, advice in (
            (
                "=",
                "a look-ahead",
                "look-around is not supported; match the characters too, or write \\b or $ where that is meant",
            ),
            (
                "!",
                "a negative look-ahead",
                "look-around is not supported; write a class [^...] of the characters that may follow",
            ),
            (
                "<=",
                "a look-behind",
                "look-around is not supported; match the characters too, or write \\b or ^ where that is meant",
            ),
            ("<!", "a negative look-behind", "look-around is not supported; write \\b or ^ where that is meant"),
            ("P<", "a named group", "a replacement cannot use groups; write (?:...) instead"),
            ("P=", "a back-reference", "back-references are not supported; write out what may be repeated"),
            ("#", "a comment", "comments are not supported; leave it out"),
            (
                ">",
                "an atomic group",
                "atomic groups are not supported; write (?:...) where giving characters back does not matter",
            ),
            ("(", "a condition", "conditions are not supported; write the two cases as alternatives (?:...|...)"),
        ):
            if behind.startswith(opening):
                self._refuse(begin, f"{what} '(?{opening}'", advice)
        if behind[:1] in ("a", "i", "L", "m", "s", "u", "x", "-"):
            self._refuse(
                begin,
                f"flags '(?{behind[0]}'",
                "flags are not supported; for (?i) put a step that makes lower case in front, or write [Aa]; "
                "for (?s) write [\\s\\S] in place of the dot",
            )
        self._refuse(begin, f"the unknown form '(?{behind[:1]}'", "write (?:...) for a group")

    def _escape(self, begin: int) -> tuple[int, int]:
        """Read an escape whose backslash at ``begin`` is read, as a code point or the bit of a class (0: none)."""
        letter = self._next()
        self._at += 1
        if not letter:
            self._refuse(begin, "a backslash with nothing behind it", r"write \\ for the character")
        if letter in _CLASSES:
            return 0, _CLASSES[letter]
        if letter in _CONTROLS:
            return _CONTROLS[letter], 0
        if letter not in _LETTERS_AND_DIGITS:
            return ord(letter), 0
        if letter in _HEXADECIMAL_SIZES:
            size = _HEXADECIMAL_SIZES[letter]
            digits = self._source[self._at : self._at + size]
            if len(digits) < size or not _HEXADECIMAL.issuperset(digits):
                self._refuse(
                    begin, f"the escape '\\{letter}' without its digits", f"exactly {size} hexadecimal digits follow it"
                )
            self._at += size
            if int(digits, 16) > _LAST_CODE:
                self._refuse(begin, f"the escape '\\{letter}{digits}' beyond Unicode", "the largest one is \\U0010FFFF")
            return int(digits, 16), 0
        if letter == "0":
            if self._next() and self._next() in "01234567":
                self._refuse(
                    begin, f"the octal escape '\\0{self._next()}'", r"write it as \xHH instead, with hexadecimal digits"
                )
            return 0, 0
        if letter in _DIGITS:
            self._refuse(
                begin,
                f"a back-reference or octal escape '\\{letter}'",
                "back-references are not supported; write out what may be repeated, or \\xHH for a character",
            )
        if letter == "N":
            self._refuse(begin, "the named character '\\N'", r"write it as \uHHHH instead")
        if letter == "z":
            self._refuse(begin, r"the unknown escape '\z'", r"write \Z for the end of the text")
        if letter == "b":
            self._refuse(
                begin,
                r"the backspace '\b' in a class",
                r"write \x08 instead, or put the word boundary outside the class",
            )
        return self._refuse(
            begin,
            f"the unknown escape '\\{letter}'",
            f"write {letter} for the letter, or \\\\{letter} for both characters",
        )

    def _class(self, begin: int) -> CharacterSet:
        """Read a class whose bracket at ``begin`` is read."""
        if self._next() == "[":
            self._refuse(
                self._at, "the bracket '[' first in a class", r"Python warns of it; write \[ for the character"
            )
        negated = self._next() == "^"
        if negated:
            self._at += 1
        ranges: list[tuple[int, int]] = []
        classes = 0
        first = True
        while first or self._next() != "]":
            at = self._at
            low, bit = self._class_part(begin, first)
            first = False
            classes |= bit
            if self._next() != "-" or self._source[self._at + 1 : self._at + 2] == "]":
                if not bit:
                    ranges.append((low, low))
                continue
            self._at += 1
            end = self._at
            if self._next() == "-":
                self._refuse(end, "a range that ends with '-'", r"Python warns of it; write \- for the character")
            high, other_bit = self._class_part(begin, True)
            text = self._source[at : self._at]
            if bit or other_bit:
                self._refuse(at, f"the range {text!r} with a class as its end", r"write \- for the character '-'")
            if high < low:
                self._refuse(
                    at, f"the range {text!r} whose ends descend", r"swap them, or write \- for the character '-'"
                )
            ranges.append((low, high))
        self._at += 1
        return CharacterSet(tuple(ranges), classes, negated)

    def _class_part(self, begin: int, first: bool) -> tuple[int, int]:
        """Read one character or escape of the class at ``begin``, as a code point or the bit of a class (0: none)."""
        at = self._at
        character = self._next()
        if not character:
            self._refuse(
                begin, "the bracket '[' that is not closed", r"close the class by ], or write \[ for the character"
            )
        self._at += 1
        if character == "\\":
            return self._escape(at)
        if not first and character in "-&~|" and self._next() == character:
            self._refuse(
                at,
                f"{character * 2!r} in a class",
                f"Python warns of it; write \\{character} for the character, and write it once",
            )
        return ord(character), 0


def _number(digits: str) -> int:
    """The number; in place of one with many digits, which int() may refuse, another one that is too large."""
    return int(digits.lstrip("0")[:9] or "0")


def _one(code: int) -> _Set:
    return _Set(CharacterSet(((code, code),)))
