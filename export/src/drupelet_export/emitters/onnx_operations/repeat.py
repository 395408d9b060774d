"""Expand."""

from __future__ import annotations

from drupelet.operations.repeat import Repeat
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def repeat(operation: Repeat, call: Call, graph: OnnxGraph) -> None:
    """(texts, width), or (length, texts, width) -> (length * times, texts, width)."""
    [value] = call.inputs
    if call.types[0].kind == "vector":
        one = graph.add("Unsqueeze", [value, graph.integers(0)], f"{call.output}.one")
        graph.add("Expand", [one, graph.integers(operation.times, 1, 1)], call.output)
        return
    one = graph.add("Unsqueeze", [value, graph.integers(1)], f"{call.output}.one")
    many = graph.add("Expand", [one, graph.integers(1, operation.times, 1, 1)], f"{call.output}.many")
    length = call.result.length or 0
    graph.add("Reshape", [many, graph.integers(length, -1, call.result.width)], call.output)
