"""A softmax over the features of each step, or over the steps for each feature."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import Operation, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

AXES = ("features", "steps")
FUNCTIONS = ("softmax", "log_softmax")


class Softmax(Operation):
    """steps or vector -> the same type: e^(x - max) / sum of e^(x - max), or its logarithm, along ``axis``."""

    axis: str
    function: str

    name = "softmax"
    choices = {"axis": AXES, "function": FUNCTIONS}

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps", "vector")
        if self.axis == "steps" and value.kind != "steps":
            raise FormatError(f"a softmax over the steps of a {value}")
        return value

    def summary(self) -> str:
        return self.function if self.axis == "features" else f"{self.function} over steps"
