"""MatMul of two values whose axes stand where it sums."""

from __future__ import annotations

from drupelet.operations.dot import Dot
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def dot(operation: Dot, call: Call, graph: OnnxGraph) -> None:
    """What is left of the axes of a, then of b."""
    output = call.output
    a = _matrix(call, 0, operation.a_axis, operation.normalize, graph)
    b = _matrix(call, 1, operation.b_axis, operation.normalize, graph)
    product = graph.add("MatMul", [a, b], f"{output}.product")
    kinds = [value.kind for value in call.types]
    if kinds == ["steps", "steps"]:
        graph.add("Transpose", [product], output, perm=[1, 0, 2])
    else:
        graph.add("Squeeze", [product, graph.integers(2 if kinds[0] == "steps" else 1)], output)


def _matrix(call: Call, which: int, axis: str, normalize: bool, graph: OnnxGraph) -> str:
    """An input as (texts, rest, summed) for a, (texts, summed, rest) for b; a vector has a rest of 1."""
    value, kind = call.inputs[which], call.types[which]
    name = f"{call.output}.{'ab'[which]}"
    if kind.kind == "vector":
        value = _normal(value, -1, name, graph) if normalize else value
        return graph.add("Unsqueeze", [value, graph.integers(1 if which == 0 else 2)], f"{name}.matrix")
    if axis == "steps" and kind.length is None:
        value = graph.visible(value, 0)
    if normalize:
        value = _normal(value, 0 if axis == "steps" else -1, name, graph)
    summed_last = which == 0
    order = [1, 2, 0] if (axis == "steps") == summed_last else [1, 0, 2]
    return graph.add("Transpose", [value], f"{name}.matrix", perm=order)


def _normal(value: str, axis: int, name: str, graph: OnnxGraph) -> str:
    """The value divided by its norm along an axis."""
    square = graph.add("Mul", [value, value], f"{name}.square")
    total = graph.add("ReduceSum", [square, graph.integers(axis)], f"{name}.total", keepdims=1)
    norm = graph.add("Sqrt", [graph.add("Max", [total, graph.number(1e-12)], f"{name}.bounded")], f"{name}.norm")
    return graph.add("Div", [value, norm], f"{name}.normal")
