"""The sensitivity of the answer to each direction of an embedding vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet_export.model.description import ModelDescription
from drupelet_export.model.oracle.call import Call
from drupelet_export.model.oracle.table import ORACLES
from drupelet_export.model.quantized import values_of
from drupelet_export.model.tensorflow_graph import embedded_logits
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

MAX_PROJECTIONS = 8
"""Maximum number of contrasts that are differentiated. With more classes, so many random combinations of contrasts are."""
MAX_TOKENS = 512
SEED = 7


def input_sensitivities(model: ModelDescription, texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """For each embedding table by name, the mean outer product of d(contrast of logits) / d(row), (dim, dim) float64.

    The mean is over all rows that the texts look up. To first order, an error d in one embedding vector changes the answer by
    the square root of d' S d. A contrast is the difference of two logits, the single logit, or with more classes each logit
    against their mean.
    """
    with tensorflow_log_on_failure():
        import tensorflow as tf
    contrasts = tf.constant(_contrasts(model.graph.types[-1].width), tf.float32)
    readers = [number for number, node in enumerate(model.nodes) if node.operation.name == "embedding"]
    names = [f"{model.graph.tensor_prefix(number)}table" for number in readers]
    tables = [values_of(model.tensors[name]) for name in names]
    vectors = [tf.TensorSpec([None, table.shape[1]], tf.float32) for table in tables]

    @tf.function(input_signature=[vectors, tf.TensorSpec([], tf.int32)], autograph=False)  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def gradients(embedded: list[Any], tokens: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(embedded)
            logits = embedded_logits(model, dict(zip(readers, embedded, strict=True)), tokens)
            values = [tf.reduce_sum(logits * contrast) for contrast in tf.unstack(contrasts)]
        zero = tf.UnconnectedGradients.ZERO
        found = [tape.gradient(value, embedded, unconnected_gradients=zero) for value in values]
        return [tf.stack(of_one) for of_one in zip(*found, strict=True)]

    totals = {name: np.zeros((table.shape[1], table.shape[1])) for name, table in zip(names, tables, strict=True)}
    counts = dict.fromkeys(names, 0)
    for text in texts:
        ids = model.engine_ids(text)
        ids = ids if model.graph.padded else ids[:MAX_TOKENS]
        if not ids:
            continue
        rows = [_ids_read(model, number, ids) for number in readers]
        embedded = [tf.constant(table[read]) for table, read in zip(tables, rows, strict=True)]
        for name, found in zip(names, gradients(embedded, tf.constant(len(ids))), strict=True):
            slopes = found.numpy().astype(np.float64)
            totals[name] += np.einsum("kti,ktj->ij", slopes, slopes)
            counts[name] += slopes.shape[0] * slopes.shape[1]
    return {name: total / max(1, counts[name]) for name, total in totals.items()}


def _ids_read(model: ModelDescription, number: int, ids: Sequence[int]) -> NDArray[np.int64]:
    """The ids that an embedding reads: those of the text, or the same with padding put back."""
    value = np.asarray(ids, np.int64)
    [read] = model.nodes[number].inputs
    if read == 0:
        return value
    restore = model.nodes[read - 1].operation
    return ORACLES[restore.name](restore, Call([value.astype(np.float64)])).astype(np.int64)


def _contrasts(units: int) -> NDArray[np.float64]:
    """The contrasts to differentiate, (contrasts, units) float64."""
    if units == 1:
        return np.ones((1, 1))
    if units == 2:
        return np.array([[-1.0, 1.0]])
    centred = np.eye(units) - 1 / units
    if units <= MAX_PROJECTIONS:
        return centred
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], (MAX_PROJECTIONS, units))
    return signs @ centred
