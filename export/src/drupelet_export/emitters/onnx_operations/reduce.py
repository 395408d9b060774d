"""Reductions over the steps of each text."""

from __future__ import annotations

from drupelet.operations.reduce import Reduce
from drupelet_export.emitters.onnx_operations.onnx_graph import LEAST, Call, OnnxGraph


def reduce(operation: Reduce, call: Call, graph: OnnxGraph) -> None:
    """(time, texts, width) -> (texts, width)."""
    [steps] = call.inputs
    function, output = operation.function, call.output
    if call.types[0].length is not None:
        _of_all(function, steps, call.types[0].length, output, graph)
    elif function == "average":
        total = graph.add("ReduceSum", [graph.visible(steps, 0), graph.integers(0)], f"{output}.total", keepdims=0)
        lengths = graph.to_float("lengths", "lengths_float")
        graph.add("Div", [total, graph.add("Unsqueeze", [lengths, graph.integers(1)], "lengths_column")], output)
    elif function == "sum":
        graph.add("ReduceSum", [graph.visible(steps, 0), graph.integers(0)], output, keepdims=0)
    elif function == "max":
        _maximum(operation, steps, output, graph)
    elif function == "min":
        lowest = graph.add("ReduceMin", [graph.visible(steps, float(-LEAST))], f"{output}.lowest", axes=[0], keepdims=0)
        is_empty = _is_short(1, graph)
        graph.add("Where", [is_empty, graph.number(0), lowest], output)
    else:
        place = graph.integer(0)
        if function == "last":
            place = graph.add("Sub", [graph.lengths(), graph.integer(1)], "last_places")
        chosen = graph.add("Equal", [graph.times(), place], f"is_{function}")
        alone = graph.add("And", [chosen, graph.inside()], f"is_{function}_inside")
        mask = graph.add("Unsqueeze", [alone, graph.integers(2)], f"is_{function}_step")
        kept = graph.add("Where", [mask, steps, graph.number(0)], f"{output}.kept")
        graph.add("ReduceSum", [kept, graph.integers(0)], output, keepdims=0)


def _of_all(function: str, steps: str, length: int, output: str, graph: OnnxGraph) -> None:
    """A reduction over steps of a fixed number, all of which count."""
    if function in ("first", "last"):
        place = graph.integer(0 if function == "first" else length - 1)
        graph.add("Gather", [steps, place], output, axis=0)
    elif function == "sum":
        graph.add("ReduceSum", [steps, graph.integers(0)], output, keepdims=0)
    else:
        name = {"max": "ReduceMax", "min": "ReduceMin", "average": "ReduceMean"}[function]
        graph.add(name, [steps], output, axes=[0], keepdims=0)


def _maximum(operation: Reduce, steps: str, output: str, graph: OnnxGraph) -> None:
    """With fewer tokens than ``zero_below``, the maximum includes a vector of zeros. Without any token it is zero."""
    highest = graph.add("ReduceMax", [graph.visible(steps, float(LEAST))], f"{output}.highest", axes=[0], keepdims=0)
    is_short = _is_short(max(operation.zero_below or 1, 1), graph)
    floor = graph.add("Where", [is_short, graph.number(0), graph.number(float(LEAST))], f"{output}.floor")
    graph.add("Max", [highest, floor], output)


def _is_short(tokens: int, graph: OnnxGraph) -> str:
    """(texts, 1) bool: the text has fewer tokens."""
    short = graph.add("Less", [graph.lengths(), graph.integer(tokens)], f"is_below_{tokens}")
    return graph.add("Unsqueeze", [short, graph.integers(1)], f"is_below_{tokens}_column")
