"""The reference: what the Keras model itself answers, from ``model.predict`` on the padded batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet.classifier import probabilities
from drupelet.encoder import PADDING_ID
from drupelet_export.description import ModelDescription
from drupelet_export.evaluator import padded

BATCH_TEXTS = 64
MAX_BATCH_IDS = 1 << 16
"""Ids of one batch: a text of 100,000 tokens must not drag 63 others up to its length."""


class KerasReference:
    """A Keras model and the description that was read from it, before any pass: together they answer texts.

    A model with a TextVectorization is given the texts themselves, so that its own tokenizer is the reference; only
    texts that TensorFlow cannot hold (lone surrogates) are given as ids.
    """

    def __init__(self, model: Any, description: ModelDescription) -> None:
        self._description = description
        self._takes_text = type(model.layers[0]).__name__ == "TextVectorization"
        self._model = model
        self._on_ids = _without_vectorization(model) if self._takes_text else model

    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> list[tuple[float, ...]]:
        """The probabilities of each text, one entry a label, as Prediction.probabilities has them.

        ``progress`` is called with the number of texts done after each batch.
        """
        done = 0
        answers: list[tuple[float, ...]] = []
        rows = [padded(self._description, self._description.ids(text)) for text in texts]
        while done < len(texts):
            size = max(1, min(BATCH_TEXTS, MAX_BATCH_IDS // max(1, len(rows[done]))))
            batch = range(done, min(done + size, len(texts)))
            answers += [
                self._probabilities(row) for row in self._run([texts[n] for n in batch], [rows[n] for n in batch])
            ]
            done = batch.stop
            progress(done)
        return answers

    def _run(self, texts: Sequence[str], rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        import tensorflow as tf

        if self._takes_text and all(_is_encodable(text) for text in texts):
            batch: Any = tf.constant([[text] for text in texts])
            return np.asarray(self._model.predict(batch, verbose=0))
        # Texts of a model without max_tokens differ in length; the mask makes the filling invisible.
        longest = max(len(row) for row in rows)
        ids = np.full((len(rows), longest), PADDING_ID, np.int32)
        for target, row in zip(ids, rows, strict=True):
            start = 0 if self._description.padding == "post" else longest - len(row)
            target[start : start + len(row)] = row
        return np.asarray(self._on_ids.predict(ids, verbose=0))

    def _probabilities(self, row: NDArray[np.float32]) -> tuple[float, ...]:
        output = [float(value) for value in row]
        if self._description.output == "logits":
            return probabilities(output, "logits")
        return (1.0 - output[0], output[0]) if len(output) == 1 else tuple(output)


def _without_vectorization(model: Any) -> Any:
    import keras

    return keras.Sequential([keras.Input((None,), dtype="int32"), *model.layers[1:]])


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
