"""Probabilities that mean what they say: of answers given with 0.8, eight in ten are right.

A network that was trained long is too sure of itself, one that was trained on a teacher's words often not sure enough. One
number, the temperature, divides its logits (Guo, Pleiss, Sun, Weinberger: *On Calibration of Modern Neural Networks*, ICML
2017). It goes into the weights of the last layer, so that nothing behind the training has to know of it; which class is
the likeliest does not change.
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from drupelet_train.network.model import OUTPUT
from drupelet_train.training.scores import MIN_PROBABILITY

TEMPERATURES = (0.2, 5.0)
"""What a temperature may be."""

LOGARITHM_DEVIATION = 0.5
"""Of the logarithm of a temperature before any text was seen, around 0. A handful of texts, all of them right, must not make
answers certain; a hundred say what they say."""

Probabilities = npt.NDArray[np.float32]


def at_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
    """(texts, classes) float32: what the probabilities are when the logits are divided by ``temperature``."""
    logits = np.log(np.clip(probabilities.astype(np.float64), MIN_PROBABILITY, 1.0)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def best_temperature(probabilities: Probabilities, labels: Probabilities) -> float:
    """The most likely temperature, within ``TEMPERATURES``, given (texts, classes) probabilities and one-hot labels.

    It has the lowest loss, but for what a normal prior with ``LOGARITHM_DEVIATION`` adds to that of all texts.
    """

    def loss(logarithm: float) -> float:
        adjusted = at_temperature(probabilities, float(np.exp(logarithm)))
        of_texts = -(labels * np.log(np.maximum(adjusted, MIN_PROBABILITY))).sum()
        return float(of_texts + logarithm**2 / (2 * LOGARITHM_DEVIATION**2))

    found = minimize_scalar(loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))


def divide_logits(model: keras.Model, temperature: float) -> None:
    """Divides the logits of ``model`` by ``temperature``, in the weights of its last layer."""
    layer = model.get_layer(OUTPUT)
    layer.set_weights([weights / np.float32(temperature) for weights in layer.get_weights()])
