"""The sensitivity of the answer to each direction of an embedding vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet_export.model.description import ModelDescription
from drupelet_export.model.quantized import values_of
from drupelet_export.model.tensorflow_graph import classify_steps
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

MAX_PROJECTIONS = 8
"""Maximum number of contrasts that are differentiated. With more classes, so many random combinations of contrasts are."""
MAX_TOKENS = 512
SEED = 7


def input_sensitivity(model: ModelDescription, texts: Sequence[str]) -> NDArray[np.float64]:
    """The mean outer product of d(contrast of logits) / d(embedding vector), (dim, dim) float64, over all tokens of the texts.

    To first order, an error d in one embedding vector changes the answer by the square root of d' S d. A contrast is the
    difference of two logits, the single logit, or with more classes each logit against their mean.
    """
    with tensorflow_log_on_failure():
        import tensorflow as tf
    units = model.dense[-1].kernel.shape[1]
    contrasts = tf.constant(_contrasts(units), tf.float32)
    table = values_of(model.embedding)

    @tf.function(input_signature=[tf.TensorSpec([None, table.shape[1]], tf.float32)], autograph=False)  # type: ignore[untyped-decorator]
    def gradients(steps: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(steps)
            logits = classify_steps(model, steps)
            values = [tf.reduce_sum(logits * contrast) for contrast in tf.unstack(contrasts)]
        return tf.stack([tape.gradient(value, steps) for value in values])

    total = np.zeros((table.shape[1], table.shape[1]))
    count = 0
    for text in texts:
        ids = model.engine_ids(text)[:MAX_TOKENS]
        if ids:
            found = gradients(tf.constant(table[np.asarray(ids)])).numpy().astype(np.float64)
            total += np.einsum("kti,ktj->ij", found, found)
            count += len(ids) * len(found)
    return total / max(1, count)


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
