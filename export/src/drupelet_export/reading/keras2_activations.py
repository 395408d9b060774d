"""Activations of Keras 1 and 2 that have another meaning in Keras 3. The reader knows them by identity."""

from __future__ import annotations

from typing import Any


def hard_sigmoid_keras2(x: Any) -> Any:
    """``hard_sigmoid`` of Keras 1 and 2: 0.2 x + 0.5, clipped to 0..1. That of Keras 3 is x / 6 + 0.5."""
    from keras import ops

    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)
