"""The oracle: evaluates a ModelDescription the way Keras defines it, in float64, step by step.

It favours correctness and readability over speed, and shares no code with the engines. It runs a masked model on the padded
text with the mask, edge cases included, and so tells whether a pass or an engine changed the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drupelet.graph import PADDING_ID
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.oracle.call import Call
from drupelet_export.model.oracle.table import ORACLES
from drupelet_export.model.quantized import values_of

Values = NDArray[np.float64]


def evaluate_text(model: ModelDescription, text: str) -> Values:
    """The logits of a text, (classes,) float64."""
    return values_of_text(model, text)[-1]


def values_of_text(model: ModelDescription, text: str) -> list[Values]:
    """Every value of a text: the ids, then what each node gives, float64."""
    ids = model.ids(text)
    tokens = sum(row != PADDING_ID for row in ids) if model.masking == "exact" else len(ids)
    return _values(model, padded(model, ids) if model.masking == "mask" else model.engine_ids(text), tokens)


def padded(model: ModelDescription, ids: Sequence[int]) -> list[int]:
    """The ids padded with id 0 as Keras gets them: to ``max_tokens``, or to one id where there is no limit."""
    filling = [PADDING_ID] * (max(1, model.text_rules.max_tokens or 1) - len(ids))
    return [*ids, *filling] if model.padding == "post" else [*filling, *ids]


def evaluate_ids(model: ModelDescription, ids: Sequence[int]) -> Values:
    """The logits for the ids of one text as the first node reads them, (classes,) float64."""
    return _values(model, ids, len(ids))[-1]


def _values(model: ModelDescription, ids: Sequence[int], tokens: int) -> list[Values]:
    read = np.asarray(ids, np.int64)
    values: list[Values] = [read.astype(np.float64)]
    for number, node in enumerate(model.nodes):
        call = Call(
            inputs=[values[place] for place in node.inputs],
            weights={role: values_of(tensor).astype(np.float64) for role, tensor in model.weights(number).items()},
            mask=read != PADDING_ID if node.masked else None,
            zero_output=node.zero_output,
            tokens=tokens,
        )
        with np.errstate(
            invalid="ignore", divide="ignore", over="ignore"
        ):  # Keras divides zero by zero where there is no token
            values.append(ORACLES[node.operation.name](node.operation, call))
    return values
