"""TimeDistributed around a layer that works on the features of each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _time_distributed(layer: Any, call: Call) -> Value:
    import keras
    from keras import layers

    inside = (
        layers.Dense, layers.Activation, layers.ReLU, layers.LeakyReLU, layers.ELU, layers.Softmax, layers.Dropout,
        layers.GaussianNoise, layers.GaussianDropout, layers.AlphaDropout, layers.BatchNormalization,
        layers.LayerNormalization, layers.RMSNormalization, layers.UnitNormalization, layers.Rescaling, layers.Identity,
    )  # fmt: skip
    chain = layer.layer.layers if type(layer.layer) is keras.Sequential else [layer.layer]
    value = call.value
    if call.rank(value) != 3:
        call.refuse("reads a vector, expected steps")
    for each in chain:
        if type(each) is layers.Flatten:
            continue
        if type(each) not in inside:
            call.refuse(
                f"wraps a {type(each).__name__}, expected a layer that works on the features of each step, such as Dense"
            )
        value = call.apply(each, value)
    return value


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.TimeDistributed: _time_distributed}
