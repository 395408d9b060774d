"""Bounds what Keras allocates for weights by what the file holds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from drupelet_export.errors import ModelError

SLACK = 1 << 20
"""Numbers beyond those of the file that may be allocated: a weight that is a little too large is refused by its shape."""


class WeightBudget:
    """The numbers that a model file holds and some more, less those that its weights were given.

    ``is_stateful``: a layer keeps its state between batches, so its batch has a fixed size. ``refusal`` is the error of the
    weight that the file does not hold, because Keras may hide it behind one of its own.
    """

    def __init__(self, numbers: int, is_stateful: bool = False) -> None:
        self._numbers = numbers
        self._left = numbers + SLACK
        self._where = ""
        self.is_stateful = is_stateful
        self.refusal: ModelError | None = None

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Weights that are made inside are those of the layer that ``where`` names."""
        self._where = where
        token = _BUDGET.set(self)
        try:
            yield
        finally:
            _BUDGET.reset(token)

    def take(self, shape: tuple[int, ...]) -> None:
        """Takes the numbers of a weight. Raises ModelError when the file holds fewer."""
        self._left -= math.prod(shape)
        if self._left < 0:
            self.refusal = ModelError(
                f"{self._where}: needs a weight of shape {shape}, more than the {self._numbers} numbers that the file holds; "
                "expected the weights of this very model: save it again"
            )
            raise self.refusal


_BUDGET: ContextVar[WeightBudget | None] = ContextVar("budget", default=None)


@cache
def empty_weights() -> Any:
    """The initializer of every weight: zeros, of a shape that the current budget allows."""
    import keras

    class EmptyWeights(keras.initializers.Initializer):  # type: ignore[misc] # Keras has no types
        """Zeros, until the weights of the file are set."""

        def __call__(self, shape: tuple[int, ...], dtype: Any = None, **named: Any) -> Any:
            budget = _BUDGET.get()
            if budget is not None:
                budget.take(tuple(int(size) for size in shape))
            return keras.ops.zeros(shape, dtype)

        def get_config(self) -> dict[str, Any]:
            return {}

    return EmptyWeights()
