"""Networks that are chains, as tests draw them: embedding, recurrent layers, one pooling, dense layers with activations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.model.description import ModelNode
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_export.model.quantized import Tensor

Layer = tuple[str, Recurrent, Mapping[str, Tensor]]
"""Name, layer and tensors by role of a recurrent layer. What it returns follows from the chain."""
Head = tuple[str, str, Tensor, Tensor]
"""Name, activation, kernel and bias of a dense layer."""


def chain(
    embedding: Tensor,
    recurrent: Sequence[Layer],
    dense: Sequence[Head],
    pooling: str = "last",
    masked: bool = False,
    zero_below: int | None = None,
    zero_output: Sequence[str] = (),
) -> tuple[tuple[ModelNode, ...], dict[str, Tensor]]:
    """The nodes and tensors of a chain. ``pooling``: last, max or average. ``zero_output``: names of layers that have it."""
    network = GraphBuilder()
    value = network.add(Embedding(*embedding.shape), [IDS], {"table": embedding}, layer="embedding")
    for place, (name, layer, weights) in enumerate(recurrent):
        is_last = place == len(recurrent) - 1 and pooling == "last"
        shown = replace(layer, returns="last" if is_last else "steps")
        value = network.add(shown, [value], weights, layer=name, masked=masked, zero_output=name in zero_output)
    if pooling != "last":
        reduce = Reduce(pooling, zero_below if pooling == "max" else None)
        value = network.add(reduce, [value], layer="pooling", masked=masked and pooling == "average")
    for name, activation, kernel, bias in dense:
        value = network.add(Dense(kernel.shape[1]), [value], {"kernel": kernel, "bias": bias}, layer=name)
        if activation != "linear":
            alpha = {"alpha": 1.0} if activation == "elu" else {}
            value = network.add(Activation(activation, **alpha), [value], layer=name)
    return network.nodes, network.tensors


def cells(layer: Recurrent, weights: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
    """The tensors of a layer by role, from kernel, recurrent kernel and bias of each direction."""
    roles = ("kernel", "recurrent_kernel", "bias")
    return {f"{way}.{role}": held for way in layer.passes for role, held in zip(roles, weights[way], strict=True)}
