"""What an operation of the TensorFlow graph gets beside its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drupelet.operations.value_type import ValueType
from drupelet_export.model.quantized import Array, values_of
from drupelet_export.model.quantized import Tensor as StoredTensor

Tensor = Any


class Constants:
    """The constants of a graph by name. Nodes that share a tensor share its constant."""

    def __init__(self) -> None:
        self._made: dict[str, Tensor] = {}

    def of(self, name: str, values: Any) -> Tensor:
        """The constant of this name; made of ``values`` the first time."""
        if name not in self._made:
            import tensorflow as tf

            self._made[name] = tf.constant(values)
        return self._made[name]


@dataclass(frozen=True)
class Weights:
    """The tensors of a node by role, as they are stored. ``prefix`` is what their names begin with."""

    stored: Mapping[str, StoredTensor] = field(default_factory=dict)
    prefix: str = ""
    constants: Constants = field(default_factory=Constants)

    def __getitem__(self, role: str) -> Tensor:
        """The values of a tensor, a float32 constant."""
        return self.constants.of(self.prefix + role, values_of(self.stored[role]))

    def columns(self, role: str, start: int, stop: int) -> Tensor:
        """Some columns of a matrix, a float32 constant of their own."""
        values: Array = values_of(self.stored[role])[:, start:stop]
        return self.constants.of(f"{self.prefix}{role}[{start}:{stop}]", values)

    def part(self, role: str, part: str, values: Any) -> Tensor:
        """Something made of a tensor, such as its integers or a row."""
        return self.constants.of(f"{self.prefix}{role}.{part}", values)


@dataclass(frozen=True)
class Call:
    """The values that a node reads.

    ``inputs``: ids (length,) int32, steps (length, width) float32, a vector (1, width) float32; ``types`` are their types, and
    ``output`` is that of the result. ``tokens``: the number of tokens of the text, an int32 scalar.

    ``one``: 1.0, in a form that the TFLite converter cannot see through. It multiplies each constant factor that may stand
    beside a product with weights. The converter would multiply such a factor into the weights, and they would not be the
    values of the passes any more.
    """

    inputs: Sequence[Tensor]
    types: Sequence[ValueType]
    output: ValueType
    tokens: Tensor
    weights: Weights = field(default_factory=Weights)
    one: Tensor = 1.0

    @property
    def may_be_empty(self) -> bool:
        """Whether an input has as many steps as the text has tokens, and so perhaps none."""
        return any(value.length is None for value in self.types)
