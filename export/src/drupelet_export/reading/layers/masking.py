"""Masking: right only where the steps that it masks are those of id 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from drupelet_export.model.quantized import values_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value


def _masking(layer: Any, call: Call) -> Value:
    value = call.value
    node = call.node(value.number) if value.layout == "plain" else None
    if node is None or node.operation.name != "embedding" or layer.mask_value != 0:
        call.refuse("masks what other layers computed; expected an Embedding with mask_zero=True")
    owner = value.number - 1 if node.weights_of is None else node.weights_of
    zero_rows = np.flatnonzero(~np.any(values_of(call.network.builder.tensors[f"embedding.{owner}.table"]), axis=1))
    if list(zero_rows) != [0]:
        call.refuse("masks rows of zeros, and those are not row 0 alone; expected an Embedding with mask_zero=True")
    return value


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Masking: _masking}
