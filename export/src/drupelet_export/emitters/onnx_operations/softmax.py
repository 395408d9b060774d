"""Softmax and LogSoftmax."""

from __future__ import annotations

from drupelet.operations.softmax import Softmax
from drupelet_export.emitters.onnx_operations.onnx_graph import LEAST, Call, OnnxGraph


def softmax(operation: Softmax, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    [value] = call.inputs
    name = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[operation.function]
    if operation.axis == "steps" and call.result.length is None:
        value = graph.visible(value, float(LEAST))
    graph.add(name, [value], call.output, axis=0 if operation.axis == "steps" else -1)
