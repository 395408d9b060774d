"""Weights of Keras layers as numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def array_of(weight: Any) -> NDArray[np.float32]:
    """A variable or tensor of Keras, float32."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(weight), np.float32)


def bias_of(layer: Any, units: int) -> NDArray[np.float32]:
    """The bias of a layer, zeros where it has none."""
    bias = getattr(layer, "bias", None)
    return np.zeros(units, np.float32) if bias is None else array_of(bias).reshape(-1)
