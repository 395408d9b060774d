"""Builds the nodes of a description one by one, and names their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drupelet.operations.operation import Operation
from drupelet_export.model.description import ModelNode
from drupelet_export.model.quantized import Tensor

IDS = 0
"""The number of the value that every network begins with."""


class GraphBuilder:
    """Collects nodes and tensors. ``nodes`` and ``tensors`` are those of a description."""

    def __init__(self) -> None:
        self._nodes: list[ModelNode] = []
        self._tensors: dict[str, Tensor] = {}

    def add(
        self,
        operation: Operation,
        inputs: Sequence[int],
        weights: Mapping[str, Tensor] | None = None,
        *,
        weights_of: int | None = None,
        layer: str = "",
        masked: bool = False,
        zero_output: bool = False,
    ) -> int:
        """Adds a node and returns the number of the value that it defines.

        ``weights``: its tensors by role, in the order of ``operation.tensor_shapes``; or ``weights_of``, the value whose
        tensors it shares.
        """
        owner = None if weights_of is None else weights_of - 1
        prefix = f"{operation.name}.{len(self._nodes)}."
        self._tensors.update({prefix + role: tensor for role, tensor in (weights or {}).items()})
        self._nodes.append(ModelNode(operation, tuple(inputs), owner, layer, masked, zero_output))
        return len(self._nodes)

    @property
    def nodes(self) -> tuple[ModelNode, ...]:
        """The nodes added so far."""
        return tuple(self._nodes)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors of these nodes by name."""
        return dict(self._tensors)
