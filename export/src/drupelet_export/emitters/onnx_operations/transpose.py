"""Transpose."""

from __future__ import annotations

from drupelet.operations.transpose import Transpose
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def transpose(operation: Transpose, call: Call, graph: OnnxGraph) -> None:
    """(length, texts, width) -> (width, texts, length)."""
    graph.add("Transpose", call.inputs, call.output, perm=[2, 1, 0])
