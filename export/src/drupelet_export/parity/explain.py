"""Finds where a quantized model starts to answer differently: tensor by tensor, and stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drupelet.comparison import changed_labels
from drupelet.decision import decision_for
from drupelet.operations.operation import FLOATS
from drupelet.output import probabilities
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_text, values_of_text
from drupelet_export.model.quantized import Tensor
from drupelet_export.report.document import StageError, TensorCost

EXPLAINED_TEXTS = 48
"""Number of texts that the oracle evaluates for every tensor. The oracle is exact and slow."""


def explain_tensors(
    scheme: str,
    exact: ModelDescription,
    small: ModelDescription,
    texts: Sequence[str],
    count: Callable[[int, int], None] = lambda done, total: None,
) -> list[TensorCost]:
    """The cost of each tensor: the change of the answers when only this tensor is quantized.

    ``exact`` and ``small`` are the same model before and after the passes of the scheme. ``count`` is called with the number of
    tensors that are done and their total.
    """
    expected = [_probabilities(exact, text) for text in texts]
    rows: list[TensorCost] = []
    kinds = small.graph.tensors()
    chosen = [(name, tensor) for name, tensor in small.tensors.items() if kinds[name][1] != FLOATS]
    for name, tensor in chosen:
        count(len(rows), len(chosen))
        if tensor is exact.tensors[name]:
            answers = expected
        else:
            mixed = with_tensor(exact, name, tensor)
            answers = [_probabilities(mixed, text) for text in texts]
        differences = [
            max(abs(a - b) for a, b in zip(one, other, strict=True))
            for one, other in zip(answers, expected, strict=True)
        ]
        decision = decision_for(exact.graph, exact.decision)
        flips = sum(changed_labels(a, b, decision) for a, b in zip(expected, answers, strict=True))
        rows.append(
            TensorCost(
                scheme=scheme,
                tensor=name,
                max_dp=max(differences),
                mean_dp=float(np.mean(differences)),
                flips=flips,
            )
        )
    return rows


def explain_stages(
    scheme: str, exact: ModelDescription, small: ModelDescription, texts: Sequence[str]
) -> list[StageError]:
    """The relative error after each layer, the root mean square over the texts."""
    errors: dict[str, list[float]] = {}
    for text in texts:
        reference, other = _stages(exact, text), _stages(small, text)
        for stage, values in reference.items():
            scale = float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0
            if scale > 0:
                errors.setdefault(stage, []).append(_rms(other[stage] - values) / scale)
    return [
        StageError(scheme=scheme, stage=stage, relative_error=float(np.sqrt(np.mean(np.square(values)))))
        for stage, values in errors.items()
    ]


def with_tensor(model: ModelDescription, name: str, tensor: Tensor) -> ModelDescription:
    """The model with ``tensor`` in place of the one of that name."""
    return replace(model, tensors={**model.tensors, name: tensor})


def _stages(model: ModelDescription, text: str) -> dict[str, NDArray[np.float64]]:
    """The values after each layer of a text, by its name, or by operation and place where it has none."""
    values = values_of_text(model, text)[1:]
    return {
        node.layer or f"{node.operation.name} {number}": value
        for number, (node, value) in enumerate(zip(model.nodes, values, strict=True))
    }


def _probabilities(model: ModelDescription, text: str) -> tuple[float, ...]:
    return probabilities([float(value) for value in evaluate_text(model, text)], model.output)


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
