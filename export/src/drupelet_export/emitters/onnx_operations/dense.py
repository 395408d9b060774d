"""Gemm on a vector; MatMul and Add on steps."""

from __future__ import annotations

from drupelet.operations.dense import Dense
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def dense(operation: Dense, call: Call, graph: OnnxGraph) -> None:
    """(..., width) -> (..., units)."""
    kernel = graph.kernel(f"{call.prefix}kernel", [call.weights["kernel"]])
    bias = graph.constant(f"{call.prefix}bias", values_of(call.weights["bias"]))
    if call.result.kind == "vector":
        graph.add("Gemm", [call.inputs[0], kernel, bias], call.output)
    else:
        graph.add("Add", [graph.add("MatMul", [call.inputs[0], kernel], f"{call.output}.product"), bias], call.output)
