"""PReLU, with slopes for each feature, or for each feature of each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.prelu import PRelu
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _prelu(layer: Any, call: Call) -> Value:
    value = Value(call.plain(call.value))
    kind = call.type(value)
    slope = array_of(layer.alpha)
    if kind.kind == "steps" and slope.shape[0] != 1:
        if kind.length != slope.shape[0]:
            call.refuse(
                f"has slopes for {slope.shape[0]} steps and reads {kind}; give --max-tokens, or share the axis of the steps"
            )
        held = np.broadcast_to(slope, (slope.shape[0], kind.width))
        return call.add(PRelu(True), [value], {"slope": held}, owner=(layer, "slope"))
    held = np.broadcast_to(slope.reshape(-1), (kind.width,))
    return call.add(PRelu(False), [value], {"slope": held}, owner=(layer, "slope"))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.PReLU: _prelu}
