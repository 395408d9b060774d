"""Each step of the padded text, gathered from the steps of the tokens."""

from __future__ import annotations

from drupelet.operations.restore import Restore
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph


def restore(operation: Restore, call: Call, graph: OnnxGraph) -> None:
    """(time, texts) or (time, texts, width) -> (length, texts, ...)."""
    [value] = call.inputs
    name, is_ids = f"restored_{operation.side}_{operation.length}", call.types[0].kind == "ids"
    places = graph.add(
        "Unsqueeze", [_range(operation.length, graph), graph.integers(1)], f"steps_{operation.length}_column"
    )
    if operation.side == "pre":
        missing = graph.add("Sub", [graph.integer(operation.length), graph.lengths()], f"{name}.missing")
        places = graph.add("Sub", [places, missing], f"{name}.places")
    else:
        no_text = graph.add("Mul", [graph.lengths(), graph.integer(0)], "no_shift")
        places = graph.add("Add", [places, no_text], f"{name}.places")
    last = graph.add(
        "Max", [graph.add("Sub", [graph.lengths(), graph.integer(1)], "last_places"), graph.integer(0)], "last_or_0"
    )
    within = graph.add("Min", [graph.add("Max", [places, graph.integer(0)], f"{name}.from_0"), last], f"{name}.within")
    gathered = _gathered(value, within, is_ids, call.output, name, graph)
    is_token = graph.add("Equal", [places, within], f"{name}.is_token_or_empty")
    has_tokens = graph.add("Greater", [graph.lengths(), graph.integer(0)], "has_tokens")
    repeats = (operation.fill, operation.side) in (("previous", "post"), ("next", "pre"))
    if repeats:
        keep = graph.add("Unsqueeze", [has_tokens, graph.integers(0)], "has_tokens_row")
    else:
        keep = graph.add("And", [is_token, has_tokens], f"{name}.is_token")
    if is_ids:
        zero = graph.add("Cast", [graph.number(0)], "zero_id", to=6)
        graph.add("Where", [keep, gathered, zero], call.output)
        return
    mask = graph.add("Unsqueeze", [keep, graph.integers(2)], f"{keep}_steps")
    graph.add("Where", [mask, gathered, graph.number(0)], call.output)


def _range(length: int, graph: OnnxGraph) -> str:
    return graph.add("Range", [graph.integer(0), graph.integer(length), graph.integer(1)], f"steps_{length}")


def _gathered(value: str, places: str, is_ids: bool, output: str, name: str, graph: OnnxGraph) -> str:
    """The step of each text at each place (length, texts)."""
    if is_ids:
        return graph.add("GatherElements", [value, places], f"{output}.gathered", axis=0)
    by_text = graph.add("Transpose", [places], f"{name}.by_text", perm=[1, 0])
    index = graph.add("Unsqueeze", [by_text, graph.integers(2)], f"{name}.index")
    found = graph.add("GatherND", [graph.batch_first(value), index], f"{output}.found", batch_dims=1)
    return graph.add("Transpose", [found], f"{output}.gathered", perm=[1, 0, 2])
