"""What a layer of Keras receives when it is called, the masks that Keras gives it included."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def received_arguments(operation: Any) -> Iterator[dict[str, Any]]:
    """The arguments that ``operation.call`` receives inside the block. Recurrent layers give zeros instead of computing."""
    from keras import Layer, layers, ops
    from keras.src import tree

    received: dict[str, Any] = {}
    if not isinstance(operation, Layer):
        yield received
        return
    call = operation.call
    signature = inspect.signature(call)
    skipped = type(operation) in (
        layers.LSTM, layers.GRU, layers.SimpleRNN, layers.RNN, layers.Bidirectional, layers.TimeDistributed,
    )  # fmt: skip

    def observed(*args: Any, **kwargs: Any) -> Any:
        received.update(signature.bind(*args, **kwargs).arguments)
        if not skipped:
            return call(*args, **kwargs)
        shape = operation.compute_output_shape(tuple(args[0].shape))
        return tree.map_shape_structure(lambda each: ops.zeros(each, dtype=operation.compute_dtype), shape)

    observed.__signature__ = signature  # type: ignore[attr-defined]  # functions may have any attribute
    operation.__dict__["call"] = observed
    try:
        yield received
    finally:
        del operation.__dict__["call"]
