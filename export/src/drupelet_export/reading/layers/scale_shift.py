"""BatchNormalization at inference, and Rescaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _batch_normalization(layer: Any, call: Call) -> Value:
    value = call.numeric(call.value)
    if value.layout in ("row", "rows") or call.axis(layer.axis, value) != "features":
        if value.layout != "row":
            call.refuse(f"normalizes axis {layer.axis}, expected the last one")
        value = Value(call.plain(value))
    if getattr(layer, "renorm", False):
        call.refuse("has renorm=True, which is not supported")
    mean, variance = (array_of(weight).astype(np.float64) for weight in (layer.moving_mean, layer.moving_variance))
    scale = 1 / np.sqrt(variance + layer.epsilon)
    if layer.gamma is not None:
        scale = scale * array_of(layer.gamma)
    shift = -mean * scale
    if layer.beta is not None:
        shift = shift + array_of(layer.beta)
    weights = {"scale": scale, "shift": shift}
    if value.layout == "columns":
        value = Value(call.plain(value))
    return call.same(value, lambda number: call.add(ScaleShift(), [number], weights, owner=(layer, "scale")))


def _rescaling(layer: Any, call: Call) -> Value:
    return call.scaled(call.value, np.asarray(layer.scale).reshape(-1), np.asarray(layer.offset).reshape(-1))


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.BatchNormalization: _batch_normalization, layers.Rescaling: _rescaling}
