"""Cropping1D, ZeroPadding1D and UpSampling1D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.operations.repeat import Repeat
from drupelet.operations.window import Window
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _pair(setting: Any) -> tuple[int, int]:
    first, last = (setting, setting) if isinstance(setting, int) else setting
    return int(first), int(last)


def _cropping(layer: Any, call: Call) -> Value:
    return call.add(Window(*_pair(layer.cropping), 0, 0), [call.value])


def _zero_padding(layer: Any, call: Call) -> Value:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        call.refuse(f"has data_format={layer.data_format!r}, expected 'channels_last'")
    return call.add(Window(0, 0, *_pair(layer.padding)), [call.value])


def _up_sampling(layer: Any, call: Call) -> Value:
    return call.add(Repeat(int(layer.size)), [call.value])


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Cropping1D: _cropping, layers.ZeroPadding1D: _zero_padding, layers.UpSampling1D: _up_sampling}
