"""Writes a TFLite file of builtin operators that reads exactly the tokens of one text.

Input ``ids`` int32 (tokens,), resized for each text (fixed to ``max_tokens`` where padding is part of the answer). Output
``logits`` float32 (1, classes). The fused LSTM operator is not used, because it ignores masks, keeps its state between texts
and clips its cell at 10.
"""

from __future__ import annotations

from typing import Any

from drupelet.operations.operation import FLOATS
from drupelet_export.emitters.tflite_weights import with_half_weights, with_int8_weights
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

    @tf.function(input_signature=[tf.TensorSpec([length], tf.int32, name="ids")], autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def classify(ids: Any) -> dict[str, Any]:
        return {"logits": classify_ids(model, ids)}

    kinds = {kind_of(model.tensors[name]) for name, (_, storage) in graph.tensors().items() if storage != FLOATS}
    with tensorflow_log_on_failure():
        try:
            converter = tf.lite.TFLiteConverter.from_concrete_functions([classify.get_concrete_function()], classify)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            content = bytes(converter.convert())
        except Exception as error:  # the converter has no error class of its own
            raise EmitError(
                f"the TFLite converter of TensorFlow {tf.__version__} refuses the graph: {error}; report this bug"
            ) from error
    if "float16" in kinds:
        return with_half_weights(content)
    return with_int8_weights(content) if kinds & {"int8", "int4"} else content
