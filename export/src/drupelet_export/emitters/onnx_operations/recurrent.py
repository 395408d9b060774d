"""One LSTM, GRU or RNN node for a layer. Activations that these nodes do not have need a Scan."""

from __future__ import annotations

from typing import Any

import numpy as np

from drupelet.operations.recurrent import Recurrent
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.emitters.onnx_operations.recurrent_scan import scanned
from drupelet_export.model.quantized import Array, Quantized, Tensor, values_of

GATE_ORDER = {"lstm": (0, 3, 1, 2), "gru": (0, 1, 2), "rnn": (0,)}
"""For each of ONNX's gates, its place in Keras's order. LSTM: i, o, f, c in ONNX, i, f, c, o in Keras. GRU: z, r, h in both."""
NODE_ACTIVATIONS: dict[str, tuple[str, float | None, float | None]] = {
    "tanh": ("Tanh", None, None),
    "sigmoid": ("Sigmoid", None, None),
    "relu": ("Relu", None, None),
    "softsign": ("Softsign", None, None),
    "softplus": ("Softplus", None, None),
    "linear": ("Affine", 1.0, 0.0),
    "elu": ("Elu", 1.0, None),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "hard_sigmoid_2": ("HardSigmoid", 0.2, 0.5),
}
"""The activations of recurrent nodes: name, alpha, beta."""


def recurrent(operation: Recurrent, call: Call, graph: OnnxGraph) -> None:
    """Steps (time, texts, width) -> (time, texts, output), or the last states (texts, output)."""
    used = {operation.activation, operation.recurrent_activation}
    if not used <= NODE_ACTIVATIONS.keys():
        scanned(operation, call, graph)
        return
    states, h, c = _node(operation, call, graph)
    if operation.returns == "steps":
        _merged(operation, call, graph, states, way_axis=1)
        if call.result.length is None:
            graph.zero_ended.add(call.output)
    else:
        _merged(operation, call, graph, h if operation.returns == "last" else c, way_axis=0)


def _node(operation: Recurrent, call: Call, graph: OnnxGraph) -> tuple[str, str, str]:
    """Adds the recurrent node. Returns the names of its states (time, directions, texts, units), its last h and its last c
    (directions, texts, units)."""
    order = GATE_ORDER[operation.cell]

    def stacked(role: str) -> list[Tensor]:
        return [_reordered(call.weights[f"{way}.{role}"], order) for way in operation.passes]

    both = "both" if operation.direction == "bidirectional" else operation.direction
    names = [
        graph.kernel(f"{call.prefix}{both}.W", stacked("kernel"), stacked=True),
        graph.kernel(f"{call.prefix}{both}.R", stacked("recurrent_kernel"), stacked=True),
        graph.constant(
            f"{call.prefix}{both}.B", np.stack([_onnx_bias(operation, call, way) for way in operation.passes])
        ),
    ]
    initial = [graph.add("Unsqueeze", [state, graph.integers(0)], f"{call.output}.initial_{place}")
               for place, state in enumerate(call.inputs[1:])]  # fmt: skip
    exact = call.types[0].length is None
    wanted = {"steps": 0, "last": 1, "cell": 2}[operation.returns]
    outputs = [f"{call.output}.states", f"{call.output}.last", f"{call.output}.cell"]
    # An output that nobody reads has no name.
    written = [name if place == wanted else "" for place, name in enumerate(outputs)][: wanted + 1]
    attributes = _attributes(operation)
    node_name = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}[operation.cell]
    read = [call.inputs[0], *names, "lengths" if exact else "", *initial]
    graph.add_many(node_name, read, written, name=f"{call.output}.node",
                   **attributes)  # fmt: skip
    _name_outputs_of_equal_nodes(graph)
    if exact and operation.returns != "steps" and (initial or operation.cell == "rnn"):
        # Of a text without tokens, LSTM and GRU give zeros, RNN what stood in its memory (onnxruntime 1.15 to 1.19), Keras the
        # initial state.
        kept = initial[0 if operation.returns == "last" else 1] if initial else graph.number(0)
        empty = graph.add("Less", [graph.lengths(), graph.integer(1)], "is_empty")
        column = graph.add("Unsqueeze", [empty, graph.integers(0, 2)], "is_empty_state")
        outputs[wanted] = graph.add("Where", [column, kept, outputs[wanted]], f"{outputs[wanted]}.or_initial")
    return outputs[0], outputs[1], outputs[2]


