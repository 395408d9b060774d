"""The type of a value in a graph: ids, a sequence of vectors (steps), or one vector."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.value import Value

KINDS = ("ids", "steps", "vector")
MAX_WIDTH = 1 << 22
"""Most features of a value. A Flatten of 1,024 steps with 512 features has 2^19."""
MAX_LENGTH = 1 << 20
"""Most steps of a value whose length is fixed. Texts that classifiers read have thousands of tokens."""


class ValueType(Value):
    """``ids`` (length,) int32, ``steps`` (length, width) float32, or ``vector`` (width,) float32.

    ``length`` is None where it is the number of tokens of the text, which padding does not count among. A vector has length
    1, and ids have width 1.
    """

    kind: str
    length: int | None
    width: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FormatError(f"a value of kind {self.kind!r}, expected one of {', '.join(KINDS)}")
        if not 1 <= self.width <= MAX_WIDTH:
            raise FormatError(f"{self.width} features, expected 1 to {MAX_WIDTH}")
        if self.length is not None and not 1 <= self.length <= MAX_LENGTH:
            raise FormatError(f"{self.length} steps, expected 1 to {MAX_LENGTH}")

    def steps_in(self, tokens: int) -> int:
        """The number of steps for a text of so many tokens."""
        return tokens if self.length is None else self.length

    def __str__(self) -> str:
        if self.kind == "vector":
            return f"vector ({self.width},)"
        length = "tokens" if self.length is None else self.length
        return f"ids ({length},)" if self.kind == "ids" else f"steps ({length}, {self.width})"


def ids_of(length: int | None) -> ValueType:
    """Ids (length,) int32; None: as many as the text has tokens."""
    return ValueType("ids", length, 1)


def steps_of(length: int | None, width: int) -> ValueType:
    """Steps (length, width) float32; None: as many as the text has tokens."""
    return ValueType("steps", length, width)


def vector_of(width: int) -> ValueType:
    """A vector (width,) float32."""
    return ValueType("vector", 1, width)
