"""Divides the logits of a network among the ids of a text: the readable reference for ``runtime/csrc/shares.c``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array, Function
    from drupelet.graph import Node
    from drupelet.linear_ending import LinearEnding


def shares_of(
    ending: LinearEnding,
    nodes: Sequence[Node],
    functions: Sequence[Function],
    weights: Sequence[Mapping[str, Array]],
    ids: Array,
) -> list[list[float]]:
    """What each of ids (count,) int32 adds to each logit, and at last what the bias adds: (count + 1, units).

    A number of a maximum or minimum is of the first step that has it, and of none where that is a zero of Keras's padding. An
    average or sum is of all steps. A last step, or the last state of a recurrent layer, is what each step has changed.
    """
    import numpy as np

    kernel, bias = (weights[ending.dense][role].astype(np.float64) for role in ("kernel", "bias"))
    shares = np.zeros((len(ids) + 1, len(bias)))
    shares[-1] = bias
    values: list[Array] = [ids]
    for number, (node, function, held) in enumerate(zip(nodes, functions, weights)):
        inputs = [values[read] for read in node.inputs]
        values.append(function(node.operation, inputs, held, len(ids)))
        place = ending.places.get(number)
        if place is None:
            continue
        fields = vars(node.operation)
        if node.operation.name == "recurrent":
            every_step = type(node.operation)(**{**fields, "returns": "steps"})
            parts = _changes(function(every_step, inputs, held, len(ids)), fields["units"], fields["direction"])
        elif fields["function"] in ("first", "last"):
            parts = _changes(inputs[0], inputs[0].shape[1], "forward" if fields["function"] == "last" else "backward")
        elif fields["function"] in ("average", "sum"):
            parts = inputs[0].astype(np.float64) / (len(ids) if fields["function"] == "average" and len(ids) else 1)
        else:
            parts = _winners(inputs[0], values[-1])
        shares[:-1] += parts @ kernel[place : place + parts.shape[1]]
    rows: list[list[float]] = shares.tolist()
    return rows


def _changes(steps: Array, units: int, direction: str) -> Array:
    """What each step has changed, in the order in which a direction reads; of both, side by side, each in its own order."""
    import numpy as np

    numbers = steps.astype(np.float64)
    if direction == "bidirectional":
        return np.hstack([_changes(steps[:, :units], units, "forward"), _changes(steps[:, units:], units, "backward")])
    if direction == "backward":
        return _changes(steps[::-1], units, "forward")[::-1]
    return np.diff(numbers, axis=0, prepend=np.zeros((1, numbers.shape[1])))


def _winners(steps: Array, vector: Array) -> Array:
    """The numbers of a maximum or minimum, each at the first step that has it, and zeros elsewhere."""
    import numpy as np

    parts = np.zeros(steps.shape)
    for feature, number in enumerate(vector):
        (found,) = np.nonzero(steps[:, feature] == number)
        if len(found):
            parts[found[0], feature] = number
    return parts
