"""The product of two values, summed over one axis of each: Keras's Dot."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation
from drupelet.operations.value_type import ValueType, steps_of, vector_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

AXES = ("steps", "features")


class Dot(Operation):
    """Two values a, b -> what is left of the axes of a, then of b; a vector of one number where nothing is left.

    ``a_axis`` and ``b_axis`` are summed over; a vector has ``features`` only. ``normalize``: both are divided by their norm
    along that axis first, sqrt(max(sum of x^2, 1e-12)).
    """

    a_axis: str
    b_axis: str
    normalize: bool

    name = "dot"
    choices = {"a_axis": AXES, "b_axis": AXES}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        if len(inputs) != 2 or any(value.kind == "ids" for value in inputs):
            raise FormatError(f"reads {', '.join(map(str, inputs))}, expected two values of steps or vectors")
        (length_a, rest_a), (length_b, rest_b) = (
            _split(value, axis) for value, axis in zip(inputs, (self.a_axis, self.b_axis))
        )
        if length_a != length_b:
            raise FormatError(f"sums over {length_a} and {length_b} numbers, expected as many in each")
        left = [*rest_a, *rest_b]
        if left and left[-1] is None:
            raise FormatError(
                f"gives {len(left)} axes, the last as long as the text has tokens; expected a fixed number"
            )
        if len(left) == 2:
            return steps_of(left[0], int(left[1] or 0))
        return vector_of(int(left[0] or 0) if left else 1)

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        length, _ = _split(inputs[0], self.a_axis)
        result = self.output(inputs)
        return (tokens if length is None else length) * result.steps_in(tokens) * result.width

    def summary(self) -> str:
        return "Dot"


def _split(value: ValueType, axis: str) -> tuple[int | None, list[int | None]]:
    """The length of an axis, and those of the other axes."""
    if value.kind == "vector":
        if axis == "steps":
            raise FormatError(f"sums over the steps of a {value}")
        return value.width, []
    return (value.length, [value.width]) if axis == "steps" else (value.width, [value.length])
