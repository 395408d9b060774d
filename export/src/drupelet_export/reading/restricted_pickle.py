"""Reads a pickle as plain data, and can run nothing.

Python's own unpickler imports and calls whatever a file names. The machine here knows the operations of pickle protocols 0-5
and builds ``None``, bool, int, float, str, bytes, list, tuple, dict, set and frozenset. A class or a function that the file
names is never looked up: it stays a :class:`Global`, and what the file wants made of it is a :class:`Record`, a note of the
call. A few names mean plain data (``collections.OrderedDict``, a NumPy number): ``pickled_globals`` lists them.

The module is long because a machine is one thing: each operation of pickle, and the table that lists them.

A file of Python 2 holds byte strings in place of texts. They are read as UTF-8, or as Latin-1 where they are not UTF-8.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drupelet.errors import InputError
from drupelet_export.reading.pickled_globals import Global, NotPlainError, Record, call, create
from drupelet_export.reading.plain_value import ADVICE, described, refuse_unbounded

MAX_BYTES = 1 << 29
"""Largest pickle. A Tokenizer of a million words takes 80 MB."""
MAX_OPERATIONS = 1 << 25
"""Most operations. A Tokenizer of a million words takes 20 million; 33 million take about half a minute."""
MAX_CONTAINERS = 1 << 21
"""Most lists, dicts, tuples, sets and records, each of which takes up to 300 bytes for one byte of the file."""
MAX_MEMO = 1 << 24
"""Most values that a pickle remembers to use them again, each of which takes up to 100 bytes for 5 bytes of the file."""
MAX_INTEGER_BITS = 2048
"""Longest integer. Ids are shorter; a random generator that lies beside them is not."""
MAX_KEY_BITS = 64
"""Longest integer among the keys of a dict. Longer ones can be chosen so that their hashes are equal."""
MAX_KEY_MEMBERS = 16
"""Most members of a tuple that is a key: it is hashed at each use."""

HIGHEST_PROTOCOL = 5

_DECIMAL = re.compile(rb"[+-]?[0-9]{1,620}")
_INDEX = re.compile(rb"[0-9]{1,10}")
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.?)", re.DOTALL)
_ESCAPED = {b"\\": b"\\", b"'": b"'", b'"': b'"', b"n": b"\n", b"r": b"\r", b"t": b"\t"}


@dataclass(frozen=True)
class PickledValue:
    """The plain data of a pickle, the classes and functions that it names, and sentences on what had to be decided."""

    value: Any
    names: frozenset[Global] = frozenset()
    findings: tuple[str, ...] = ()


def read_pickle(content: bytes, where: str) -> PickledValue:
    """The value in a pickle. Nothing in it is imported or called.

    Raises InputError, naming ``where`` and the byte, for bytes that are no pickle of protocol 0-5, that refer to something
    outside the file, that exceed a limit, and for a value that contains itself.
    """
    if len(content) > MAX_BYTES:
        raise InputError(f"{where}: a pickle of {len(content)} bytes, expected at most {MAX_BYTES}; {ADVICE}")
    machine = _Machine(content, where)
    value = machine.run()
    refuse_unbounded(value, where)
    return PickledValue(value, frozenset(machine.names), machine.findings())


class _Machine:
    """The stack, the marks and the memo of a pickle that is being read."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content = content
        self.where = where
        self.position = 0
        self.start = 0  # of the operation that is carried out
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}
        self.names: set[Global] = set()
        self.containers = 0
        self.byte_strings_utf8 = 0
        self.byte_strings_latin1: list[str] = []

    def run(self) -> Any:
        content = self.content
        pushes, actions = _PUSHES, _ACTIONS
        for _ in range(MAX_OPERATIONS):
            self.start = self.position
            if self.start >= len(content):
                raise self.error("the pickle ends before its last operation: the file is cut short; copy it again")
            code = content[self.start]
            self.position += 1
            push = pushes[code]
            if push is not None:
                value = push(self)  # first: it may take the stack down to a mark
                self.stack.append(value)
                continue
            action = actions[code]
            if action is None:
                if code == STOP:
                    return self.pop()
                raise self.error(f"{code:#04x} is no operation of a pickle; copy the file again")
            action(self)
        raise self.error(f"more than {MAX_OPERATIONS} operations, which is the limit; {ADVICE}")

    def findings(self) -> tuple[str, ...]:
        found = []
        if self.byte_strings_utf8:
            found.append(f"The pickle was written by Python 2. Byte strings read as UTF-8: {self.byte_strings_utf8}.")
        if self.byte_strings_latin1:
            found.append(
                "The pickle was written by Python 2. Byte strings that are not UTF-8, read as Latin-1: "
                f"{len(self.byte_strings_latin1)}, for example {self.byte_strings_latin1[0]!r:.60}."
            )
        rest = len(self.content) - self.position
        if rest:
            found.append(f"Bytes behind the first value of the file, which were not read: {rest}.")
        return tuple(found)

    def error(self, problem: str) -> InputError:
        return InputError(f"{self.where}: byte {self.start}: {problem}")

    # Bytes of the file

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.content) - self.position:
            raise self.error(
                f"a length of {count} bytes, of which {len(self.content) - self.position} are there; copy the file again"
            )
        start = self.position
        self.position += count
        return self.content[start : self.position]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> bytes:
        end = self.content.find(b"\n", self.position)
        if end < 0:
            raise self.error("a line of the pickle does not end; copy the file again")
        start = self.position
        self.position = end + 1
        return self.content[start:end]

    def index(self) -> int:
        line = self.line()
        if not _INDEX.fullmatch(line):
            raise self.error(f"the place {line[:40]!r} in the memo, expected a decimal number; copy the file again")
        return int(line)

    def text(self, size: int) -> str:
        return self.decoded(self.take(self.number(size)), "utf-8")

    def decoded(self, content: bytes, encoding: str) -> str:
        try:
            return content.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
        except UnicodeDecodeError as error:
            raise self.error(f"a text that is not {encoding} ({error.reason}); copy the file again") from error

    def text_line(self) -> str:
        return self.decoded(self.line(), "raw-unicode-escape")

    def quoted_line(self) -> str:
        line = self.line().rstrip(b"\r")
        if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
            raise self.error("a string without quotes around it; copy the file again")

        def unescape(match: re.Match[bytes]) -> bytes:
            name = match[1]
            if name[:1] == b"x" and len(name) == 3:
                return bytes([int(name[1:], 16)])
            if name not in _ESCAPED:
                raise self.error(f"a string with the escape {match[0]!r}; copy the file again")
            return _ESCAPED[name]

        return self.byte_string(_ESCAPE.sub(unescape, line[1:-1]))

    def byte_string(self, content: bytes) -> str:
        """A string of Python 2 as a text."""
        if content.isascii():
            return content.decode("ascii")
        try:
            text = content.decode()
            self.byte_strings_utf8 += 1
        except UnicodeDecodeError:
            text = content.decode("latin-1")
            self.byte_strings_latin1.append(text)
        return text

    # Numbers

    def checked(self, value: int) -> int:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise self.error(f"an integer of {value.bit_length()} bits, expected at most {MAX_INTEGER_BITS}; {ADVICE}")
        return value

    def integer_line(self) -> int:
        line = self.line().rstrip(b"\r")
        if line in (b"00", b"01"):
            return line == b"01"
        line = line.removesuffix(b"L")
        if not _DECIMAL.fullmatch(line):
            raise self.error(f"the integer {line[:40]!r}, expected a decimal number; {ADVICE}")
        return self.checked(int(line))

    def long_integer(self, size: int) -> int:
        return self.checked(int.from_bytes(self.take(self.number(size, signed=size == 4)), "little", signed=True))

    def float_line(self) -> float:
        line = self.line()
        try:
            return float(line[:64])
        except ValueError as error:
            raise self.error(f"the number {line[:40]!r}, expected a decimal number; copy the file again") from error

    def binary_float(self) -> float:
        value: float = struct.unpack(">d", self.take(8))[0]
        return value

    # Stack and memo

    def pop(self) -> Any:
        if not self.stack:
            raise self.error("an operation takes a value that is not there; copy the file again")
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack:
            raise self.error("an operation takes a value that is not there; copy the file again")
        return self.stack[-1]

    def mark(self) -> None:
        self.count()  # a mark takes as much memory as a list
        self.below.append(self.stack)
        self.stack = []

    def pop_to_mark(self) -> list[Any]:
        if not self.below:
            raise self.error("an operation takes values up to a mark that is not there; copy the file again")
        values = self.stack
        self.stack = self.below.pop()
        return values

    def pop_or_mark(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.pop_to_mark()

    def remembered(self, place: int) -> Any:
        if place not in self.memo:
            raise self.error(f"place {place} of the memo is empty; copy the file again")
        return self.memo[place]

    def remember(self, place: int) -> None:
        self.memo[place] = self.top()
        if len(self.memo) > MAX_MEMO:
            raise self.error(f"more than {MAX_MEMO} remembered values, which is the limit; {ADVICE}")

    # Containers

    def count(self) -> None:
        self.containers += 1
        if self.containers > MAX_CONTAINERS:
            raise self.error(f"more than {MAX_CONTAINERS} lists, dicts and marks, which is the limit; {ADVICE}")

    def counted(self, container: Any) -> Any:
        self.count()
        return container

    def tuple_of(self, count: int) -> tuple[Any, ...]:
        values = [self.pop() for _ in range(count)]
        self.count()
        return tuple(reversed(values))

    def key(self, value: Any) -> Any:
        """The value, if it can be a key of a dict or a member of a set, and hashing it takes a short time."""
        kind = type(value)
        if kind is tuple and len(value) <= MAX_KEY_MEMBERS:
            for member in value:
                if type(member) is tuple:
                    break
                self.key(member)
            else:
                return value
        elif kind in (str, bytes, bool, float, type(None)) or (kind is int and value.bit_length() <= MAX_KEY_BITS):
            return value
        raise self.error(
            f"{described(value)} is a key of a dict or a member of a set, expected a text, a number or a short tuple; {ADVICE}"
        )

    def members(self, values: list[Any]) -> list[Any]:
        return [self.key(value) for value in values]

    def set_items(self, values: list[Any]) -> None:
        target = self.top()
        items = target.items if type(target) is Record else target
        if type(items) is not dict or len(values) % 2:
            raise self.error(f"items are put into {described(target)}, expected a dict; copy the file again")
        keys = values[::2]
        for key, value in zip(keys, values[1::2], strict=True):
            if self.key(key) in items:
                raise self.error(f"a dict has the key {key!r:.60} twice, expected once; {ADVICE}")
            items[key] = value

    def append(self, values: list[Any]) -> None:
        target = self.top()
        elements = target.elements if type(target) is Record else target
        if type(elements) is not list:
            raise self.error(f"values are appended to {described(target)}, expected a list; copy the file again")
        elements.extend(values)

    def add(self, values: list[Any]) -> None:
        target = self.top()
        if type(target) is not set:
            raise self.error(f"members are added to {described(target)}, expected a set; copy the file again")
        target.update(self.members(values))

    def dict_of(self, values: list[Any]) -> dict[Any, Any]:
        self.stack.append(self.counted({}))
        self.set_items(values)
        made: dict[Any, Any] = self.stack.pop()
        return made

    # What the file names

    def global_line(self) -> Global:
        module, name = self.line(), self.line()
        return self.named(self.decoded(module, "utf-8"), self.decoded(name, "utf-8"))

    def stack_global(self) -> Global:
        name, module = self.pop(), self.pop()
        if type(name) is not str or type(module) is not str:
            raise self.error(
                f"the name {described(name)} in {described(module)}, expected two texts; copy the file again"
            )
        return self.named(module, name)

    def named(self, module: str, name: str) -> Global:
        made = Global(module, name)
        if made not in self.names:
            self.count()
            self.names.add(made)
        return made

    def note(self, make: Callable[[Global, Any, Any], Any], function: Any, arguments: Any) -> Any:
        """What stands for a call or an instance that the file asks for. Nothing is called."""
        if type(function) is not Global:
            raise self.error(f"the file calls {described(function)}, expected the name of a class; {ADVICE}")
        if type(arguments) is not tuple:
            raise self.error(f"{function} is called with {described(arguments)}, expected a tuple; copy the file again")
        self.count()
        try:
            return make(function, arguments, self.key)
        except NotPlainError as error:
            raise self.error(f"{function}: {error}; {ADVICE}") from error

    def reduce(self) -> Any:
        arguments, function = self.pop(), self.pop()
        return self.note(call, function, arguments)

    def new_object(self) -> Any:
        arguments, function = self.pop(), self.pop()
        return self.note(create, function, arguments)

    def new_object_with_names(self) -> Any:
        self.pop()  # arguments by name; they would make an object of which only the state counts
        return self.new_object()

    def old_instance(self) -> Any:
        function = self.global_line()
        return self.note(call, function, tuple(self.pop_to_mark()))

    def old_object(self) -> Any:
        values = self.pop_to_mark()
        if not values:
            raise self.error("an instance of nothing; copy the file again")
        return self.note(call, values[0], tuple(values[1:]))

    def build(self) -> None:
        state, target = self.pop(), self.top()
        if type(target) is not Record:
            raise self.error(f"a state is given to {described(target)}, expected an instance of a class; {ADVICE}")
        target.state = state
        if target.is_from("joblib", "NumpyArrayWrapper"):
            raise self.error(
                f"a NumPy array in joblib's own form, which is not read; {ADVICE}, or save the words alone with joblib.dump"
            )

    # Limits and refusals

    def protocol(self) -> None:
        version = self.number(1)
        if version > HIGHEST_PROTOCOL:
            raise self.error(f"pickle protocol {version}, expected 0 to {HIGHEST_PROTOCOL}; {ADVICE}")

    def frame(self) -> None:
        size = self.number(8)
        if size > len(self.content) - self.position:
            raise self.error(
                f"a frame of {size} bytes, of which {len(self.content) - self.position} are there; copy the file again"
            )

    def refuse_outside(self) -> None:
        raise self.error(f"the pickle refers to something outside the file, which cannot be read; {ADVICE}")


STOP = ord(".")
_Push = Callable[[_Machine], Any]

_PUSHES: list[_Push | None] = [None] * 256
"""The operations that put one value on the stack, by their byte."""
_ACTIONS: list[Callable[[_Machine], None] | None] = [None] * 256
"""All others but STOP."""

for _code, _push in {
    "N": lambda m: None,
    "\x88": lambda m: True,
    "\x89": lambda m: False,
    "I": _Machine.integer_line,
    "L": _Machine.integer_line,
    "J": lambda m: m.number(4, signed=True),
    "K": lambda m: m.number(1),
    "M": lambda m: m.number(2),
    "\x8a": lambda m: m.long_integer(1),
    "\x8b": lambda m: m.long_integer(4),
    "F": _Machine.float_line,
    "G": _Machine.binary_float,
    "S": _Machine.quoted_line,
    "T": lambda m: m.byte_string(m.take(m.number(4, signed=True))),
    "U": lambda m: m.byte_string(m.take(m.number(1))),
    "V": _Machine.text_line,
    "X": lambda m: m.text(4),
    "\x8c": lambda m: m.text(1),
    "\x8d": lambda m: m.text(8),
    "B": lambda m: m.take(m.number(4)),
    "C": lambda m: m.take(m.number(1)),
    "\x8e": lambda m: m.take(m.number(8)),
    "\x96": lambda m: m.take(m.number(8)),
    "}": lambda m: m.counted({}),
    "]": lambda m: m.counted([]),
    ")": lambda m: (),
    "\x8f": lambda m: m.counted(set()),
    "d": lambda m: m.dict_of(m.pop_to_mark()),
    "l": lambda m: m.counted(m.pop_to_mark()),
    "t": lambda m: m.counted(tuple(m.pop_to_mark())),
    "\x85": lambda m: m.tuple_of(1),
    "\x86": lambda m: m.tuple_of(2),
    "\x87": lambda m: m.tuple_of(3),
    "\x91": lambda m: m.counted(frozenset(m.members(m.pop_to_mark()))),
    "g": lambda m: m.remembered(m.index()),
    "h": lambda m: m.remembered(m.number(1)),
    "j": lambda m: m.remembered(m.number(4)),
    "2": _Machine.top,
    "c": _Machine.global_line,
    "\x93": _Machine.stack_global,
    "R": _Machine.reduce,
    "\x81": _Machine.new_object,
    "\x92": _Machine.new_object_with_names,
    "i": _Machine.old_instance,
    "o": _Machine.old_object,
}.items():
    _PUSHES[ord(_code)] = _push

for _code, _action in {
    "(": _Machine.mark,
    "0": _Machine.pop_or_mark,
    "1": lambda m: m.pop_to_mark() and None,
    "p": lambda m: m.remember(m.index()),
    "q": lambda m: m.remember(m.number(1)),
    "r": lambda m: m.remember(m.number(4)),
    "\x94": lambda m: m.remember(len(m.memo)),
    "a": lambda m: m.append([m.pop()]),
    "e": lambda m: m.append(m.pop_to_mark()),
    "s": lambda m: m.set_items(list(m.tuple_of(2))),
    "u": lambda m: m.set_items(m.pop_to_mark()),
    "\x90": lambda m: m.add(m.pop_to_mark()),
    "b": _Machine.build,
    "\x80": _Machine.protocol,
    "\x95": _Machine.frame,
    **dict.fromkeys("PQ\x82\x83\x84\x97\x98", _Machine.refuse_outside),
}.items():
    _ACTIONS[ord(_code)] = _action
