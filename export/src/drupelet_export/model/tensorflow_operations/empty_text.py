"""Texts without a token. Many operators of TFLite fail on a tensor without rows, or leave their result unset."""

from __future__ import annotations

from typing import Any

from drupelet.operations.value_type import ValueType

Tensor = Any


def at_least_one_row(x: Tensor, kind: ValueType) -> Tensor:
    """The steps (length, width), or one step of zeros where there is none."""
    import tensorflow as tf

    if kind.length is not None:
        return x
    # A pad of an unknown number of rows would lose the number of columns, which the converter has to know.
    return tf.concat([x, tf.zeros((tf.maximum(1 - tf.shape(x)[0], 0), kind.width))], axis=0)


def as_many_rows(x: Tensor, like: Tensor, kind: ValueType) -> Tensor:
    """The first steps of x (length, width), as many as ``like`` has: undoes :func:`at_least_one_row`."""
    import tensorflow as tf

    return x if kind.length is not None else x[: tf.shape(like)[0]]
