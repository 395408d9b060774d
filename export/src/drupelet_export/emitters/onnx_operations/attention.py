"""Attention as products of matrices, all heads at once."""

from __future__ import annotations

from drupelet.operations.attention import Attention
from drupelet_export.emitters.onnx_operations.onnx_graph import LEAST, Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def attention(operation: Attention, call: Call, graph: OnnxGraph) -> None:
    """query (m, texts, width), keys (n, texts, width), values (n, texts, value width) -> (m, texts, value width)."""
    query, keys, values = call.inputs
    output, heads = call.output, operation.heads
    exact = call.types[1].length is None
    asked = _by_head(query, call.types[0].width, heads, [1, 2, 0, 3], f"{output}.query", graph)
    given = _by_head(values, call.types[2].width, heads, [1, 2, 0, 3], f"{output}.values", graph)
    if operation.score == "dot":
        columns = _by_head(keys, call.types[1].width, heads, [1, 2, 3, 0], f"{output}.keys", graph)
        product = graph.add("MatMul", [asked, columns], f"{output}.product")
        scores = graph.add("Mul", [product, graph.number(operation.scale)], f"{output}.scores")
    else:
        scores = _additive(operation, call, asked, graph)
    if exact:
        by_text = graph.add("Transpose", [graph.inside()], "inside_by_text", perm=[1, 0])
        mask = graph.add("Unsqueeze", [by_text, graph.integers(1, 2)], "inside_keys")
        scores = graph.add("Where", [mask, scores, graph.number(float(LEAST))], f"{output}.visible")
    if operation.causal:
        seen = graph.add("LessOrEqual", [_places(call, 1, graph), _places(call, 0, graph)], f"{output}.seen")
        scores = graph.add("Where", [seen, scores, graph.number(float(LEAST))], f"{output}.causal")
    weights = graph.add("Softmax", [scores], f"{output}.weights", axis=-1)
    averages = graph.add("MatMul", [weights, given], f"{output}.averages")
    by_step = graph.add("Transpose", [averages], f"{output}.by_step", perm=[2, 0, 1, 3])
    shape = graph.integers(0, 0, call.result.width)
    if not exact or call.types[0].length is None:
        graph.add("Reshape", [by_step, shape], output)
        return
    joined = graph.add("Reshape", [by_step, shape], f"{output}.joined")
    is_empty = graph.add("Less", [graph.lengths(), graph.integer(1)], "is_empty")
    column = graph.add("Unsqueeze", [is_empty, graph.integers(0, 2)], "is_empty_steps")
    graph.add("Where", [column, graph.number(0), joined], output)


def _by_head(steps: str, width: int, heads: int, order: list[int], name: str, graph: OnnxGraph) -> str:
    """(time, texts, width) with its features split among the heads, and the axes (time, texts, head, feature) in an order."""
    split = graph.add("Reshape", [steps, graph.integers(0, 0, heads, width // heads)], f"{name}.split")
    return graph.add("Transpose", [split], f"{name}.by_head", perm=order)


def _additive(operation: Attention, call: Call, asked: str, graph: OnnxGraph) -> str:
    """The scores (texts, heads, m, n) of additive attention."""
    output, width = call.output, call.types[1].width
    keys = _by_head(call.inputs[1], width, operation.heads, [1, 2, 0, 3], f"{output}.keys", graph)
    rows = graph.add("Unsqueeze", [asked, graph.integers(3)], f"{output}.query_rows")
    columns = graph.add("Unsqueeze", [keys, graph.integers(2)], f"{output}.key_columns")
    pairs = graph.add("Add", [rows, columns], f"{output}.pairs")
    tanh = graph.add(
        "Tanh", [graph.add("Mul", [pairs, graph.number(operation.scale)], f"{output}.scaled")], f"{output}.tanh"
    )
    weight = graph.constant(f"{call.prefix}weight", values_of(call.weights["weight"]))
    shape = graph.integers(operation.heads, 1, 1, width // operation.heads)
    by_head = graph.add("Reshape", [weight, shape], f"{call.prefix}weight.by_head")
    return graph.add("ReduceSum", [graph.add("Mul", [tanh, by_head], f"{output}.weighted"), graph.integers(-1)],
                     f"{output}.scores", keepdims=0)  # fmt: skip


def _places(call: Call, which: int, graph: OnnxGraph) -> str:
    """The places of the queries (m, 1), or of the keys (n,), int64."""
    name = f"{call.output}.{'query' if which == 0 else 'key'}_places"
    length = call.types[which].length
    count = graph.time() if length is None else graph.integer(length)
    places = graph.add("Range", [graph.integer(0), count, graph.integer(1)], name)
    return graph.add("Unsqueeze", [places, graph.integers(1)], f"{name}.rows") if which == 0 else places
