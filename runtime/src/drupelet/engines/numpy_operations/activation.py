"""A function of each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drupelet.engines.numpy_operations.table import Array
    from drupelet.operations.activation import Activation


def activate(operation: Activation, inputs: Sequence[Array], weights: Mapping[str, Array], tokens: int) -> Array:
    """Steps or a vector as the input."""
    from drupelet.engines.numpy_activations import function_of

    return function_of(operation.function, operation.alpha, operation.beta, operation.gamma)(inputs[0])
