"""The classes and functions that a pickle names: notes of them, and the few that mean plain data.

Nothing here imports or calls what a file names. :func:`call` compares the name with a table; the functions of the table are
written here and build plain data from plain data.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class NotPlainError(Exception):
    """The arguments are not those that Python writes for this name."""


@dataclass(frozen=True)
class Global:
    """The name of a class or function, never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module[:80]}.{self.name[:80]}"


@dataclass(eq=False)
class Record:
    """The note of a call or an instance that a pickle asks for: its name, arguments, state, items and elements."""

    module: str
    name: str
    args: tuple[Any, ...] = ()
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)
    elements: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.module[:80]}.{self.name[:80]}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def is_from(self, package: str, name: str) -> bool:
        """True for a class of that name anywhere in that package."""
        return self.name == name and self.module.split(".", 1)[0] == package


Key = Callable[[Any], Any]
"""Returns a value that may be a key of a dict; raises the reader's error for others."""


def call(function: Global, args: tuple[Any, ...], key: Key) -> Any:
    """What stands for ``function(*args)``: plain data for the names of the table, else a record. Raises NotPlainError."""
    plain = _PLAIN.get((function.module, function.name))
    if plain is not None:
        return plain(args, key)
    if function.name in TRACKED and "data_structures" in function.module and len(args) == 1:
        return args[0]
    return Record(function.module, function.name, args)


def create(function: Global, args: tuple[Any, ...], key: Key) -> Record:
    """What stands for a new instance of a class."""
    return Record(function.module, function.name, args)


TRACKED = ("ListWrapper", "_DictWrapper", "_TupleWrapper")
"""Classes of TensorFlow that stand for the list, dict or tuple inside them."""


def _ordered_dict(args: tuple[Any, ...], key: Key) -> dict[Any, Any]:
    if not args:
        return {}
    pairs = args[0]
    if len(args) > 1 or type(pairs) is not list or any(type(p) not in (list, tuple) or len(p) != 2 for p in pairs):
        raise NotPlainError("expected a list of pairs")
    made = {key(name): value for name, value in pairs}
    if len(made) != len(pairs):
        raise NotPlainError("a key stands twice")
    return made


def _default_dict(args: tuple[Any, ...], key: Key) -> dict[Any, Any]:
    return {}


def _members(args: tuple[Any, ...], key: Key) -> list[Any]:
    if not args:
        return []
    if len(args) > 1 or type(args[0]) not in (list, tuple):
        raise NotPlainError("expected a list of members")
    return [key(member) for member in args[0]]


def _set(args: tuple[Any, ...], key: Key) -> set[Any]:
    return set(_members(args, key))


def _frozenset(args: tuple[Any, ...], key: Key) -> frozenset[Any]:
    return frozenset(_members(args, key))


def _bytes(args: tuple[Any, ...], key: Key) -> bytes:
    """Bytes as protocols 0-2 write them: as a text of Latin-1."""
    if not args:
        return b""
    if len(args) == 1 and type(args[0]) is bytes:
        return args[0]
    if len(args) != 2 or type(args[0]) is not str or args[1] not in ("latin1", "latin-1"):
        raise NotPlainError("expected a text and 'latin1'")
    try:
        return args[0].encode("latin-1")
    except UnicodeEncodeError as error:
        raise NotPlainError("a text that is not Latin-1") from error


def _reconstructed(args: tuple[Any, ...], key: Key) -> Record:
    """An instance as protocols 0 and 1 write it: its class, a base class, and the value of that base class."""
    if len(args) != 3 or type(args[0]) is not Global:
        raise NotPlainError("expected a class, its base and a value")
    cls, _, value = args
    record = Record(cls.module, cls.name)
    if type(value) is dict:
        record.items = value
    elif type(value) is list:
        record.elements = value
    elif value is not None:
        record.args = (value,)
    return record


def _new_object(args: tuple[Any, ...], key: Key) -> Record:
    if not args or type(args[0]) is not Global:
        raise NotPlainError("expected a class")
    return create(args[0], args[1:], key)


_NUMBERS = {
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
    "f2": "e",
}
"""The formats of struct for NumPy's numbers."""


def _number_format(dtype: Any) -> str | None:
    """The format of struct for one number of a dtype; None for other dtypes."""
    code = _NUMBERS.get(_dtype_code(dtype))
    return None if code is None else _order(dtype) + code


