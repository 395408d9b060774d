"""Whether padding changes the answer of a network, and whose steps of padding are read at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drupelet_export.model.description import ModelNode
from drupelet_export.model.quantized import Tensor, values_of

STEPS, ZERO, FIXED, PADDED = "steps", "zero", "fixed", "padded"
"""What is known of a value. ``steps``: one for each id, and those of tokens do not depend on padding; ``zero``: moreover those
of padding are zeros; ``fixed``: nothing depends on padding; ``padded``: something does."""
_BY_STEP = ("embedding", "dense", "activation", "scale_shift", "normalization")


def padding_counts(nodes: Sequence[ModelNode], tensors: Mapping[str, Tensor]) -> bool:
    """True when the side and the length of the padding can change the last value."""
    known = [STEPS]
    for number, node in enumerate(nodes):
        read = [known[place] for place in node.inputs]
        known.append(PADDED if PADDED in read else _known(number, node, read, tensors))
    return known[-1] != FIXED


def _known(number: int, node: ModelNode, read: Sequence[str], tensors: Mapping[str, Tensor]) -> str:
    name, attributes = node.operation.name, vars(node.operation)
    if name == "embedding":
        table = tensors[f"embedding.{number if node.weights_of is None else node.weights_of}.table"]
        return STEPS if values_of(table)[0].any() else ZERO
    if all(each == FIXED for each in read):
        return FIXED
    if _is_by_step(node):
        if name == "merge" and (ZERO in read if attributes["function"] == "multiply" else set(read) == {ZERO}):
            return ZERO
        return STEPS
    if name == "softmax":
        return ZERO if node.masked else PADDED
    if name == "recurrent" and node.masked:
        return FIXED if attributes["returns"] != "steps" else ZERO if node.zero_output else STEPS
    if name == "reduce" and (
        (node.masked and attributes["function"] == "average") or (attributes["function"] == "sum" and read == [ZERO])
    ):
        return FIXED
    if name == "attention" and node.masked:
        return FIXED if read[0] == FIXED else STEPS
    if name == "dot":
        along = attributes["a_axis"], attributes["b_axis"]
        if along == ("steps", "steps") and ZERO in read:
            return FIXED
        if along == ("features", "features") and FIXED in read:
            return STEPS
    return PADDED


def _is_by_step(node: ModelNode) -> bool:
    """Whether each step of the result depends on the same step of what is read alone."""
    name, attributes = node.operation.name, vars(node.operation)
    return (
        name in _BY_STEP
        or (name == "prelu" and not attributes["per_step"])
        or (name == "softmax" and attributes["axis"] == "features")
        or (name == "merge" and attributes["function"] != "concat_steps")
    )


def read_at_padding(nodes: Sequence[ModelNode]) -> set[int]:
    """The values whose steps at masked ids some node reads, directly or through others."""
    found = {len(nodes)}
    for number, node in reversed(list(enumerate(nodes, start=1))):
        name = node.operation.name
        if node.masked and (name in ("recurrent", "softmax") or name == "reduce"):
            continue
        if name == "attention":
            found |= {node.inputs[0]} if number in found else set()
            found |= set() if node.masked else set(node.inputs[1:])
        elif not _is_by_step(node) or number in found:
            found |= set(node.inputs)
    return found
