"""Slices of tensors, such as ``x[:, -1, :]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from drupelet.operations.dense import Dense
from drupelet.operations.reduce import Reduce
from drupelet.operations.reshape import Reshape
from drupelet.operations.reverse import Reverse
from drupelet.operations.window import Window
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.network import zeros
from drupelet_export.reading.layers.shape import reshaped
from drupelet_export.reading.layers.value import Value

ALL = slice(None)


def _get_item(layer: Any, call: Call) -> Value:
    key = call.argument("key", 1)
    value = call.value
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    if not all(each is None or each is Ellipsis or isinstance(each, (slice, int, np.integer)) for each in keys):
        call.refuse("takes a part that depends on the text, which is not supported")
    if any(each is None for each in keys):
        if all(each in (None, ALL, Ellipsis) for each in keys):
            return reshaped(call, value, call.shape)
        call.refuse(f"takes {_shown(keys)}; expected a new axis alone, or a part alone")
    rank = call.rank(value)
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place : place + 1] = [ALL] * (rank + 1 - len(keys))
    keys += [ALL] * (rank - len(keys))
    value = call.numeric(value)
    if keys[0] != ALL:
        call.refuse("takes a part of the texts of a batch")
    if rank == 2:
        return _of_vector(call, value, keys[1])
    steps, features = keys[1:]
    if features != ALL:
        value = _of_features(call, value, features)
    return _of_steps(call, value, steps)


def _of_steps(call: Call, value: Value, key: Any) -> Value:
    """``x[:, key]``."""
    if key == ALL:
        return value
    if value.layout == "single" and key in (0, -1):
        return Value(value.number)
    number = call.plain(value)
    length = call.network.types[number].length
    if not isinstance(key, slice):
        if key == -1 or key == 0:
            return call.add(Reduce("first" if key == 0 else "last"), [number])
        start = _fixed(call, length) + key if key < 0 else int(key)
        window = call.add(Window(start, _fixed(call, length) - start - 1, 0, 0), [number])
        return call.add(Reshape(None, call.type(window).width), [window])
    if (key.start, key.stop, key.step) == (None, None, -1):
        return call.add(Reverse(), [number])
    if key.step not in (None, 1):
        call.refuse(f"takes {_shown([key])}, expected every step, or all in reverse order")
    start, stop, _ = key.indices(_fixed(call, length))
    return call.add(Window(start, _fixed(call, length) - stop, 0, 0), [number])


def _of_features(call: Call, value: Value, key: Any) -> Value:
    """``x[:, :, key]``: a matrix product with columns of the identity."""
    if not isinstance(key, slice):
        call.refuse("takes one feature of each step; take a slice of one, and flatten it")
    width = call.type(value).width
    kernel = np.eye(width, dtype=np.float32)[:, key]
    number = value.number if value.layout == "single" else call.plain(value)
    taken = call.add(Dense(kernel.shape[1]), [number], {"kernel": kernel, "bias": zeros(kernel.shape[1])})
    return replace(taken, layout=value.layout if value.layout == "single" else "plain")


def _of_vector(call: Call, value: Value, key: Any) -> Value:
    if not isinstance(key, slice) or key.step not in (None, 1):
        call.refuse("takes one number of a vector, or not all between two places; expected a slice x[:, a:b]")
    number = call.plain(value)
    width = call.network.types[number].width
    start, stop, _ = key.indices(width)
    if (start, stop) == (0, width):
        return value
    steps = call.add(Reshape(width, 1), [number])
    window = call.add(Window(start, width - stop, 0, 0), [steps])
    return call.add(Reshape(None, stop - start), [window])


def _fixed(call: Call, length: int | None) -> int:
    if length is None:
        call.refuse("takes steps by their place in texts of any length; give --max-tokens and --padding")
    return length


def _shown(keys: Any) -> str:
    return ", ".join(
        f"{key.start}:{key.stop}:{key.step}".replace("None", "") if isinstance(key, slice) else str(key) for key in keys
    )


def _flip(layer: Any, call: Call) -> Value:
    if call.axis(layer.axis, call.value) != "steps":
        call.refuse(f"reverses axis {layer.axis}, expected that of the steps")
    return call.add(Reverse(), [call.value])


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras.src.ops import numpy

    return {numpy.GetItem: _get_item, numpy.Flip: _flip}
