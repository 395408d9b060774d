"""The steps of the tokens, gathered from those of the padded text."""

from __future__ import annotations

from drupelet.operations.strip import Strip
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def strip(operation: Strip, call: Call, graph: OnnxGraph) -> None:
    """(length, texts, width) -> (time, texts, width)."""
    [steps] = call.inputs
    length = call.types[0].length or 0
    if operation.side == "post":
        end = graph.add("Unsqueeze", [graph.time(), graph.integers(0)], "time_end")
        graph.add("Slice", [steps, graph.integers(0), end, graph.integers(0)], call.output)
        return
    missing = graph.add("Sub", [graph.integer(length), graph.lengths()], f"missing_{length}")
    shifted = graph.add("Add", [graph.times(), missing], f"stripped_{length}.shifted")
    places = graph.add("Min", [shifted, graph.integer(length - 1)], f"stripped_{length}.places")
    by_text = graph.add("Transpose", [places], f"stripped_{length}.by_text", perm=[1, 0])
    index = graph.add("Unsqueeze", [by_text, graph.integers(2)], f"stripped_{length}.index")
    found = graph.add("GatherND", [graph.batch_first(steps), index], f"{call.output}.found", batch_dims=1)
    graph.add("Transpose", [found], call.output, perm=[1, 0, 2])
