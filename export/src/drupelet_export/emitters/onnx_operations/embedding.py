"""Gather of rows in their stored form."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from drupelet.operations.embedding import Embedding
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import Quantized, packed_nibbles


def embedding(operation: Embedding, call: Call, graph: OnnxGraph) -> None:
    """ids (time, texts) -> (time, texts, dim)."""
    [ids] = call.inputs
    table, name, value = call.weights["table"], f"{call.prefix}table", call.output
    if not isinstance(table, Quantized):
        stored = graph.constant(name, table)
        if table.dtype == np.float32:
            graph.add("Gather", [stored, ids], value, axis=0)
        else:
            graph.to_float(graph.add("Gather", [stored, ids], f"{value}.rows", axis=0), value)
        return
    codes = graph.add("Gather", [graph.constant(f"{name}.scale_codes", table.codes), ids], f"{value}.codes", axis=0)
    places = graph.add("Cast", [codes], f"{value}.places", to=TensorProto.INT32)
    scales = graph.add(
        "Gather", [graph.constant(f"{name}.scale_table", table.table), places], f"{value}.scales", axis=0
    )
    column = graph.add("Unsqueeze", [scales, graph.integers(2)], f"{value}.scale_column")
    integers = table.values if table.bits == 8 else packed_nibbles(table.values)
    gathered = graph.add("Gather", [graph.constant(name, integers), ids], f"{value}.rows", axis=0)
    rows = graph.to_float(gathered, f"{value}.row_values")
    if table.bits == 4:
        rows = _unpacked(rows, operation.dim, value, graph)
    graph.add("Mul", [rows, column], value)


def _unpacked(pairs: str, columns: int, value: str, graph: OnnxGraph) -> str:
    """Two int4 values of each byte, as floats: the low nibbles, then the high ones, each less 8."""
    sixteenths = graph.add("Div", [pairs, graph.number(16)], f"{value}.sixteenths")
    high = graph.add("Floor", [sixteenths], f"{value}.high")
    shifted = graph.add("Mul", [high, graph.number(16)], f"{value}.high_shifted")
    low = graph.add("Sub", [pairs, shifted], f"{value}.low")
    both = graph.add("Concat", [low, high], f"{value}.nibbles", axis=2)
    if columns % 2:
        bounds = [graph.integers(0), graph.integers(columns), graph.integers(2)]
        both = graph.add("Slice", [both, *bounds], f"{value}.sliced")
    return graph.add("Sub", [both, graph.number(8)], f"{value}.integers")
