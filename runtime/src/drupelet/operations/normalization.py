"""Normalizes the features of each step by its own statistics: LayerNormalization and its relatives."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import FLOATS, Operation, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

FUNCTIONS = ("layer", "rms", "unit")


class Normalization(Operation):
    """steps or vector -> the same type, over the features of each step.

    ``layer``: (x - mean) / sqrt(variance + epsilon) * scale + shift, with the variance over ``width`` numbers.
    ``rms``: x / sqrt(mean of x^2 + epsilon) * scale + shift. ``unit``: x / sqrt(max(sum of x^2, epsilon)) * scale + shift.
    Tensors: ``scale`` (width,), ``shift`` (width,).
    """

    function: str
    epsilon: float

    name = "normalization"
    choices = {"function": FUNCTIONS}
    storage = {"scale": FLOATS, "shift": FLOATS}

    def __post_init__(self) -> None:
        self.check_attributes()
        if not 0 <= self.epsilon < float("inf"):
            raise FormatError(f"epsilon is {self.epsilon}, expected a number that is not negative")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        return only(inputs, "steps", "vector")

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {"scale": (inputs[0].width,), "shift": (inputs[0].width,)}

    def summary(self) -> str:
        return {"layer": "LayerNormalization", "rms": "RMSNormalization", "unit": "UnitNormalization"}[self.function]
