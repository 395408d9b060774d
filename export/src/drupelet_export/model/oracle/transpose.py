"""Steps become features."""

from __future__ import annotations

from drupelet.operations.transpose import Transpose
from drupelet_export.model.oracle.call import Call, Values


def transpose(operation: Transpose, call: Call) -> Values:
    """(length, width) -> (width, length)."""
    return call.inputs[0].T
