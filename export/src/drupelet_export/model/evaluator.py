"""The oracle: evaluates a ModelDescription the way Keras defines it, in float64, step by step.

It favours correctness and readability over speed, and shares no code with the engines. It runs a masked model on the padded
text with the mask, edge cases included, and so tells whether a pass or an engine changed the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from drupelet.architecture import PADDING_ID
from drupelet_export.model.description import CellWeights, ModelDescription, RecurrentLayer
from drupelet_export.model.quantized import values_of

Vector = NDArray[np.float64]


def evaluate_text(model: ModelDescription, text: str) -> Vector:
    """The logits of a text, (units of the last layer,) float64."""
    return stages_of_text(model, text)["head"]


def stages_of_text(model: ModelDescription, text: str) -> dict[str, Vector]:
    """The values after each stage of a text: ``embedding``, the recurrent layers by name, ``pooling``, ``head`` (logits)."""
    return _stages(model, padded(model, model.ids(text)) if model.masking == "mask" else model.engine_ids(text))


def padded(model: ModelDescription, ids: Sequence[int]) -> list[int]:
    """The ids padded with id 0 as Keras gets them: to ``max_tokens``, or to one id where there is no limit."""
    filling = [PADDING_ID] * (max(1, model.text_rules.max_tokens or 1) - len(ids))
    return [*ids, *filling] if model.padding == "post" else [*filling, *ids]


def evaluate_ids(model: ModelDescription, ids: Sequence[int]) -> Vector:
    """The logits for the ids of one text, (units of the last layer,) float64; id 0 is masked if the model masks it."""
    return _stages(model, ids)["head"]


def _stages(model: ModelDescription, ids: Sequence[int]) -> dict[str, Vector]:
    steps = values_of(model.embedding)[np.asarray(ids, np.int64)].astype(np.float64)
    mask = np.asarray([row != PADDING_ID for row in ids]) if model.masking == "mask" else np.ones(len(ids), bool)
    stages = {"embedding": steps}
    vector = np.zeros(0)
    for layer in model.recurrent:
        outputs, finals = zip(*(_run(layer, way, steps, mask) for way in layer.shape.passes), strict=True)
        steps = _merge(layer.shape.merge, outputs)
        vector = _merge(layer.shape.merge, finals)
        stages[layer.name] = steps
    if model.pooling == "max":
        seen = list(steps)
        if not seen or (model.pool_zero_below is not None and len(ids) < model.pool_zero_below):
            seen.append(np.zeros(steps.shape[1]))
        vector = np.max(seen, axis=0)
    elif model.pooling == "average":
        with np.errstate(invalid="ignore"):  # Keras divides zero by zero when there is no token at all
            vector = (steps * mask[:, None]).sum(axis=0) / np.float64(mask.sum())
    stages["pooling"] = vector
    for dense in model.dense:
        vector = ACTIVATIONS[dense.activation](vector @ values_of(dense.kernel).astype(np.float64) + dense.bias)
    stages["head"] = vector
    return stages


def _run(layer: RecurrentLayer, direction: str, steps: Vector, mask: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """The outputs of one direction, (steps, units) in the order of the text, and its last state."""
    weights = layer.weights[direction]
    h = np.zeros(layer.shape.units)
    c = np.zeros(layer.shape.units)
    outputs = np.zeros((len(steps), layer.shape.units))
    order = range(len(steps)) if direction == "forward" else reversed(range(len(steps)))
    for t in order:
        if mask[t]:
            h, c = _step(layer, weights, steps[t], h, c)
        outputs[t] = 0 if layer.zero_output_for_mask and not mask[t] else h
    return outputs, h


def _step(layer: RecurrentLayer, weights: CellWeights, x: Vector, h: Vector, c: Vector) -> tuple[Vector, Vector]:
    activation, gate = ACTIVATIONS[layer.shape.activation], ACTIVATIONS[layer.shape.recurrent_activation]
    kernel = values_of(weights.kernel).astype(np.float64)
    recurrent_kernel = values_of(weights.recurrent_kernel).astype(np.float64)
    if layer.shape.cell == "lstm":
        i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + weights.bias, 4)
        c = gate(f) * c + gate(i) * activation(g)
        return gate(o) * activation(c), c
    units = layer.shape.units
    if layer.shape.reset_after:
        xz, xr, xh = np.split(x @ kernel + weights.bias[0], 3)
        hz, hr, hh = np.split(h @ recurrent_kernel + weights.bias[1], 3)
        z = gate(xz + hz)
        candidate = activation(xh + gate(xr + hr) * hh)
    else:
        xz, xr, xh = np.split(x @ kernel + weights.bias, 3)
        hz, hr = np.split(h @ recurrent_kernel[:, : 2 * units], 2)
        z = gate(xz + hz)
        candidate = activation(xh + (gate(xr + hr) * h) @ recurrent_kernel[:, 2 * units :])
    return z * h + (1 - z) * candidate, c


def _merge(merge: str, parts: Sequence[Vector]) -> Vector:
    if merge == "none":
        return parts[0]
    if merge == "concat":
        return np.concatenate(parts, axis=-1)
    forward, backward = parts
    return {"sum": forward + backward, "ave": (forward + backward) / 2, "mul": forward * backward}[merge]


def _sigmoid(x: Vector) -> Vector:
    return 0.5 * (1 + np.tanh(0.5 * x))


def _elu(x: Vector) -> Vector:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


ACTIVATIONS: dict[str, Callable[[Vector], Vector]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "elu": _elu,
    # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha.
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x * _sigmoid(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
}
"""Activations by name, as Keras 3 defines them."""
