"""The rows of the ids, from a table in its stored form."""

from __future__ import annotations

from typing import Any

from drupelet.operations.embedding import Embedding
from drupelet_export.model.quantized import Quantized, packed_nibbles
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def embedding(operation: Embedding, call: Call) -> Tensor:
    """ids (length,) -> (length, dim)."""
    import tensorflow as tf

    [ids] = call.inputs
    table = call.weights.stored["table"]

    def rows(part: str, values: Any) -> Tensor:
        return tf.gather(call.weights.part("table", part, values), ids)

    if not isinstance(table, Quantized):
        return tf.gather(call.weights["table"], ids)
    scales = tf.gather(
        call.weights.part("table", "scale_table", table.table), tf.cast(rows("scale_codes", table.codes), tf.int32)
    )
    if table.bits == 8:
        integers = tf.cast(rows("values", table.values), tf.float32)
    else:
        # Nibbles are unpacked with float arithmetic, because older interpreters have no shifts.
        pairs = tf.cast(rows("nibbles", packed_nibbles(table.values)), tf.float32)
        high = tf.floor(pairs * (1 / 16))
        low = pairs - 16.0 * high
        integers = tf.concat([low, high], axis=1)[:, : operation.dim] - 8.0
    return integers * scales[:, None]
