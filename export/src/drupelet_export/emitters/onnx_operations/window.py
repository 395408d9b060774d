"""Slice and Pad."""

from __future__ import annotations

from drupelet.operations.window import Window
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def window(operation: Window, call: Call, graph: OnnxGraph) -> None:
    """(length, texts, width) -> fewer or more steps."""
    [steps] = call.inputs
    zeros = operation.zeros_first or operation.zeros_last
    length = call.types[0].length or 0
    ends = [graph.integers(operation.drop_first), graph.integers(length - operation.drop_last), graph.integers(0)]
    kept = graph.add("Slice", [steps, *ends], f"{call.output}.kept" if zeros else call.output)
    if zeros:
        pads = graph.integers(operation.zeros_first, 0, 0, operation.zeros_last, 0, 0)
        graph.add("Pad", [kept, pads], call.output)
