"""The graph that grows while the layers of a model are translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drupelet.operations.operation import Operation
from drupelet.operations.value_type import ValueType, ids_of
from drupelet_export.model.description import frozen
from drupelet_export.model.graph_builder import GraphBuilder

Owner = tuple[int, str]
"""A layer, and which of its tensors."""


class Network:
    """Nodes and tensors, and the types of the values so far. ``length``: of the ids; None: the number of tokens."""

    def __init__(self, length: int | None) -> None:
        self.builder = GraphBuilder()
        self.types: list[ValueType] = [ids_of(length)]
        self._owners: dict[tuple[Owner, str], int] = {}
        self._kept: list[Any] = []
        self.indicator: int | None = None
        """The value that is 1 for a token and 0 for padding, once it is needed."""
        self.chosen: dict[int, int] = {}
        """Values that differ from another one at masked ids only, and that other one."""

    def add(
        self,
        operation: Operation,
        inputs: Sequence[int],
        weights: Mapping[str, Any] | None = None,
        *,
        owner: tuple[Any, str] | None = None,
        layer: str = "",
        masked: bool = False,
        zero_output: bool = False,
    ) -> int:
        """Adds a node and returns the number of its value. Raises FormatError when the operation does not take the inputs.

        ``owner``: the Keras layer that has the weights, and which of them: a second node of the same shares its tensors.
        """
        kind = operation.output([self.types[number] for number in inputs])
        shared = None
        if owner is not None:
            key = ((id(owner[0]), owner[1]), operation.name)
            shared = self._owners.get(key)
        held = (
            None if weights is None or shared is not None else {role: frozen(array) for role, array in weights.items()}
        )
        number = self.builder.add(
            operation, inputs, held, weights_of=shared, layer=layer, masked=masked, zero_output=zero_output
        )
        if owner is not None and shared is None and weights:
            self._owners[key] = number
            self._kept.append(owner[0])  # an id is that of one layer only while the layer exists
        self.types.append(kind)
        return number


def zeros(*shape: int) -> Any:
    """A float32 array of zeros."""
    return np.zeros(shape, np.float32)
