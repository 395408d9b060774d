"""What every operation says about itself. A graph joins operations; docs/adding_an_operation.md tells how to add one."""

from __future__ import annotations

import struct

from drupelet.errors import FormatError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import ClassVar

    from drupelet.operations.value_type import ValueType

_FLOAT32 = struct.Struct("<f")
ROWS, COLUMNS, FLOATS = "rows", "columns", "floats"
"""How schemes store a tensor. ``rows``: a table that is looked up, one scale for each row. ``columns``: a matrix that is
multiplied with, one scale for each column. ``floats``: always float32, such as a bias."""


MAX_NUMBER = (1 << 32) - 2
"""The largest number of an attribute: one below the code of an absent one."""
LANES = 16
"""Numbers of a vector of instructions: the kernel's loops have no tail."""


class Operation(Value):
    """The attributes of an operation: its annotations, of types int, bool, float, str and ``int | None``.

    A str is one of ``choices[attribute]``; its place there is its code in a model file. Ints are below 2^32 - 1, floats are
    float32. Operations hold neither weights nor wiring: a :class:`drupelet.graph.Node` says what an operation reads.
    """

    if TYPE_CHECKING:
        name: ClassVar[str]
        choices: ClassVar[Mapping[str, Sequence[str]]]
        storage: ClassVar[Mapping[str, str]]

    name = ""
    """The name of the operation in manifests and in the names of its tensors."""
    choices = {}
    storage = {}
    """How schemes store each tensor: ROWS, COLUMNS or FLOATS by the last part of its name."""

    def __post_init__(self) -> None:
        self.check_attributes()

    def check_attributes(self) -> None:
        """Raises FormatError for an attribute that a model file cannot hold: of another type, of no choice, a large number."""
        kinds = type(self).__annotations__
        for attribute, held in vars(self).items():
            kind = kinds[attribute]
            if kind == "str":
                if held not in self.choices[attribute]:
                    raise FormatError(
                        f"{attribute} is {held!r:.60}, expected one of {', '.join(self.choices[attribute])}"
                    )
            elif kind == "float":
                if type(held) not in (int, float) or not _is_float32(held):
                    raise FormatError(f"{attribute} is {held!r:.60}, expected a float32")
            elif kind == "bool":
                if type(held) is not bool:
                    raise FormatError(f"{attribute} is {held!r:.60}, expected True or False")
            elif (held is not None or kind == "int") and (type(held) is not int or not 0 <= held <= MAX_NUMBER):
                raise FormatError(f"{attribute} is {held!r:.60}, expected 0 to {MAX_NUMBER}")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        """The type of the result. Raises FormatError for inputs that the operation does not take."""
        raise NotImplementedError

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        """The shapes of the tensors by name, in file order and in Keras's layout."""
        return {}

    def laid_out(self, inputs: Sequence[ValueType]) -> int:
        """The numbers of its tensors as the kernel lays them out: columns are padded to LANES. Tables stay as they are."""
        total = 0
        for name, shape in self.tensor_shapes(inputs).items():
            if self.storage.get(name, FLOATS) != ROWS:
                numbers = padded(shape[-1])
                for length in shape[:-1]:
                    numbers *= length
                total += numbers
        return total

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        """The multiplications with an addition for a text of so many tokens, or what takes as long.

        0 for operations that do no more than a few things with each number that they read.
        """
        return 0

    def scratch(self, inputs: Sequence[ValueType], tokens: int) -> int:
        """The numbers that a library holds, besides values, when it computes the whole result at once.

        Such are Keras, LiteRT and onnxruntime. The native and the numpy engine hold a block of them.
        """
        return 0

    def summary(self) -> str:
        """The operation for people, in the names of Keras."""
        raise NotImplementedError


def only(inputs: Sequence[ValueType], *kinds: str) -> ValueType:
    """The only input. Raises FormatError unless there is one, of one of these kinds."""
    if len(inputs) != 1:
        raise FormatError(f"{len(inputs)} inputs, expected one")
    if inputs[0].kind not in kinds:
        raise FormatError(f"reads {inputs[0]}, expected {' or '.join(kinds)}")
    return inputs[0]


def padded(count: int) -> int:
    """The count, rounded up to whole vectors of instructions."""
    return -(-count // LANES) * LANES


def fixed(value: ValueType) -> int:
    """The length of a value. Raises FormatError where it is the number of tokens."""
    if value.length is None:
        raise FormatError(f"reads {value}, expected a fixed number of steps")
    return value.length


def positive(attribute: str, held: int, most: int) -> None:
    """Raises FormatError unless 1 <= held <= most."""
    if not 1 <= held <= most:
        raise FormatError(f"{attribute} is {held}, expected 1 to {most}")


def _is_float32(held: float) -> bool:
    try:
        return bool(_FLOAT32.unpack(_FLOAT32.pack(held))[0] == held)
    except (OverflowError, struct.error):  # the latter for an int beyond a double
        return False
