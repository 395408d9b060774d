"""Writes an ONNX file with one LSTM or GRU node for each layer, and no loop.

Inputs ``ids`` int32 (texts, tokens) and ``lengths`` int32 (texts,). Every recurrent node gets ``lengths`` as its
``sequence_lens``, so that texts of unequal length stay exact in one batch. Where padding is part of the answer there is no
``lengths``, and ``ids`` is (texts, max_tokens). Output ``logits`` float32 (texts, units).

The graph is written node by node. tf2onnx turns a Keras GRU into a loop that takes ten times as long, and writes shape
arithmetic around an LSTM that costs up to 7 % (docs/decisions/0002-onnx-written-node-by-node.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from drupelet_export.emitters.storage import Constant, Storage
from drupelet_export.errors import EmitError
from drupelet_export.model.description import CellWeights, ModelDescription, RecurrentLayer
from drupelet_export.model.quantized import Array, Quantized, Tensor, kind_of, packed_nibbles, values_of

OPSET = 13
IR_VERSION = 7
"""The oldest versions that have every operator used here."""
OLDEST_ONNXRUNTIME = "1.15"
"""The oldest release that is tested; it has wheels for Python 3.11."""

_GATES = {"lstm": (0, 3, 1, 2), "gru": (0, 1, 2)}
"""For each of ONNX's gates, its place in Keras's order. LSTM: i, o, f, c in ONNX, i, f, c, o in Keras. GRU: z, r, h in both."""
_RECURRENT_ACTIVATIONS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "hard_sigmoid": "HardSigmoid", "relu": "Relu"}
_HARD_SIGMOID = {"alpha": 1 / 6, "beta": 0.5}


def emit_onnx(model: ModelDescription) -> bytes:
    """The bytes of the ONNX file for a model after the passes, checked by onnx. Raises EmitError when the graph has a loop,
    or not one recurrent node for each layer."""
    graph = _Graph(model)
    graph.build()
    network = model.architecture()
    ids = helper.make_tensor_value_info(
        "ids", TensorProto.INT32, ["texts", network.max_tokens if network.padded else "tokens"]
    )
    inputs = [ids] if network.padded else [ids, helper.make_tensor_value_info("lengths", TensorProto.INT32, ["texts"])]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", model.dense[-1].kernel.shape[1]])
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "drupelet", inputs, [logits], graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="drupelet",
    )
    onnx.checker.check_model(proto, full_check=True)
    _audit(proto, model)
    return bytes(proto.SerializeToString(deterministic=True))


def _audit(proto: Any, model: ModelDescription) -> None:
    """Raises EmitError unless the graph has one recurrent node for each layer, each with ``lengths``, and no loop."""
    recurrent = [node for node in proto.graph.node if node.op_type in ("LSTM", "GRU")]
    if len(recurrent) != len(model.recurrent) or any(
        node.op_type in ("Loop", "Scan", "If") for node in proto.graph.node
    ):
        ops = sorted({node.op_type for node in proto.graph.node})
        raise EmitError(
            f"ONNX graph: {len(recurrent)} recurrent nodes for {len(model.recurrent)} layers, operators {', '.join(ops)}; "
            "expected one node for each layer and no Loop, Scan or If; report this bug"
        )
    if not model.architecture().padded and any("lengths" not in node.input for node in recurrent):
        raise EmitError("ONNX graph: a recurrent node without sequence_lens, expected lengths; report this bug")


class _Graph:
    """A graph under construction: its nodes and constants."""

    def __init__(self, model: ModelDescription) -> None:
        self.model = model
        self.padded = model.architecture().padded
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Adds a node with one output, and returns the output's name."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Any) -> str:
        """Adds a constant, unless there is one of that name already. Returns the name."""
        if all(stored.name != name for stored in self.initializers):
            self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def axis(self, number: int) -> str:
        """The name of an int64 constant (1,) that holds the number of an axis."""
        return self.constant(f"axis_{number}", np.array([number], np.int64))

    def build(self) -> None:
        """Adds all nodes, from ids to logits."""
        model = self.model
        # Recurrent nodes expect time as the first axis. Transposing the ids is cheaper than transposing their vectors.
        by_time = self.add("Transpose", ["ids"], "ids_by_time", perm=[1, 0])
        steps = self.embedded(model.embedding, by_time)
        for place, layer in enumerate(model.recurrent):
            states, finals = self.recurrent(layer, place, steps)
            last = place == len(model.recurrent) - 1
            if last and model.pooling == "last":
                vector = self.merged_final(layer, place, finals)
            else:
                steps = self.merged_sequence(layer, place, states)
        if model.pooling != "last":
            vector = self.pooled(steps)
        for place, dense in enumerate(model.dense):
            prefix = f"dense.{place}"
            last = place == len(model.dense) - 1
            kernel = self.kernel(f"{prefix}.kernel", [dense.kernel])
            bias = self.constant(f"{prefix}.bias", dense.bias)
            plain = dense.activation == "linear"
            vector = self.add("Gemm", [vector, kernel, bias], "logits" if last and plain else f"{prefix}.linear")
            if not plain:
                vector = self.activation(dense.activation, vector, f"{prefix}.{dense.activation}")

    def embedded(self, embedding: Tensor, ids: str) -> str:
        """The embedding vectors of the ids, from rows in their stored form."""
        if not isinstance(embedding, Quantized):
            vectors = self.add("Gather", [self.constant("embedding", embedding), ids], "embedding.rows", axis=0)
            return vectors if embedding.dtype == np.float32 else self.to_float(vectors, "embedded")
        codes = self.add(
            "Gather", [self.constant("embedding.scale_codes", embedding.codes), ids], "embedding.codes", axis=0
        )
        places = self.add("Cast", [codes], "embedding.places", to=TensorProto.INT32)
        table = self.constant("embedding.scale_table", embedding.table)
        scales = self.add("Gather", [table, places], "embedding.scales", axis=0)
        column = self.add("Unsqueeze", [scales, self.axis(2)], "embedding.scale_column")
        stored = embedding.values if embedding.bits == 8 else packed_nibbles(embedding.values)
        gathered = self.add("Gather", [self.constant("embedding", stored), ids], "embedding.rows", axis=0)
        rows = self.to_float(gathered, "embedding.row_values")
        if embedding.bits == 4:
            rows = self.unpacked(rows, embedding.shape[1])
        return self.add("Mul", [rows, column], "embedded")

    def unpacked(self, pairs: str, columns: int) -> str:
        """Two int4 values of each byte, as floats: the low nibbles, then the high ones, each less 8."""
        sixteen = self.constant("sixteen", np.array(16, np.float32))
        sixteenth = self.add("Div", [pairs, sixteen], "embedding.sixteenths")
        high = self.add("Floor", [sixteenth], "embedding.high")
        shifted = self.add("Mul", [high, sixteen], "embedding.high_shifted")
        low = self.add("Sub", [pairs, shifted], "embedding.low")
        both = self.add("Concat", [low, high], "embedding.nibbles", axis=2)
        if columns % 2:
            bounds = [self.axis(0), self.constant("columns", np.array([columns], np.int64)), self.axis(2)]
            both = self.add("Slice", [both, *bounds], "embedding.sliced")
        return self.add("Sub", [both, self.constant("eight", np.array(8, np.float32))], "embedding.integers")

    def to_float(self, value: str, output: str) -> str:
        """A value as float32."""
        return self.add("Cast", [value], output, to=TensorProto.FLOAT)

    def kernel(self, name: str, kernels: list[Tensor], stacked: bool = False) -> str:
        """One float32 value from kernels (inputs, outputs): a single kernel as it is, or several ``stacked`` to
        (kernels, outputs, inputs)."""

        def stack(arrays: list[Any]) -> Any:
            return np.stack([array.T for array in arrays]) if stacked else arrays[0]

        integers = [kernel for kernel in kernels if isinstance(kernel, Quantized)]
        if not integers:
            stored = self.constant(name, stack(kernels))
            return stored if kind_of(kernels[0]) == "float32" else self.to_float(stored, f"{name}.float")
        # Not DequantizeLinear: onnxruntime fuses one before a Gemm into a product with int8 activations (0.003 off), and
        # runs one before an LSTM for every text. It computes a Cast and a Mul of constants once, when it loads the file.
        scales = np.stack([kernel.scales[:, None] if stacked else kernel.scales for kernel in integers])
        values = self.to_float(self.constant(name, stack([kernel.values for kernel in integers])), f"{name}.values")
        return self.add("Mul", [values, self.constant(f"{name}.scale", scales)], f"{name}.float")

    def recurrent(self, layer: RecurrentLayer, place: int, steps: str) -> tuple[str, str]:
        """Adds the LSTM or GRU node of a layer. Returns the names of its states (time, directions, texts, units) and of its
        last states (directions, texts, units)."""
        shape = layer.shape
        prefix = f"recurrent.{place}"
        cells = [layer.weights[way] for way in shape.passes]
        order = _GATES[shape.cell]
        names = [
            self.kernel(f"{prefix}.W", [_reordered(cell.kernel, order) for cell in cells], stacked=True),
            self.kernel(f"{prefix}.R", [_reordered(cell.recurrent_kernel, order) for cell in cells], stacked=True),
            self.constant(f"{prefix}.B", np.stack([_onnx_bias(layer, cell) for cell in cells])),
        ]
        gate, activation = _RECURRENT_ACTIVATIONS[shape.recurrent_activation], _RECURRENT_ACTIVATIONS[shape.activation]
        activations = [gate, activation, activation] if shape.cell == "lstm" else [gate, activation]
        attributes: dict[str, Any] = {
            "hidden_size": shape.units,
            "direction": {"backward": "reverse"}.get(shape.direction, shape.direction),
        }
        if activations != ["Sigmoid", "Tanh", "Tanh"][: len(activations)]:
            attributes["activations"] = activations * len(shape.passes)
            # One entry for each activation that has a parameter, in order. Activations without one take no entry.
            hard = sum(name == "HardSigmoid" for name in attributes["activations"])
            if hard:
                attributes["activation_alpha"] = [_HARD_SIGMOID["alpha"]] * hard
                attributes["activation_beta"] = [_HARD_SIGMOID["beta"]] * hard
        if shape.cell == "gru":
            attributes["linear_before_reset"] = int(shape.reset_after)
        outputs = [f"{prefix}.states", f"{prefix}.last"]
        inputs = [steps, *names, "" if self.padded else "lengths"]
        self.nodes.append(helper.make_node(shape.cell.upper(), inputs, outputs, name=prefix, **attributes))
        return outputs[0], outputs[1]

    def merged_final(self, layer: RecurrentLayer, place: int, finals: str) -> str:
        """(directions, texts, units) -> (texts, features)."""
        return self.merged(layer, f"recurrent.{place}.last", finals, way_axis=0)

    def merged_sequence(self, layer: RecurrentLayer, place: int, states: str) -> str:
        """(time, directions, texts, units) -> (time, texts, features)."""
        return self.merged(layer, f"recurrent.{place}.states", states, way_axis=1)

    def merged(self, layer: RecurrentLayer, prefix: str, states: str, way_axis: int) -> str:
        """The two directions merged, or the only one without its axis."""
        merge = layer.shape.merge
        output = f"{prefix}.{merge}"
        if merge == "none":
            return self.add("Squeeze", [states, self.axis(way_axis)], output)
        reduce = {"ave": "ReduceMean", "mul": "ReduceProd"}.get(merge)
        if reduce is not None:
            return self.add(reduce, [states], output, axes=[way_axis], keepdims=0)
        if merge == "sum":
            return self.add("ReduceSum", [states, self.axis(way_axis)], output, keepdims=0)
        halves = [f"{prefix}.forward", f"{prefix}.backward"]
        self.nodes.append(helper.make_node("Split", [states], halves, name=f"{prefix}.split", axis=way_axis))
        squeezed = [self.add("Squeeze", [half, self.axis(way_axis)], f"{half}.squeezed") for half in halves]
        return self.add("Concat", squeezed, output, axis=way_axis + 1)

    def pooled(self, steps: str) -> str:
        """(time, texts, features) -> (texts, features), over the tokens of each text only."""
        model = self.model
        if model.pooling == "average":
            if self.padded:
                return self.add("ReduceMean", [steps], "pooled", axes=[0], keepdims=0)
            # Recurrent nodes output zeros after the end of a text.
            total = self.add("ReduceSum", [steps, self.axis(0)], "total", keepdims=0)
            lengths = self.add("Cast", ["lengths"], "lengths_float", to=TensorProto.FLOAT)
            column = self.add("Unsqueeze", [lengths, self.axis(1)], "lengths_column")
            return self.add("Div", [total, column], "pooled")
        if self.padded:
            return self.add("ReduceMax", [steps], "pooled", axes=[0], keepdims=0)
        # (time, texts, 1), true for the steps of a text: the zeros after its end must not count for the maximum.
        shape = self.add("Shape", ["ids_by_time"], "shape")
        count = self.add("Gather", [shape, self.constant("zero", np.array(0, np.int64))], "time", axis=0)
        one = self.constant("one", np.array(1, np.int64))
        times = self.add("Range", [self.constant("zero", np.array(0, np.int64)), count, one], "times")
        lengths = self.add("Cast", ["lengths"], "lengths_long", to=TensorProto.INT64)
        column = self.add("Unsqueeze", [times, self.axis(1)], "times_column")
        inside = self.add("Less", [column, lengths], "inside")
        mask = self.add("Unsqueeze", [inside, self.axis(2)], "inside_steps")
        least = self.constant("least", np.array(np.finfo(np.float32).min, np.float32))
        visible = self.add("Where", [mask, steps, least], "visible")
        highest = self.add("ReduceMax", [visible], "highest", axes=[0], keepdims=0)
        # With fewer tokens than this, the maximum includes a vector of zeros. Without any token it is zero.
        below = self.constant("zero_below", np.array(model.pool_zero_below or 1, np.int64))
        short = self.add("Less", [lengths, below], "short")
        short_column = self.add("Unsqueeze", [short, self.axis(1)], "short_column")
        zero = self.constant("zero_float", np.array(0, np.float32))
        floor = self.add("Where", [short_column, zero, least], "floor")
        return self.add("Max", [highest, floor], "pooled")

    def activation(self, name: str, value: str, output: str) -> str:
        """Adds the activation of a dense layer."""
        simple = {
            "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "elu": "Elu", "selu": "Selu", "softsign": "Softsign"
        }  # fmt: skip
        if name in simple:
            return self.add(simple[name], [value], output)
        if name == "hard_sigmoid":
            return self.add("HardSigmoid", [value], output, **_HARD_SIGMOID)
        gate = self.add("Sigmoid", [value], f"{output}.gate")
        return self.add("Mul", [value, gate], output)


def _reordered(tensor: Tensor, order: tuple[int, ...]) -> Tensor:
    """A kernel (input_dim, gates * units) with its gates in ONNX's order."""

    def blocks(array: Any) -> Any:
        parts = np.split(array, len(order), axis=-1)
        return np.concatenate([parts[gate] for gate in order], axis=-1)

    if isinstance(tensor, Quantized):
        return Quantized(blocks(tensor.values), blocks(tensor.scales), tensor.axis, tensor.bits)
    reordered: Tensor = blocks(tensor)
    return reordered


def _onnx_bias(layer: RecurrentLayer, weights: CellWeights) -> Array:
    """The bias float32 (2 * gates * units,): input bias, then recurrent bias."""
    bias = weights.bias if layer.shape.reset_after else np.stack([weights.bias, np.zeros_like(weights.bias)])
    return values_of(_reordered(bias, _GATES[layer.shape.cell])).reshape(-1)


def _constants(content: bytes) -> Iterator[tuple[None, Constant]]:
    for initializer in onnx.load_model_from_string(content).graph.initializer:
        array = numpy_helper.to_array(initializer)
        # A bidirectional layer stores both directions in one array.
        yield from ((None, part) for part in (array if array.ndim == 3 else [array]))


ONNX_STORAGE = Storage("onnx", _constants)
