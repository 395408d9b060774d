"""Files for onnxruntime, OpenVINO and tract, made from the ONNX file of a bundle: for one length, and with int8 weights."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

LENGTHS = "lengths"


def write_variants(folder: Path, with_int8: bool) -> None:
    """Writes ``padded.f32.onnx`` and ``exact.f32.onnx`` from the bundle in ``folder``, and both as int8."""
    padded = onnx.load(str(folder / "bundle" / "model.f32.onnx"))
    for kind, model in (("padded", padded), ("exact", for_one_length(padded))):
        path = folder / f"{kind}.f32.onnx"
        onnx.save(model, str(path))
        if with_int8:
            quantize(path, folder / f"{kind}.int8.onnx")


def for_one_length(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph for texts of as many tokens as ``ids`` has columns: without ``lengths``, and without what masks padding.

    OpenVINO and tract refuse an LSTM with a length for each text, and a single text needs none.
    """
    exact = onnx.ModelProto()
    exact.CopyFrom(model)
    graph = exact.graph
    length = "every_length"
    made = [
        helper.make_node("Shape", ["ids"], ["ids_extent"]),
        helper.make_node("Gather", ["ids_extent", "tokens_axis"], [length], axis=0),
    ]
    nodes = []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] == LENGTHS:
            node = helper.make_node("Identity", [length], list(node.output))
        elif node.op_type == "LSTM" and len(node.input) > 4:
            node.input[4] = ""
        elif node.op_type == "Where" and node.input[0].startswith("inside"):
            node = helper.make_node("Identity", [node.input[1]], list(node.output))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(_needed([*made, *nodes], {output.name for output in graph.output}))
    inputs = [value for value in graph.input if value.name != LENGTHS]
    del graph.input[:]
    graph.input.extend(inputs)
    graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "tokens_axis"))
    used = {name for node in graph.node for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(tensors)
    if LENGTHS in used:
        raise ValueError("the graph reads lengths in a way that for_one_length does not know")
    onnx.checker.check_model(exact)
    return exact


def quantize(source: Path, target: Path) -> None:
    """The dynamic int8 quantization that onnxruntime documents, per channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    logging.getLogger().setLevel(logging.ERROR)  # it advises a preparation that is done here
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, per_channel=True)


def _needed(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    """The nodes that outputs depend on, in their order."""
    wanted = set(outputs)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]
