"""Finds where a quantized model starts to answer differently: tensor by tensor, and stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from drupelet.output import most_probable, probabilities
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_text, stages_of_text
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
    before = dict(exact.tensors())
    chosen = [(name, tensor) for name, tensor in small.tensors() if not name.endswith("bias")]
    for name, tensor in chosen:
        count(len(rows), len(chosen))
        if tensor is before[name]:
            answers = expected
        else:
            mixed = with_tensor(exact, name, tensor)
            answers = [_probabilities(mixed, text) for text in texts]
        differences = [
            max(abs(a - b) for a, b in zip(one, other, strict=True))
            for one, other in zip(answers, expected, strict=True)
        ]
        flips = sum(most_probable(a) != most_probable(b) for a, b in zip(answers, expected, strict=True))
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
    """The relative error after each stage, the root mean square over the texts."""
    errors: dict[str, list[float]] = {}
    for text in texts:
        reference, other = stages_of_text(exact, text), stages_of_text(small, text)
        for stage, values in reference.items():
            scale = float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0
            if scale > 0:
                errors.setdefault(stage, []).append(_rms(other[stage] - values) / scale)
    return [
        StageError(scheme=scheme, stage=stage, relative_error=float(np.sqrt(np.mean(np.square(values)))))
        for stage, values in errors.items()
    ]


def with_tensor(model: ModelDescription, name: str, tensor: Tensor) -> ModelDescription:
    """The model with ``tensor`` in place of the kernel or embedding of that name, a name of ModelDescription.tensors."""
    part, *path = name.split(".")
    if part == "embedding":
        return replace(model, embedding=tensor)
    place = int(path[0])
    if part == "dense":
        dense = list(model.dense)
        dense[place] = replace(dense[place], kernel=tensor)
        return replace(model, dense=tuple(dense))
    _, way, kernel = path
    layers = list(model.recurrent)
    cell = layers[place].weights[way]
    changed = replace(cell, kernel=tensor) if kernel == "kernel" else replace(cell, recurrent_kernel=tensor)
    layers[place] = replace(layers[place], weights={**layers[place].weights, way: changed})
    return replace(model, recurrent=tuple(layers))


def _probabilities(model: ModelDescription, text: str) -> tuple[float, ...]:
    return probabilities([float(value) for value in evaluate_text(model, text)], model.output)


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
