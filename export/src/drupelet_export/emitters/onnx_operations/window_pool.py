"""MaxPool and AveragePool over the steps."""

from __future__ import annotations

from typing import Any

from drupelet.operations.window_pool import WindowPool
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def window_pool(operation: WindowPool, call: Call, graph: OnnxGraph) -> None:
    """(length, texts, width) -> (output length, texts, width)."""
    features_first = graph.add("Transpose", [call.inputs[0]], f"{call.output}.input", perm=[1, 2, 0])
    attributes: dict[str, Any] = {
        "kernel_shape": [operation.size],
        "strides": [operation.stride],
        "pads": [operation.left, operation.right],
    }
    if operation.function == "average":
        attributes["count_include_pad"] = 0
    name = {"max": "MaxPool", "average": "AveragePool"}[operation.function]
    pooled = graph.add(name, [features_first], f"{call.output}.by_feature", **attributes)
    graph.add("Transpose", [pooled], call.output, perm=[2, 0, 1])
