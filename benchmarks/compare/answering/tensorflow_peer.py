"""The Keras model on TensorFlow, as one traced function for texts of any length.

Padding in front is masked. The network pools over masked steps too, as Keras does; so a text shorter than Keras's own batch
gets one padded step, which stands for all of them.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.compare.answering.words import Vocabulary, groups_of_like_length

MOST_TEXTS = 64
PADDED_SHARE = 1.5
MAX_TOKENS = 1000


class Answerer:
    """A function from ids (texts, tokens) int32 to logits."""

    def __init__(self, folder: str, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        model = keras.saving.load_model(f"{folder}/model.keras", compile=False)
        ids = tf.TensorSpec([None, None], tf.int32)
        self._run = tf.function(lambda ids: model(ids, training=False), input_signature=[ids], autograph=False)
        self._vocabulary = Vocabulary(folder)

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        return self._labels_of_rows([self._vocabulary.ids(text)])[0]

    def labels(self, texts: list[str]) -> list[str]:
        rows = [self._vocabulary.ids(text) for text in texts]
        labels = [""] * len(rows)
        for group in groups_of_like_length([len(row) for row in rows], MOST_TEXTS, PADDED_SHARE):
            for place, label in zip(group, self._labels_of_rows([rows[place] for place in group]), strict=True):
                labels[place] = label
        return labels

    def _labels_of_rows(self, rows: list[list[int]]) -> list[str]:
        ids = np.zeros((len(rows), min(MAX_TOKENS, max(map(len, rows)) + 1)), np.int32)
        for line, row in zip(ids, rows, strict=True):
            line[len(line) - len(row) :] = row
        return [self._vocabulary.labels[number] for number in self._run(ids).numpy().argmax(axis=1).tolist()]

    def about(self) -> str:
        return f"tf.function; up to {MOST_TEXTS} texts of like length a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, threads)
