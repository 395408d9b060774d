"""Conv over the steps."""

from __future__ import annotations

from drupelet.operations.convolution import Convolution
from drupelet_export.emitters.onnx_operations.onnx_graph import Call, OnnxGraph
from drupelet_export.model.quantized import values_of


def convolution(operation: Convolution, call: Call, graph: OnnxGraph) -> None:
    """(length, texts, width) -> (output length, texts, filters)."""
    name = f"{call.prefix}kernel"
    kernel = graph.kernel(name, [call.weights["kernel"]])
    width = call.types[0].width // operation.groups
    # The kernel stays in the layout of the model; onnxruntime transposes a constant once, when it loads the file.
    by_filter = graph.add("Transpose", [kernel], f"{name}.by_filter", perm=[1, 0])
    shape = graph.integers(operation.filters, operation.kernel_size, width)
    by_step = graph.add("Reshape", [by_filter, shape], f"{name}.by_step")
    weights = graph.add("Transpose", [by_step], f"{name}.by_feature", perm=[0, 2, 1])
    bias = graph.constant(f"{call.prefix}bias", values_of(call.weights["bias"]))
    features_first = graph.add("Transpose", [call.inputs[0]], f"{call.output}.input", perm=[1, 2, 0])
    convolved = graph.add(
        "Conv",
        [features_first, weights, bias],
        f"{call.output}.by_feature",
        kernel_shape=[operation.kernel_size],
        strides=[operation.stride],
        dilations=[operation.dilation],
        group=operation.groups,
        pads=[operation.left, operation.right],
    )
    graph.add("Transpose", [convolved], call.output, perm=[2, 0, 1])
