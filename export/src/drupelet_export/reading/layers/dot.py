"""The layer Dot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.operations.dot import Dot
from drupelet.operations.reshape import Reshape
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.merge import merge_inputs
from drupelet_export.reading.layers.value import Value


def product(call: Call, a: Value, b: Value, a_axis: Any, b_axis: Any, normalize: bool = False) -> Value:
    """What is left of the axes of a, then of b, after the product was summed over one axis of each."""
    a, b = call.numeric(a), call.numeric(b)
    a_along, b_along = call.axis(a_axis, a), call.axis(b_axis, b)
    if "batch" in (a_along, b_along):
        call.refuse("sums over the texts of a batch")
    ranks = call.rank(a), call.rank(b)
    if (a.layout, a_along, b_along, ranks[1]) == ("row", "features", "steps", 3):
        summed = call.add(Dot("steps", "steps", normalize), [a.number, call.plain(b)])
        return call.add(Reshape(None, call.type(summed).width), [summed])
    if (b.layout, a_along, b_along, ranks[0]) == ("row", "steps", "features", 3):
        return product(call, b, a, b_axis, a_axis, normalize)
    if ranks == (3, 2) and a_along == b_along == "features" and b.layout == "plain":
        step = call.add(Reshape(1, call.type(b).width), [b])
        return Value(call.add(Dot("features", "features", normalize), [a, step]).number, "row")
    if ranks == (2, 3) and a_along == b_along == "features" and a.layout == "plain":
        return product(call, b, a, b_axis, a_axis, normalize)
    if ranks == (2, 2) and a.layout == b.layout == "row":
        summed = call.add(Dot("steps", "steps", normalize), [a.number, b.number])
        return call.add(Reshape(None, 1), [summed])
    return call.add(Dot(a_along, b_along, normalize), [a, b])


def _dot(layer: Any, call: Call) -> Value:
    a, b = merge_inputs(call)
    axes = layer.axes if isinstance(layer.axes, (list, tuple)) else (layer.axes, layer.axes)
    return product(call, a, b, axes[0], axes[1], bool(layer.normalize))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Dot: _dot}