def _name_outputs_of_equal_nodes(graph: OnnxGraph) -> None:
    """Names every output of the last node and of those that compute the same, when there are any.

    onnxruntime computes equal nodes once. It takes the outputs of the first, and fails where that one does not name them.
    """
    *earlier, last = graph.nodes
    equal = [
        node
        for node in earlier
        if (node.op_type, node.input, node.attribute) == (last.op_type, last.input, last.attribute)
    ]
    for node in [*equal, last] if equal else []:
        all_outputs = ("states", "last", "cell") if node.op_type == "LSTM" else ("states", "last")
        prefix = node.name.removesuffix(".node")
        node.output[:] = [f"{prefix}.{output}" for output in all_outputs]


def _attributes(operation: Recurrent) -> dict[str, Any]:
    """The attributes of the node. Activations are named only where they are not ONNX's own defaults."""
    gate, activation = NODE_ACTIVATIONS[operation.recurrent_activation], NODE_ACTIVATIONS[operation.activation]
    chosen = {"lstm": [gate, activation, activation], "gru": [gate, activation], "rnn": [activation]}[operation.cell]
    attributes: dict[str, Any] = {
        "hidden_size": operation.units,
        "direction": {"backward": "reverse"}.get(operation.direction, operation.direction),
    }
    names = [name for name, _, _ in chosen]
    if names != {"lstm": ["Sigmoid", "Tanh", "Tanh"], "gru": ["Sigmoid", "Tanh"], "rnn": ["Tanh"]}[operation.cell]:
        chosen = chosen * len(operation.passes)
        attributes["activations"] = [name for name, _, _ in chosen]
        # One entry for each activation that has a parameter, in order. Activations without one take no entry.
        for parameter, place in (("activation_alpha", 1), ("activation_beta", 2)):
            values = [entry[place] for entry in chosen if entry[place] is not None]
            if values:
                attributes[parameter] = values
    if operation.cell == "gru":
        attributes["linear_before_reset"] = int(operation.reset_after)
    return attributes


def _merged(operation: Recurrent, call: Call, graph: OnnxGraph, states: str, way_axis: int) -> None:
    """The two directions merged, or the only one without its axis."""
    merge, output = operation.merge, call.output
    reduce = {"ave": "ReduceMean", "mul": "ReduceProd"}.get(merge)
    if merge == "none":
        graph.add("Squeeze", [states, graph.integers(way_axis)], output)
    elif reduce is not None:
        graph.add(reduce, [states], output, axes=[way_axis], keepdims=0)
    elif merge == "sum":
        graph.add("ReduceSum", [states, graph.integers(way_axis)], output, keepdims=0)
    else:
        halves = [f"{output}.forward", f"{output}.backward"]
        graph.add_many("Split", [states], halves, axis=way_axis)
        squeezed = [graph.add("Squeeze", [half, graph.integers(way_axis)], f"{half}.squeezed") for half in halves]
        graph.add("Concat", squeezed, output, axis=-1)


def _reordered(tensor: Tensor, order: tuple[int, ...]) -> Tensor:
    """A kernel (width, gates * units) with its gates in ONNX's order."""

    def blocks(array: Any) -> Any:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[gate] for gate in order], axis=-1)

    if isinstance(tensor, Quantized):
        return Quantized(blocks(tensor.values), blocks(tensor.scales), tensor.axis, tensor.bits)
    reordered: Tensor = blocks(tensor)
    return reordered


def _onnx_bias(operation: Recurrent, call: Call, direction: str) -> Array:
    """The bias float32 (2 * gates * units,): input bias, then recurrent bias."""
    bias = values_of(call.weights[f"{direction}.bias"])
    both = bias if operation.reset_after else np.stack([bias, np.zeros_like(bias)])
    return values_of(_reordered(both, GATE_ORDER[operation.cell])).reshape(-1)
