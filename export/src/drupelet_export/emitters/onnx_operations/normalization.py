"""Statistics of the features of each step. onnxruntime makes its own fused operator of these nodes."""

from __future__ import annotations

from drupelet.operations.normalization import Normalization
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def normalization(operation: Normalization, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    [x] = call.inputs
    output = call.output
    if operation.function == "layer":
        mean = graph.add("ReduceMean", [x], f"{output}.mean", axes=[-1], keepdims=1)
        x = graph.add("Sub", [x, mean], f"{output}.centred")
    square = graph.add("Mul", [x, x], f"{output}.square")
    if operation.function == "unit":
        total = graph.add("ReduceSum", [square, graph.integers(-1)], f"{output}.total", keepdims=1)
        bounded = graph.add("Max", [total, graph.number(operation.epsilon)], f"{output}.bounded")
    else:
        total = graph.add("ReduceMean", [square], f"{output}.variance", axes=[-1], keepdims=1)
        bounded = graph.add("Add", [total, graph.number(operation.epsilon)], f"{output}.bounded")
    normal = graph.add("Div", [x, graph.add("Sqrt", [bounded], f"{output}.deviation")], f"{output}.normal")
    scale, shift = (
        graph.constant(f"{call.prefix}{role}", values_of(call.weights[role])) for role in ("scale", "shift")
    )
    graph.add("Add", [graph.add("Mul", [normal, scale], f"{output}.scaled"), shift], output)
