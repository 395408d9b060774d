"""ReverseSequence, or a Slice backwards where all texts are as long."""

from __future__ import annotations

from drupelet.operations.reverse import Reverse
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def reverse(operation: Reverse, call: Call, graph: OnnxGraph) -> None:
    """The same shape."""
    [steps] = call.inputs
    if call.result.length is None:
        graph.add("ReverseSequence", [steps, graph.lengths()], call.output, batch_axis=1, time_axis=0)
        return
    ends = [graph.integers(-1), graph.integers(-(call.result.length + 1)), graph.integers(0), graph.integers(-1)]
    graph.add("Slice", [steps, *ends], call.output)
