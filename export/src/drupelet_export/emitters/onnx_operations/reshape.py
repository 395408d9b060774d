"""Reshape, with the texts as the first axis."""

from __future__ import annotations

from drupelet.operations.reshape import Reshape
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def reshape(operation: Reshape, call: Call, graph: OnnxGraph) -> None:
    """Row-major order of each text."""
    [value] = call.inputs
    if call.types[0].kind == "steps":
        value = graph.batch_first(value)
    if operation.length is None:
        graph.add("Reshape", [value, graph.integers(0, operation.width)], call.output)
        return
    steps = graph.add(
        "Reshape", [value, graph.integers(0, operation.length, operation.width)], f"{call.output}.by_text"
    )
    graph.add("Transpose", [steps], call.output, perm=[1, 0, 2])