def _dtype_code(dtype: Any) -> str:
    if (
        type(dtype) is not Record
        or not dtype.is_from("numpy", "dtype")
        or not dtype.args
        or type(dtype.args[0]) is not str
    ):
        raise NotPlainError("expected a NumPy dtype")
    return dtype.args[0]


def _order(dtype: Record) -> str:
    state = dtype.state
    return ">" if type(state) is tuple and len(state) > 1 and state[1] == ">" else "<"


def _raw(content: Any, size: int) -> bytes:
    """The bytes of a number. Python 2 wrote them as a byte string, which the reader made a text of (UTF-8, else Latin-1)."""
    if type(content) is str:
        utf8 = content.encode("utf-8", "surrogatepass")
        try:
            content = utf8 if len(utf8) == size else content.encode("latin-1")
        except UnicodeEncodeError as error:
            raise NotPlainError("expected the bytes of a number") from error
    if type(content) is not bytes or len(content) != size:
        raise NotPlainError(f"expected {size} bytes")
    return content


def _numpy_scalar(args: tuple[Any, ...], key: Key) -> Any:
    """A number, bool or text of NumPy as Python's own."""
    if len(args) != 2:
        raise NotPlainError("expected a dtype and its bytes")
    dtype, content = args
    code = _dtype_code(dtype)
    form = _number_format(dtype)
    if form is not None:
        return struct.unpack(form, _raw(content, struct.calcsize(form)))[0]
    if code == "b1":
        return _raw(content, 1) != b"\0"
    if code[:1] == "U" and type(content) is bytes:
        return _utf32(content, _order(dtype))
    if code[:1] == "S" and type(content) is bytes:
        return content
    raise NotPlainError(f"a NumPy {code[:20]!r}, expected a number or a text")


def _utf32(content: bytes, order: str) -> str:
    try:
        text = content.decode("utf-32-le" if order == "<" else "utf-32-be", "surrogatepass")
    except UnicodeDecodeError as error:
        raise NotPlainError("a NumPy text that is not UTF-32") from error
    return text.rstrip("\0")


def array_values(record: Record) -> list[Any] | None:
    """The values of a NumPy array of one dimension: numbers, texts, bytes or objects. None for anything else."""
    state = record.state
    if record.is_from("numpy", "_frombuffer") and len(record.args) == 4:  # protocol 5
        content, dtype, shape, _ = record.args
    elif record.is_from("numpy", "_reconstruct") and type(state) is tuple and len(state) == 5:
        _, shape, dtype, _, content = state
    else:
        return None
    if type(shape) is not tuple:
        return None
    if len(shape) != 1 or type(shape[0]) is not int:
        return None
    count = shape[0]
    try:
        code = _dtype_code(dtype)
        if type(content) is list:
            return content if len(content) == count else None
        form = _number_format(dtype)
        width = int(code[1:]) if code[1:].isascii() and code[1:].isdigit() and len(code) < 9 else 0
        size = struct.calcsize(form) if form else width * 4 if code[0] == "U" else width
        if size <= 0 or count < 0 or count * size > (1 << 32):
            return None
        content = _raw(content, count * size)
        cells = [content[place : place + size] for place in range(0, len(content), size)]
        if form:
            return [struct.unpack(form, cell)[0] for cell in cells]
        if code[0] == "U":
            return [_utf32(cell, _order(dtype)) for cell in cells]
        return [cell.rstrip(b"\0") for cell in cells] if code[0] == "S" else None
    except NotPlainError:
        return None


_PLAIN: dict[tuple[str, str], Callable[[tuple[Any, ...], Key], Any]] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("collections", "defaultdict"): _default_dict,
    ("_codecs", "encode"): _bytes,
    **{
        (module, name): build
        for module in ("builtins", "__builtin__")
        for name, build in (("set", _set), ("frozenset", _frozenset), ("bytes", _bytes), ("bytearray", _bytes))
    },
    **{
        (module, name): build
        for module in ("copyreg", "copy_reg")
        for name, build in (("_reconstructor", _reconstructed), ("__newobj__", _new_object))
    },
    **{
        (module, "scalar"): _numpy_scalar
        for module in ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core._multiarray_umath")
    },
}
