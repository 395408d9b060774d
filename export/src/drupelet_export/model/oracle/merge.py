"""Joins values."""

from __future__ import annotations

from functools import reduce

import numpy as np

from drupelet.operations.merge import Merge
from drupelet_export.model.oracle.call import Call, Values


def merge(operation: Merge, call: Call) -> Values:
    """Two or more values -> one; numpy's rules of broadcasting are those of the operation."""
    inputs = list(call.inputs)
    if operation.function == "concat":
        return np.concatenate(inputs, axis=-1)
    if operation.function == "concat_steps":
        return np.concatenate(inputs, axis=0)
    if operation.function == "average":
        return np.asarray(reduce(np.add, inputs) / len(inputs))
    function = {"add": np.add, "multiply": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
                "subtract": np.subtract}[operation.function]  # fmt: skip
    return np.asarray(reduce(function, inputs))
