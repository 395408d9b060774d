"""LayerNormalization, RMSNormalization and UnitNormalization on the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.normalization import Normalization
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def normalized(
    call: Call, value: Value, axis: Any, function: str, epsilon: float, scale: Any, shift: Any, owner: Any
) -> Value:
    """A normalization along the last axis. ``scale`` and ``shift``: weights, or None."""
    if value.layout == "row" or call.axis(axis, value) != "features":
        call.refuse(f"normalizes axis {axis}, expected the last one")

    def add(number: int) -> Value:
        width = call.network.types[number].width
        weights = {
            "scale": np.ones(width, np.float32) if scale is None else array_of(scale),
            "shift": np.zeros(width, np.float32) if shift is None else array_of(shift),
        }
        return call.add(Normalization(function, float(np.float32(epsilon))), [number], weights, owner=(owner, "scale"))

    return call.same(value, add) if value.layout == "single" else add(call.plain(value))


def _layer(layer: Any, call: Call) -> Value:
    if getattr(layer, "rms_scaling", False):
        call.refuse("has rms_scaling=True, expected RMSNormalization")
    return normalized(call, call.value, layer.axis, "layer", layer.epsilon, layer.gamma, layer.beta, layer)


def _rms(layer: Any, call: Call) -> Value:
    return normalized(call, call.value, layer.axis, "rms", layer.epsilon, layer.scale, None, layer)


def _unit(layer: Any, call: Call) -> Value:
    return normalized(call, call.value, layer.axis, "unit", 1e-12, None, None, layer)


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.LayerNormalization: _layer, layers.RMSNormalization: _rms, layers.UnitNormalization: _unit}
