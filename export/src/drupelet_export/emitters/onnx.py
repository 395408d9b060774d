"""Writes an ONNX file with one LSTM, GRU or RNN node for each recurrent layer, and no loop over the steps.

Inputs ``ids`` int32 (texts, tokens) and ``lengths`` int32 (texts,). Every recurrent node gets ``lengths`` as its
``sequence_lens``, and every operation that joins steps leaves those behind the end of a text out, so that texts of unequal
length stay exact in one batch. Where padding is part of the answer there is no ``lengths``, and ``ids`` is (texts, max_tokens).
Output ``logits`` float32 (texts, classes).

The graph is written node by node. tf2onnx turns a Keras GRU into a loop that takes ten times as long, and writes shape
arithmetic around an LSTM that costs up to 7 % (docs/decisions/0002-onnx-written-node-by-node.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from drupelet.engines.onnx_file import refuse_external_data
from drupelet.graph import Graph
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.emitters.onnx_operations.recurrent import NODE_ACTIVATIONS
from drupelet_export.emitters.onnx_operations.table import WRITERS
from drupelet_export.emitters.storage import Constant, Storage
from drupelet_export.errors import EmitError
from drupelet_export.model.description import ModelDescription

OPSET = 13
IR_VERSION = 7
"""The oldest versions that have every operator used here."""
OLDEST_ONNXRUNTIME = "1.15"
"""The oldest release that is tested; it has wheels for Python 3.11."""


def emit_onnx(model: ModelDescription) -> bytes:
    """The bytes of the ONNX file for a model after the passes, checked by onnx.

    Raises EmitError when the file has a loop over texts, or not one recurrent node for each layer and direction.
    """
    network = model.graph
    graph = _written(model)
    ids = helper.make_tensor_value_info(
        "ids", TensorProto.INT32, ["texts", network.max_tokens if network.padded else "tokens"]
    )
    inputs = [ids]
    if any("lengths" in node.input for node in graph.nodes):
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["texts"]))
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", network.types[-1].width])
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "drupelet", inputs, [logits], graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="drupelet",
    )
    onnx.checker.check_model(proto, full_check=True)
    _audit(proto, network)
    return bytes(proto.SerializeToString(deterministic=True))


def _written(model: ModelDescription) -> OnnxGraph:
    """The nodes and constants of a model."""
    network = model.graph
    graph = OnnxGraph(network.padded)
    names, types = ["ids_by_time"], network.types
    # Recurrent nodes expect time as the first axis. Transposing the ids is cheaper than transposing their vectors.
    graph.add("Transpose", ["ids"], "ids_by_time", perm=[1, 0])
    for number, node in enumerate(network.nodes):
        output = "logits" if number == len(network.nodes) - 1 else f"value_{number + 1}"
        call = Call(
            [names[read] for read in node.inputs],
            [types[read] for read in node.inputs],
            types[number + 1],
            output,
            model.weights(number),
            network.tensor_prefix(number),
        )
        WRITERS[node.operation.name](node.operation, call, graph)
        names.append(output)
    return graph


def _audit(proto: Any, network: Graph) -> None:
    """Raises EmitError unless the file has one recurrent node for each layer, ``lengths`` where its texts differ, and no loop.

    A Scan stands for one direction of a layer whose activations no recurrent node has.
    """
    types = network.types
    layers = [
        (vars(node.operation), types[node.inputs[0]]) for node in network.nodes if node.operation.name == "recurrent"
    ]
    recurrent = [node for node in proto.graph.node if node.op_type in ("LSTM", "GRU", "RNN")]
    scans = sum(node.op_type == "Scan" for node in proto.graph.node)
    expected_scans = sum(
        2 if layer["direction"] == "bidirectional" else 1
        for layer, _ in layers
        if not {layer["activation"], layer["recurrent_activation"]} <= NODE_ACTIVATIONS.keys()
    )
    whole = sum({layer["activation"], layer["recurrent_activation"]} <= NODE_ACTIVATIONS.keys() for layer, _ in layers)
    if (
        len(recurrent) != whole
        or scans != expected_scans
        or any(node.op_type in ("Loop", "If") for node in proto.graph.node)
    ):
        operators = sorted({node.op_type for node in proto.graph.node})
        raise EmitError(
            f"ONNX graph: {len(recurrent)} recurrent nodes and {scans} Scans, operators {', '.join(operators)}; expected "
            f"{whole} and {expected_scans}, and no Loop or If; report this bug"
        )
    exact = sum(steps.length is None for _, steps in layers)
    if exact == len(layers) and any("lengths" not in node.input for node in recurrent):
        raise EmitError("ONNX graph: a recurrent node without sequence_lens, expected lengths; report this bug")


def _constants(content: bytes) -> Iterator[tuple[None, Constant]]:
    refuse_external_data(content, "ONNX")
    for initializer in onnx.load_model_from_string(content).graph.initializer:
        array = numpy_helper.to_array(initializer)
        # A bidirectional layer stores both directions in one array.
        yield from ((None, part) for part in (array if array.ndim == 3 else [array]))


ONNX_STORAGE = Storage("onnx", _constants)
