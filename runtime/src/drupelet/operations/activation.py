"""A function of each number."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS
from drupelet.operations.operation import Operation, only
from drupelet.operations.value_type import ValueType

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

INFINITE = float("inf")


class Activation(Operation):
    """steps or vector -> the same type. ``alpha``, ``beta`` and ``gamma`` are 0 for a function that does not use them,
    and finite but for the ``beta`` of ``bounded_relu``, which may be infinite.
    """

    function: str
    alpha: float = 0.0
    beta: float = 0.0
    gamma: float = 0.0

    name = "activation"
    choices = {"function": ACTIVATIONS}

    def __post_init__(self) -> None:
        self.check_attributes()
        used = PARAMETERS.get(self.function, ())
        for parameter in ("alpha", "beta", "gamma"):
            held = getattr(self, parameter)
            if parameter not in used and held != 0:
                raise FormatError(f"{self.function} with {parameter} {held}: it has no such parameter")
            if not abs(held) < INFINITE and (self.function, parameter, held) != ("bounded_relu", "beta", INFINITE):
                raise FormatError(f"{self.function} with {parameter} {held}, expected a finite number")
        if self.function == "celu" and self.alpha == 0:
            raise FormatError("celu with alpha 0, which it divides by")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        return only(inputs, "steps", "vector")

    def summary(self) -> str:
        used = [f"{parameter} {getattr(self, parameter):g}" for parameter in PARAMETERS.get(self.function, ())]
        return f"{self.function}({', '.join(used)})" if used else self.function
