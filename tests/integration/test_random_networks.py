"""Combinations of layers are read as Keras computes them, masks and all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drupelet_export.model.evaluator import evaluate_ids
from integration.random_networks import parts, random_network
from integration.zoo import LENGTH, ROWS, Network
from integration.zoo_engines import described

SEEDS = range(24)


def probabilities(logits: Any, output: str) -> Any:
    """What Keras's last layer makes of logits."""
    if output == "softmax":
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    return 1 / (1 + np.exp(-logits)) if output == "sigmoid" else logits


@pytest.mark.parametrize("seed", SEEDS)
def test_the_oracle_answers_as_keras(keras: Any, seed: int) -> None:
    model = random_network(seed)
    description = described(Network(lambda: model, "pre"), model)
    generator = np.random.default_rng(seed)
    ids = generator.integers(0, ROWS, (4, LENGTH)) * (generator.random((4, LENGTH)) < 0.7)
    ids[0, -1] = 2  # an average of no step is not a number
    logits = np.array([evaluate_ids(description, row) for row in ids])
    answers = probabilities(logits, description.output)
    np.testing.assert_allclose(answers, np.asarray(model(ids, training=False)), atol=2e-5)


def test_each_part_gives_what_it_should(keras: Any) -> None:
    of_steps, of_vectors = parts()
    x = keras.Input((LENGTH, 4))
    assert {len(part(x).shape) for part in of_steps} == {3}
    assert {len(part(x).shape) for part in of_vectors} == {2}
