"""Folds a scale and shift of features, such as a BatchNormalization, into the layers before it or behind it.

before:  convolution -> scale_shift -> relu          relu -> scale_shift -> dense
after:   convolution -> relu                         relu -> dense

Before it stands a dense layer or a convolution, which then computes (x kernel + bias) scale + shift itself. Behind it stand
dense layers, convolutions without zeros around their input, or recurrent layers: they read x scale + shift. It is folded only
where every node that reads the value can take it, and never into weights that nodes share. Exact but for rounding: new weights
are computed in float64 and rounded to float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drupelet.operations.convolution import Convolution
from drupelet_export.model.description import ModelDescription, ModelNode, frozen
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.model.graph_builder import GraphBuilder
from drupelet_export.model.quantized import Tensor, values_of
from drupelet_export.passes.pipeline import Pass, probe_texts

TOLERANCE = 1e-4
"""Largest change of a logit. Rounded weights change a logit by some 1e-7 of the largest numbers on its way."""

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class _Affine:
    """What a scale_shift does: x scale + shift, (width,) each."""

    scale: Weights
    shift: Weights

    def before(self, node: ModelNode, weights: Mapping[str, Weights], role: str) -> Weights:
        """A tensor of a node that reads the value, so that it reads what is scaled instead."""
        kernel_role = f"{role.rpartition('.')[0]}.kernel".lstrip(".")
        kernel, name = weights[kernel_role], role.rpartition(".")[2]
        scale, shift = (self._of_rows(each, node, kernel) for each in (self.scale, self.shift))
        if name == "kernel":
            return np.asarray(scale * kernel)
        if name != "bias":
            return weights[role]
        bias = weights[role].copy()
        bias[(0,) if bias.ndim == 2 else ...] += (shift * kernel).sum(axis=0)  # a GRU with reset_after has two biases
        return bias

    def behind(self, weights: Mapping[str, Weights], role: str) -> Weights:
        """A tensor of the node that gives the value, so that it gives what is scaled and shifted."""
        return weights[role] * self.scale + (self.shift if role == "bias" else 0)

    @staticmethod
    def _of_rows(features: Weights, node: ModelNode, kernel: Weights) -> Weights:
        """Numbers of features as numbers of a kernel: (rows, 1), or (rows, columns) where filters read their own group."""
        if not isinstance(node.operation, Convolution):
            return features[:, None]
        operation = node.operation
        grouped = features.reshape(operation.groups, -1)  # by group of filters
        by_filter = np.repeat(grouped, operation.filters // operation.groups, axis=0).T
        return np.tile(by_filter, (operation.kernel_size, 1))


def fold(model: ModelDescription) -> ModelDescription:
    """The model with every scale_shift folded that can be; the model itself where there is none."""
    folded = model
    number = 0
    while number < len(folded.nodes):
        after = _without(folded, number) if folded.nodes[number].operation.name == "scale_shift" else None
        if after is None:
            number += 1
        else:
            folded = after
    return folded if folded is model or _agree(model, folded) else model


def _agree(model: ModelDescription, folded: ModelDescription) -> bool:
    """Whether answers stay within the tolerance: where numbers nearly cancel, rounding may cost more."""
    pairs = [(evaluate_text(model, text), evaluate_text(folded, text)) for text in probe_texts(model)]
    return all(np.allclose(a, b, rtol=0, atol=TOLERANCE, equal_nan=True) for a, b in pairs)


def _without(model: ModelDescription, number: int) -> ModelDescription | None:
    """The model without this scale_shift, None where it cannot be folded."""
    node = model.nodes[number]
    [read] = node.inputs
    owned = [each for each in model.nodes if each.weights_of == number]
    is_last = number == len(model.nodes) - 1
    if node.weights_of is not None or owned or (is_last and read != number):
        return None
    held = {role: values_of(tensor).astype(np.float64) for role, tensor in model.weights(number).items()}
    affine = _Affine(held["scale"], held["shift"])
    if read and _readers(model, read) == [number] and _takes(model, read - 1, ("dense", "convolution")):
        weights = _weights(model, read - 1)
        return _removed(model, number, {read - 1: {role: affine.behind(weights, role) for role in weights}})
    readers = _readers(model, number + 1)
    if readers and all(_takes_before(model, reader, number + 1) for reader in readers):
        changed = {}
        for reader in readers:
            weights = _weights(model, reader)
            changed[reader] = {role: affine.before(model.nodes[reader], weights, role) for role in weights}
        return _removed(model, number, changed)
    return None


def _readers(model: ModelDescription, value: int) -> list[int]:
    return [number for number, node in enumerate(model.nodes) if value in node.inputs]


def _weights(model: ModelDescription, number: int) -> dict[str, Weights]:
    return {role: values_of(tensor).astype(np.float64) for role, tensor in model.weights(number).items()}


def _takes(model: ModelDescription, number: int, names: tuple[str, ...]) -> bool:
    """Whether a node is of these operations, with weights that no other node has."""
    node = model.nodes[number]
    is_shared = node.weights_of is not None or any(each.weights_of == number for each in model.nodes)
    return node.operation.name in names and not is_shared


def _takes_before(model: ModelDescription, number: int, value: int) -> bool:
    """Whether a node can scale what it reads itself: its first input alone is the value, and no zeros stand around it."""
    node = model.nodes[number]
    has_zeros = isinstance(node.operation, Convolution) and (node.operation.left or node.operation.right)
    return (
        _takes(model, number, ("dense", "convolution", "recurrent"))
        and not has_zeros
        and (node.inputs[0] == value and value not in node.inputs[1:])
    )


def _removed(model: ModelDescription, number: int, changed: Mapping[int, Mapping[str, Weights]]) -> ModelDescription:
    """The model without a node, whose readers read what it read; with other tensors of other nodes."""
    built = GraphBuilder()
    [instead] = model.nodes[number].inputs
    values = {0: 0}
    for place, node in enumerate(model.nodes):
        if place == number:
            values[place + 1] = values[instead]
            continue
        tensors: Mapping[str, Tensor] = model.weights(place)
        if place in changed:
            tensors = {role: frozen(held) for role, held in changed[place].items()}
        values[place + 1] = built.add(
            node.operation,
            [values[read] for read in node.inputs],
            None if node.weights_of is not None else tensors,
            weights_of=None if node.weights_of is None else values[node.weights_of + 1],
            layer=node.layer,
            masked=node.masked,
            zero_output=node.zero_output,
        )
    return replace(model, nodes=built.nodes, tensors=built.tensors)


def _ensures(model: ModelDescription) -> str | None:
    return None if fold(model) is model else "there is a scale_shift that could be folded"


FOLD = Pass("fold", fold, lambda model: None, _ensures, TOLERANCE)
