"""Values that have other steps at masked ids, where a layer of Keras computes something else for them.

The difference is left out later where nobody reads the steps at masked ids.
"""

from __future__ import annotations

import numpy as np

from drupelet.operations.scale_shift import ScaleShift
from drupelet_export.reading.layers.call import Call
from drupelet_export.reading.layers.value import Value


def zeros_at_padding(call: Call, value: Value) -> Value:
    """The steps of a value at tokens, and zeros at masked ids."""
    chosen = call.merge("multiply", [value, Value(call.indicator())])
    call.network.chosen[chosen.number] = value.number
    return chosen


def other_at_padding(call: Call, value: Value, other: Value) -> Value:
    """The steps of a value at tokens, and those of another one, or a vector, at masked ids."""
    kept = call.merge("multiply", [value, Value(call.indicator())])
    filled = call.merge("multiply", [other, padding_indicator(call)])
    chosen = call.merge("add", [kept, filled])
    call.network.chosen[chosen.number] = value.number
    return chosen


def ones_at_padding(call: Call, value: Value) -> Value:
    """The steps of a value at tokens, and ones at masked ids."""
    chosen = call.merge("add", [call.merge("multiply", [value, Value(call.indicator())]), padding_indicator(call)])
    call.network.chosen[chosen.number] = value.number
    return chosen


def padding_indicator(call: Call) -> Value:
    """The steps (length, 1) that are 1 for an id 0, and 0 for a token."""
    weights = {"scale": np.array([-1.0]), "shift": np.array([1.0])}
    return call.add(ScaleShift(), [call.indicator()], weights)
