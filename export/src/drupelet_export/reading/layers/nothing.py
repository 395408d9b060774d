"""Layers that do nothing at inference: dropouts, noises, regularization, Identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _nothing(layer: Any, call: Call) -> Value:
    return call.value


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers
    from keras.src.ops.core import StopGradient

    return dict.fromkeys(
        (
            layers.Dropout, layers.SpatialDropout1D, layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout,
            layers.ActivityRegularization, layers.Identity, StopGradient,
        ),
        _nothing,
    )  # fmt: skip
