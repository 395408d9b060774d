"""Leaves masked padding out."""

from __future__ import annotations

from drupelet.operations.strip import Strip
from drupelet_export.model.oracle.call import Call, Values


def strip(operation: Strip, call: Call) -> Values:
    """(length, width) -> (tokens, width)."""
    [x] = call.inputs
    return x[len(x) - call.tokens :] if operation.side == "pre" else x[: call.tokens]
