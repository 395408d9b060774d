"""Leaves masked padding out."""

from __future__ import annotations

from typing import Any

from drupelet.operations.strip import Strip
from drupelet_export.model.tensorflow_operations.call import Call

Tensor = Any


def strip(operation: Strip, call: Call) -> Tensor:
    """(length, width) -> (tokens, width)."""
    [x], [kind] = call.inputs, call.types
    return x[(kind.length or 0) - call.tokens :] if operation.side == "pre" else x[: call.tokens]
