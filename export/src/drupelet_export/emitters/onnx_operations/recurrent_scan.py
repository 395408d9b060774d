"""A recurrent layer as a Scan over its steps, for activations that ONNX's recurrent nodes do not have."""

from __future__ import annotations

from onnx import TensorProto, helper

from drupelet.operations.recurrent import Recurrent
from drupelet_export.emitters.onnx_operations.activation import activated
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def scanned(operation: Recurrent, call: Call, graph: OnnxGraph) -> None:
    """Steps (time, texts, width) -> (time, texts, output), or the last states (texts, output)."""
    parts = [_direction(operation, way, call, graph) for way in operation.passes]
    output = call.output
    if operation.merge == "none":
        graph.add("Identity", parts, output)
    elif operation.merge == "concat":
        graph.add("Concat", parts, output, axis=-1)
    elif operation.merge == "ave":
        graph.add("Mean", parts, output)
    else:
        graph.add({"sum": "Add", "mul": "Mul"}[operation.merge], parts, output)


def _direction(operation: Recurrent, way: str, call: Call, graph: OnnxGraph) -> str:
    """The states of one direction (time, texts, units), or its last h or c (texts, units)."""
    prefix, value = f"{call.prefix}{way}.", f"{call.output}.{way}"
    exact = call.types[0].length is None
    kernel = graph.kernel(f"{prefix}kernel", [call.weights[f"{way}.kernel"]])
    bias = values_of(call.weights[f"{way}.bias"])
    input_bias = graph.constant(f"{prefix}input_bias", bias[0] if operation.reset_after else bias)
    product = graph.add("MatMul", [call.inputs[0], kernel], f"{value}.product")
    inputs = graph.add("Add", [product, input_bias], f"{value}.inputs")
    recurrent_kernel = graph.kernel(f"{prefix}recurrent_kernel", [call.weights[f"{way}.recurrent_kernel"]])
    recurrent_bias = graph.constant(f"{prefix}recurrent_bias", bias[1]) if operation.reset_after else None
    states = ["h", "c"] if operation.cell == "lstm" else ["h"]
    initial = list(call.inputs[1:]) or [_zeros(operation, call, graph)] * len(states)
    body = OnnxGraph(graph.padded)
    after = _step(operation, body, recurrent_kernel, recurrent_bias)
    if exact:
        after = [
            body.add("Where", ["is_inside", new, old], f"{old}_kept") for old, new in zip(states, after, strict=True)
        ]
    body.add("Identity", [after[0]], "h_out")
    inner_inputs = [*states, "x", *(["is_inside"] if exact else [])]
    inner = helper.make_graph(
        body.nodes,
        f"{value}.step",
        [
            helper.make_tensor_value_info(name, TensorProto.BOOL if name == "is_inside" else TensorProto.FLOAT, None)
            for name in inner_inputs
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in [*after, "h_out"]],
        body.initializers,
    )
    sequences = [inputs, *([graph.inside_steps()] if exact else [])]
    outputs = [f"{value}.last", *([f"{value}.cell"] if operation.cell == "lstm" else []), f"{value}.states"]
    wanted = {"steps": -1, "last": 0, "cell": 1}[operation.returns]
    backward = int(way == "backward")
    graph.add_many(
        "Scan",
        [*initial, *sequences],
        outputs,  # onnxruntime refuses a Scan with an output that has no name
        name=f"{value}.scan",
        body=inner,
        num_scan_inputs=len(sequences),
        scan_input_directions=[backward] * len(sequences),
        scan_output_directions=[backward],
    )
    return outputs[wanted]


def _step(operation: Recurrent, body: OnnxGraph, recurrent_kernel: str, recurrent_bias: str | None) -> list[str]:
    """The states after one step, from x (texts, gates * units), which has its bias, and the states before."""
    units = operation.units

    def gate(value: str) -> str:
        return activated(operation.recurrent_activation, value, f"{value}.gate", body, alpha=1.0)

    def activation(value: str) -> str:
        return activated(operation.activation, value, f"{value}.active", body, alpha=1.0)

    if operation.cell == "gru" and not operation.reset_after:
        rows = [body.add("Slice", [recurrent_kernel, body.integers(start), body.integers(end), body.integers(1)], name)
                for name, start, end in (("kernel_zr", 0, 2 * units), ("kernel_h", 2 * units, 3 * units))]  # fmt: skip
        body.add_many("Split", ["x"], ["xz", "xr", "xh"], axis=1)
        body.add("MatMul", ["h", rows[0]], "h_zr")
        body.add_many("Split", ["h_zr"], ["hz", "hr"], axis=1)
        z = gate(body.add("Add", ["xz", "hz"], "z"))
        r = gate(body.add("Add", ["xr", "hr"], "r"))
        kept = body.add("Mul", [r, "h"], "reset")
        candidate = activation(body.add("Add", ["xh", body.add("MatMul", [kept, rows[1]], "hh")], "candidate"))
        return [_mixed(body, z, candidate)]
    product = body.add("MatMul", ["h", recurrent_kernel], "h_product")
    recurrent = product if recurrent_bias is None else body.add("Add", [product, recurrent_bias], "h_gates")
    if operation.cell == "gru":
        body.add_many("Split", ["x"], ["xz", "xr", "xh"], axis=1)
        body.add_many("Split", [recurrent], ["hz", "hr", "hh"], axis=1)
        z = gate(body.add("Add", ["xz", "hz"], "z"))
        r = gate(body.add("Add", ["xr", "hr"], "r"))
        reset = body.add("Mul", [r, "hh"], "reset")
        return [_mixed(body, z, activation(body.add("Add", ["xh", reset], "candidate")))]
    z = body.add("Add", ["x", recurrent], "z")
    if operation.cell == "rnn":
        return [activation(z)]
    body.add_many("Split", [z], ["zi", "zf", "zg", "zo"], axis=1)
    kept = body.add("Mul", [gate("zf"), "c"], "kept")
    added = body.add("Mul", [gate("zi"), activation("zg")], "added")
    cell = body.add("Add", [kept, added], "c_after")
    return [body.add("Mul", [gate("zo"), activation(cell)], "h_after"), cell]


def _mixed(body: OnnxGraph, z: str, candidate: str) -> str:
    """z h + (1 - z) candidate."""
    kept = body.add("Mul", [z, "h"], "kept")
    share = body.add("Sub", [body.number(1), z], "share")
    return body.add("Add", [kept, body.add("Mul", [share, candidate], "added")], "h_after")


def _zeros(operation: Recurrent, call: Call, graph: OnnxGraph) -> str:
    """Zeros (texts, units)."""
    shape = graph.add("Shape", ["ids_by_time"], "ids_shape")
    texts = graph.add("Slice", [shape, graph.integers(1), graph.integers(2)], "text_count")
    both = graph.add("Concat", [texts, graph.integers(operation.units)], f"state_shape_{operation.units}", axis=0)
    return graph.add("Expand", [graph.number(0), both], f"zeros_{operation.units}")
