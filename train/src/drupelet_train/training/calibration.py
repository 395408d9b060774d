"""Calibrates a model: of the answers with a probability of 0.8, eight in ten are right.

A network that was trained for long gives probabilities that are too high, and one that learnt from soft labels often gives
probabilities that are too low. One number, the temperature, divides its logits (Guo, Pleiss, Sun, Weinberger: *On
Calibration of Modern Neural Networks*, ICML 2017). The weights of the last layer are divided by it, so that the export needs
no knowledge of it. The likeliest class stays the same.
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from drupelet_train.network.model import OUTPUT
from drupelet_train.training.scores import MIN_PROBABILITY

TEMPERATURES = (0.2, 5.0)
"""Lowest and highest temperature."""

LOGARITHM_DEVIATION = 0.5
"""Standard deviation of the prior on the logarithm of the temperature, a normal distribution around 0. Without a prior, a
handful of texts with right answers would make every answer certain; beside a hundred texts it has no influence."""

Probabilities = npt.NDArray[np.float32]


def at_temperature(probabilities: Probabilities, temperature: float, each: bool = False) -> Probabilities:
    """(texts, classes) float32: the probabilities after their logits are divided by ``temperature``.

    With ``each``, every label has a probability of its own.
    """
    if each:
        p = np.clip(probabilities.astype(np.float64), MIN_PROBABILITY, 1.0 - MIN_PROBABILITY)
        return np.asarray(1.0 / (1.0 + np.exp(-np.log(p / (1.0 - p)) / temperature)), np.float32)
    logits = np.log(np.clip(probabilities.astype(np.float64), MIN_PROBABILITY, 1.0)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def best_temperature(probabilities: Probabilities, labels: Probabilities, each: bool = False) -> float:
    """The most likely temperature within ``TEMPERATURES``, given (texts, classes) probabilities and one-hot labels.

    It minimizes the loss of all texts plus the negative logarithm of the prior (see ``LOGARITHM_DEVIATION``).
    """

    def loss(logarithm: float) -> float:
        adjusted = at_temperature(probabilities, float(np.exp(logarithm)), each)
        of_texts = -(labels * np.log(np.maximum(adjusted, MIN_PROBABILITY))).sum()
        if each:
            of_texts -= ((1.0 - labels) * np.log(np.maximum(1.0 - adjusted, MIN_PROBABILITY))).sum()
        return float(of_texts + logarithm**2 / (2 * LOGARITHM_DEVIATION**2))

    found = minimize_scalar(loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))


def divide_logits(model: keras.Model, temperature: float) -> None:
    """Divides the logits of ``model`` by ``temperature``, in the weights of its last layer."""
    layer = model.get_layer(OUTPUT)
    layer.set_weights([weights / np.float32(temperature) for weights in layer.get_weights()])
