"""Nodes and constants of an ONNX graph under construction, and what stands behind the end of a text."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from drupelet_export.emitters.onnx_operations.onnx_graph import LEAST, OnnxGraph
from drupelet_export.passes.rounding import quantize_columns

RANDOM = np.random.default_rng(0)
KERNELS = [RANDOM.normal(size=(3, 4)).astype(np.float32) for _ in range(2)]


def run(graph, output, **feed):
    """The value of a name, computed from the inputs that are fed."""
    kinds = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}
    inputs = [helper.make_tensor_value_info(name, kinds[str(fed.dtype)], None) for name, fed in feed.items()]
    kind = TensorProto.BOOL if output.startswith("inside") else TensorProto.FLOAT
    outputs = [helper.make_tensor_value_info(output, kind, None)]
    made = helper.make_graph(graph.nodes, "graph", inputs, outputs, graph.initializers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([output], feed)[0]


def test_a_name_is_written_once():
    graph = OnnxGraph(padded=False)
    assert graph.number(0.5) == graph.number(0.5)
    assert graph.integers(1) != graph.integer(1) != graph.number(1)
    assert len(graph.initializers) == 4
    for _ in range(2):
        assert graph.add("Relu", ["x"], "y") == "y"
    assert [node.op_type for node in graph.nodes] == ["Relu"]


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("scheme", ["float32", "float16", "int8"])
def test_a_kernel_has_its_values_whatever_it_is_stored_as(scheme, stacked):
    graph = OnnxGraph(padded=False)
    stored = {
        "float32": KERNELS,
        "float16": [kernel.astype(np.float16) for kernel in KERNELS],
        "int8": [quantize_columns(kernel) for kernel in KERNELS],
    }[scheme]
    given = stored if stacked else stored[:1]
    output = graph.add("Identity", [graph.kernel("kernel", given, stacked)], "output")
    found = run(graph, output)
    expected = np.stack([kernel.T for kernel in KERNELS]) if stacked else KERNELS[0]
    assert found.shape[-2:] == expected.shape[-2:]
    np.testing.assert_allclose(
        found.reshape(expected.shape), expected, atol={"float32": 0, "float16": 1e-3}.get(scheme, 0.02)
    )
    assert (
        graph.initializers[0].data_type
        == {
            "float32": TensorProto.FLOAT,
            "float16": TensorProto.FLOAT16,
            "int8": TensorProto.INT8,
        }[scheme]
    )


def test_what_stands_behind_the_end_of_a_text_is_replaced():
    graph = OnnxGraph(padded=False)
    steps = RANDOM.normal(size=(3, 2, 4)).astype(np.float32)  # (time, texts, width)
    feed = {"ids_by_time": np.zeros((3, 2), np.int32), "lengths": np.array([3, 1], np.int32), "steps": steps}
    found = run(graph, graph.visible("steps", LEAST), **feed)
    np.testing.assert_array_equal(found[:, 0], steps[:, 0])
    np.testing.assert_array_equal(found[:1, 1], steps[:1, 1])
    assert (found[1:, 1] == LEAST).all()


def test_steps_that_end_in_zeros_are_left_alone():
    graph = OnnxGraph(padded=False)
    graph.zero_ended.add("steps")
    assert graph.visible("steps", 0.0) == "steps"
    assert graph.nodes == []
    assert graph.visible("steps", LEAST) != "steps"
