"""Concatenation, and arithmetic number by number. A vector (texts, width) meets steps (time, texts, width) as numpy has it."""

from __future__ import annotations

from drupelet.operations.merge import Merge
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def merge(operation: Merge, call: Call, graph: OnnxGraph) -> None:
    """Two or more values -> one."""
    function, output = operation.function, call.output
    if function in ("concat", "concat_steps"):
        graph.add("Concat", call.inputs, output, axis=-1 if function == "concat" else 0)
        if all(name in graph.zero_ended for name in call.inputs):
            graph.zero_ended.add(output)
        return
    many = {"average": "Mean", "maximum": "Max", "minimum": "Min"}.get(function)
    if many is not None:
        graph.add(many, call.inputs, output)
        return
    name = {"add": "Add", "multiply": "Mul", "subtract": "Sub"}[function]
    joined, *rest = call.inputs
    for place, value in enumerate(rest):
        joined = graph.add(name, [joined, value], output if place == len(rest) - 1 else f"{output}.{place}")
