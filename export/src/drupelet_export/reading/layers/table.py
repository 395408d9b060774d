"""The function for each class of layer. Classes are Keras's own, and are told by identity: a name proves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from drupelet_export.reading.layers import (
    activation,
    arithmetic,
    attention,
    bidirectional,
    convolution,
    dense,
    dot,
    embedding,
    functions,
    image,
    masking,
    merge,
    multi_head_attention,
    normalization,
    nothing,
    pooling,
    prelu,
    recurrent,
    reductions,
    scale_shift,
    shape,
    slicing,
    softmax,
    time_distributed,
    window,
)  # fmt: skip
from drupelet_export.reading.layers.call import Reader

FAMILIES = (
    activation, arithmetic, attention, bidirectional, convolution, dense, dot, embedding, functions, image, masking, merge,
    multi_head_attention, normalization, nothing, pooling, prelu, recurrent, reductions, scale_shift, shape, slicing, softmax,
    time_distributed, window,
)  # fmt: skip


@cache
def readers() -> Mapping[type, Reader]:
    """The function for each class of layer and of operation in keras.ops. Imports Keras."""
    return {kind: reader for family in FAMILIES for kind, reader in family.table().items()}


def layer_names() -> list[str]:
    """The names of the supported layers, without the operations of keras.ops."""
    from keras import layers

    return sorted(kind.__name__ for kind in readers() if issubclass(kind, layers.Layer))
