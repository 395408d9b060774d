"""Mul and Add."""

from __future__ import annotations

from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def scale_shift(operation: ScaleShift, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    scale, shift = (
        graph.constant(f"{call.prefix}{role}", values_of(call.weights[role])) for role in ("scale", "shift")
    )
    graph.add("Add", [graph.add("Mul", [call.inputs[0], scale], f"{call.output}.scaled"), shift], call.output)
