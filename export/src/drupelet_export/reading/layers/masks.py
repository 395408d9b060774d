"""Masks that a model computes itself: ``ids != 0`` and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from drupelet_export.reading.layers.call import Call
from drupelet_export.reading.layers.value import Value


def read_mask(operation: Any, call: Call) -> Value:
    """The bool tensor that an operation of keras.ops gives, told by its values. Refuses comparisons that depend on other ids.

    Keras lists the operations with which its layers compute their masks among those of a functional model.
    """
    from keras.src.ops import numpy

    compared = (
        numpy.NotEqual, numpy.Equal, numpy.Greater, numpy.GreaterEqual, numpy.Less, numpy.LessEqual, numpy.Isclose, numpy.Isnan,
    )  # fmt: skip
    if type(operation) in compared:
        _check_comparison(operation, call, type(operation) in (numpy.NotEqual, numpy.Equal, numpy.Greater))
    return Value(0, call.found_mask or "foreign mask")


def _check_comparison(operation: Any, call: Call, is_of_zero: bool) -> None:
    from keras.src.ops import numpy

    read, *others = call.values
    with_zero = (
        is_of_zero and len(others) == 1 and not isinstance(others[0], Value) and not np.any(np.asarray(others[0]))
    )
    if read == Value(0) and with_zero:
        return
    node = call.node(read.number) if isinstance(read, Value) else None
    is_masking = node is not None and node.operation.name == "embedding" and type(operation) is numpy.NotEqual
    if not is_masking or not with_zero:
        call.refuse("compares other than the ids of the text with 0, which is not supported")
