"""Writes a TFLite file of builtin operators that reads exactly the tokens of one text.

Input ``ids`` int32 (tokens,), resized for each text (fixed to ``max_tokens`` where padding is part of the answer). Output
``logits`` float32 (1, classes). The fused LSTM operator is not used, because it ignores masks, keeps its state between texts
and clips its cell at 10.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

from drupelet.operations.operation import COLUMNS
from drupelet_export.errors import EmitError
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import kind_of
from drupelet_export.model.tensorflow_graph import classify_ids
from drupelet_export.tensorflow_log import tensorflow_log_on_failure


def emit_tflite(model: ModelDescription) -> bytes:
    """The bytes of the TFLite file for a model after the passes. Raises EmitError when the converter refuses the graph."""
    import tensorflow as tf

    graph = model.graph
    length = graph.max_tokens if graph.padded else None

    @tf.function(input_signature=[tf.TensorSpec([length], tf.int32, name="ids")], autograph=False)  # type: ignore[untyped-decorator]
    def classify(ids: Any) -> dict[str, Any]:
        return {"logits": classify_ids(model, ids)}

    kinds = {kind_of(model.tensors[name]) for name, (_, storage) in graph.tensors().items() if storage == COLUMNS}
    with tensorflow_log_on_failure():
        try:
            converter = tf.lite.TFLiteConverter.from_concrete_functions([classify.get_concrete_function()], classify)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            if kinds == {"float16"}:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.target_spec.supported_types = [tf.float16]
            content = bytes(converter.convert())
            return _with_int8_kernels(content) if kinds == {"int8"} else content
        except Exception as error:  # neither the converter nor the quantizer has an error class of its own
            raise EmitError(
                f"the TFLite converter of TensorFlow {tf.__version__} refuses the graph: {error}; report this bug"
            ) from error


def _with_int8_kernels(content: bytes) -> bytes:
    """The file with the matrices of its FULLY_CONNECTED operators as int8: one scale for each output channel, and one
    DEQUANTIZE for each matrix.

    The passes have rounded the matrices to that grid already, so ai-edge-quantizer only stores them. Its recipes that compute
    in int8 are not used: they leave FULLY_CONNECTED at version 1, and tflite-runtime 2.14 then gives wrong answers silently.
    """
    from ai_edge_quantizer import qtyping, quantizer

    recipe = quantizer.Quantizer(bytearray(content))
    recipe.update_quantization_recipe(
        regex=".*",
        operation_name=qtyping.TFLOperationName.FULLY_CONNECTED,
        op_config=qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(
                num_bits=8, symmetric=True, granularity=qtyping.QuantGranularity.CHANNELWISE
            ),
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        ),
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it prints sizes, but stdout belongs to the caller
        return bytes(recipe.quantize().quantized_model)
