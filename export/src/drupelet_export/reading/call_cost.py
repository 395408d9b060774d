"""The memory that a call of a layer will take in Keras, counted from shapes before Keras computes anything."""

from __future__ import annotations

import math
from typing import Any

from drupelet.graph import FLOAT_BYTES, MAX_SCRATCH_BYTES, MAX_TEXT_BYTES
from drupelet_export.errors import ModelError

BYTES_PER_TEXT = 2 * MAX_TEXT_BYTES
"""Most bytes of all that Keras computes for one text. What becomes values of the graph has MAX_TEXT_BYTES; Keras also has
masks, and arithmetic that becomes a part of a layer."""

NEXT_STEP = "next: give a smaller --max-tokens, or train a smaller model"


class CallBudget:
    """What is left of the memory for some texts."""

    def __init__(self, texts: int) -> None:
        self._most = self._left = texts * BYTES_PER_TEXT
        self._texts = texts

    def take(self, operation: Any, where: str, args: Any, kwargs: Any) -> None:
        """Takes the bytes of what a call gives. Raises ModelError when it, or what it needs meanwhile, has no room.

        Raises what Keras raises for shapes that do not fit the layer.
        """
        from keras import KerasTensor, backend, ops, tree

        def symbol(each: Any) -> Any:
            return KerasTensor(each.shape, backend.standardize_dtype(each.dtype)) if ops.is_tensor(each) else each

        given, named = tree.map_structure(symbol, (args, kwargs))
        read = [tuple(each.shape) for each in tree.flatten((given, named)) if isinstance(each, KerasTensor)]
        outputs = tree.flatten(operation.compute_output_spec(*given, **named))
        # EinsumDense does not say how long the axes are that it takes over from its input.
        longest = max((size for shape in read for size in shape), default=1)
        needed = FLOAT_BYTES * sum(
            math.prod(longest if size is None else size for size in each.shape) for each in outputs
        )
        self._left -= needed
        if self._left < 0:
            raise ModelError(
                f"{where}: would make Keras take {needed} bytes for {self._texts} texts, after "
                f"{self._most - self._left - needed} of other layers; expected at most {self._most}; {NEXT_STEP}"
            )
        meanwhile, most = _meanwhile_bytes(operation, read)
        if meanwhile > self._texts * most:
            raise ModelError(
                f"{where}: would make Keras take {meanwhile} bytes while it computes {self._texts} texts, expected at most "
                f"{self._texts * most}; {NEXT_STEP}"
            )


def _meanwhile_bytes(operation: Any, shapes: list[tuple[int, ...]]) -> tuple[int, int]:
    """The bytes that Keras takes while it computes, besides inputs and outputs, and how many of a text are allowed.

    They are the scores of attention, and the steps that are put around those of a text.
    """
    from keras import layers

    attention = (layers.Attention, layers.AdditiveAttention, layers.MultiHeadAttention)
    windows = getattr(operation, "kernel_size", getattr(operation, "pool_size", ()))
    padding = getattr(operation, "padding", None)
    if isinstance(operation, attention) and len(shapes[0]) == 3:
        texts, queries, width = shapes[0]
        keys = shapes[1][1] if len(shapes) > 1 else queries
        each = {layers.AdditiveAttention: width, layers.MultiHeadAttention: getattr(operation, "num_heads", 1)}
        return FLOAT_BYTES * texts * queries * keys * each.get(type(operation), 1), MAX_SCRATCH_BYTES
    if padding in ("same", "causal") and len(shapes[0]) == len(windows) + 2:
        dilations = getattr(operation, "dilation_rate", (1,) * len(windows))
        texts, *lengths, width = shapes[0]
        spans = [
            length + (size - 1) * dilation for length, size, dilation in zip(lengths, windows, dilations, strict=True)
        ]
        return FLOAT_BYTES * texts * math.prod(spans) * width, MAX_TEXT_BYTES
    return 0, MAX_TEXT_BYTES
