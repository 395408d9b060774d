"""PRelu."""

from __future__ import annotations

from drupelet.operations.prelu import PRelu
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def prelu(operation: PRelu, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    slope = graph.constant(f"{call.prefix}slope", values_of(call.weights["slope"]))
    if operation.per_step:
        slope = graph.add("Unsqueeze", [slope, graph.integers(1)], f"{call.prefix}slope.steps")
    graph.add("PRelu", [call.inputs[0], slope], call.output)
