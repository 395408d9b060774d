"""The last function of a network: what turns logits into probabilities is not among the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drupelet.operations.merge import Merge
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.value_type import ValueType
from drupelet_export.model.description import ModelNode, frozen
from drupelet_export.model.quantized import Tensor
from drupelet_export.reading.live_nodes import Nodes

FRACTIONS = ("sigmoid", "hard_sigmoid", "hard_sigmoid_2", "sparse_sigmoid")
"""Activations with values from 0 to 1."""
_KEEP_FRACTIONS = ("average", "maximum", "minimum", "multiply", "concat", "concat_steps")


def ending(nodes: Nodes, types: Sequence[ValueType]) -> tuple[Nodes, dict[str, Tensor], str]:
    """The nodes without a last softmax or sigmoid, tensors of nodes that were added, and the output of the description.

    Other values from 0 to 1, such as the average of softmaxes, are ``probabilities``; all else are ``logits``. A single number
    p of them, such as a hard sigmoid, becomes the two 1 - p and p.
    """
    last = nodes[-1]
    if _function(last) in ("softmax", "sigmoid") and len(nodes) > 1:  # a vector has no softmax but that over features
        return nodes[:-1], {}, _function(last)
    joined = [nodes[place - 1] for place in last.inputs if place]
    if (
        last.operation.name == "merge"
        and vars(last.operation)["function"] == "concat"
        and len(joined) == len(last.inputs)
        and all(_function(node) == "sigmoid" for node in joined)
    ):
        return (*nodes[:-1], replace(last, inputs=tuple(node.inputs[0] for node in joined))), {}, "sigmoid"
    if not _are_fractions(nodes):
        return nodes, {}, "logits"
    if types[-1].width > 1:
        return nodes, {}, "probabilities"
    value = len(nodes)
    other = ModelNode(ScaleShift(), (value,), layer=last.layer)
    both = ModelNode(Merge("concat"), (value + 1, value), layer=last.layer)
    tensors: dict[str, Tensor] = {
        f"scale_shift.{value}.scale": frozen([-1.0]),
        f"scale_shift.{value}.shift": frozen([1.0]),
    }
    return (*nodes, other, both), tensors, "probabilities"


def _function(node: ModelNode) -> str:
    if node.operation.name in ("activation", "softmax"):
        return str(vars(node.operation)["function"])
    return ""


def _are_fractions(nodes: Nodes) -> bool:
    """Whether the last value is provably between 0 and 1."""
    fractions = [False]
    for node in nodes:
        name, read = node.operation.name, [fractions[place] for place in node.inputs]
        function = vars(node.operation).get("function")
        if name in ("activation", "softmax"):
            fractions.append(function in FRACTIONS or function == "softmax")
        elif name == "merge":
            fractions.append(function in _KEEP_FRACTIONS and all(read))
        elif name == "reduce":
            fractions.append(function != "sum" and all(read))
        else:
            fractions.append(name in ("reshape", "transpose", "repeat", "reverse") and all(read))
    return fractions[-1]
