"""The reference: the answers of the Keras model itself, from ``model.predict`` on the padded batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drupelet.graph import PADDING_ID
from drupelet.output import probabilities
from drupelet.text_limit import TextLimit, WholeTextLimit
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import padded
from drupelet_export.reading.keras_file import masks_may_end
from drupelet_export.reading.layer_classes import MODELS

BATCH_TEXTS = 128
MAX_BATCH_BYTES = 1 << 30
"""Most bytes of the values of one batch: four times those of the longest text that a network reads."""
MAX_BATCH_IDS = 1 << 17
"""Maximum ids of one batch: a text of 100,000 tokens must not pad 127 others to its length."""


class KerasReference:
    """Answers texts with a Keras model and the description that was read from it, before any pass.

    ``takes_text``: the model has a TextVectorization, and so does not depend on the ids of the description.
    A model with a TextVectorization gets the texts themselves, so that its own tokenizer is the reference. Only a batch with
    a text that TensorFlow cannot hold (lone surrogates) goes in as ids.
    """

    @masks_may_end()
    def __init__(self, model: Any, description: ModelDescription) -> None:
        self._description = description
        self._limit = TextLimit(description.graph)
        self._attention_limit = WholeTextLimit(description.graph, "Keras")
        first, *rest = _flat(model.layers)
        self.takes_text = type(first).__name__ == "TextVectorization"
        self._model = model
        self._on_ids = _on_ids(rest) if self.takes_text else model

    @masks_may_end()
    def predict(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda _: None
    ) -> list[tuple[float, ...]]:
        """The probabilities of each text, one for each label, like Prediction.probabilities.

        ``progress`` is called with the number of texts done after each batch. Raises InputError for a text whose values would
        take more memory than a text may take.
        """
        return self._answers(texts, [self._description.ids(text) for text in texts], progress)

    @masks_may_end()
    def predict_ids(
        self, rows: Sequence[Sequence[int]], progress: Callable[[int], None] = lambda _: None
    ) -> list[tuple[float, ...]]:
        """The probabilities of rows of ids as the embedding takes them, padded or not. Shorter rows are padded."""
        return self._answers(None, rows, progress)

    def _answers(
        self, texts: Sequence[str] | None, ids: Sequence[Sequence[int]], progress: Callable[[int], None]
    ) -> list[tuple[float, ...]]:
        rows = [padded(self._description, row) for row in ids]
        if self._description.text_rules.max_tokens is None:  # else the graph has checked the length that all texts have
            for length in {len(row) for row in rows}:
                self._limit.check(length)
                self._attention_limit.check(length)
        # Texts of like length together, so that a batch has little padding. With a limit all rows are of one length.
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        ordered = [rows[n] for n in order]
        answers: list[tuple[float, ...]] = [()] * len(rows)
        done = 0
        while done < len(rows):
            batch = [order[n] for n in _batch(ordered, done, self._texts_at_once)]
            chosen = None if texts is None else [texts[n] for n in batch]
            for n, row in zip(batch, self._run(chosen, [rows[n] for n in batch]), strict=True):
                answers[n] = self._probabilities(row)
            done += len(batch)
            progress(done)
        return answers

    def _texts_at_once(self, tokens: int) -> int:
        return self._attention_limit.texts_at_once(tokens, MAX_BATCH_BYTES)

    def _run(self, texts: Sequence[str] | None, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        import tensorflow as tf

        if self.takes_text and texts is not None and all(_is_encodable(text) for text in texts):
            # TensorFlow's recurrent layers fail on a batch without any token, so a text with a word is added.
            batch: Any = tf.constant([[text] for text in (*texts, self._description.out_of_vocabulary_word)])
            return np.asarray(self._model.predict(batch, verbose=0))[: len(texts)]
        # Without max_tokens, texts differ in length. The mask hides the padding.
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


def _batch(rows: Sequence[Sequence[int]], start: int, texts_at_once: Callable[[int], int]) -> range:
    """The places of the rows from ``start`` on that fit into one batch when padded to the longest of them; at least one.

    ``texts_at_once``: how many texts of a length have memory together.
    """
    longest = len(rows[start])
    stop = start + 1
    while stop < min(start + BATCH_TEXTS, len(rows)):
        longest = max(longest, len(rows[stop]))
        if longest * (stop + 1 - start) > MAX_BATCH_IDS or stop + 1 - start > texts_at_once(longest):
            break
        stop += 1
    return range(start, stop)


def _flat(layers: Sequence[Any]) -> Iterator[Any]:
    """The layers of a model that is a chain, with nested models unpacked and without input layers."""
    for layer in layers:
        if type(layer).__name__ in MODELS:
            yield from _flat(layer.layers)
        elif type(layer).__name__ != "InputLayer":
            yield layer


def _on_ids(layers: Sequence[Any]) -> Any:
    import keras

    return keras.Sequential([keras.Input((None,), dtype="int32"), *layers])


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
