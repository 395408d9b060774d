"""The nodes that an answer needs, numbered anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from drupelet_export.model.description import ModelNode
from drupelet_export.model.quantized import Tensor

Nodes = tuple[ModelNode, ...]


def live_nodes(
    nodes: Sequence[ModelNode], tensors: Mapping[str, Tensor], output: int, instead: Mapping[int, int] | None = None
) -> tuple[Nodes, dict[str, Tensor]]:
    """The nodes that the value ``output`` depends on, so that it is the last one, and their tensors.

    ``instead``: values that others are read in place of. Where the node that owns shared tensors is gone, the next one that
    has them owns them.
    """

    def read(value: int) -> int:
        while instead and value in instead:
            value = instead[value]
        return value

    needed = {read(output)}
    for number, node in reversed(list(enumerate(nodes, start=1))):
        if number in needed:
            needed |= {read(place) for place in node.inputs}
    numbers = {0: 0}
    owners: dict[int, int] = {}
    kept: list[ModelNode] = []
    held: dict[str, Tensor] = {}
    for number, node in enumerate(nodes, start=1):
        if number not in needed:
            continue
        old_owner = number - 1 if node.weights_of is None else node.weights_of
        owner = owners.get(old_owner)
        if owner is None:
            owners[old_owner] = len(kept)
            old, new = (f"{node.operation.name}.{place}." for place in (old_owner, len(kept)))
            held.update({new + name[len(old) :]: tensor for name, tensor in tensors.items() if name.startswith(old)})
        inputs = tuple(numbers[read(place)] for place in node.inputs)
        kept.append(replace(node, inputs=inputs, weights_of=owner))
        numbers[number] = len(kept)
    return tuple(kept), held
