"""onnxruntime, with the text side in plain Python.

One text runs in the file for texts of one length, which has nothing about padding; many run in the file that knows their
lengths, in groups of like length, or padded to one length where all are equal anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from benchmarks.compare.answering.words import Vocabulary, groups_of_like_length

MOST_TEXTS = 64
PADDED_SHARE = 1.125


class Answerer:
    """Two sessions of one network, of float32 or of int8 weights. The second is made when texts come together."""

    def __init__(self, folder: str, scheme: str, threads: int) -> None:
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.inter_op_num_threads = 1
        self._folder, self._scheme = folder, scheme
        self._one = self._session("exact")
        self._many: Any = None
        self._vocabulary = Vocabulary(folder)

    def _session(self, kind: str) -> Any:
        path = f"{self._folder}/{kind}.{self._scheme}.onnx"
        return onnxruntime.InferenceSession(path, self._options, providers=["CPUExecutionProvider"])

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        (logits,) = self._one.run(["logits"], {"ids": np.array([self._vocabulary.ids(text)], np.int32)})
        return self._vocabulary.labels[int(logits[0].argmax())]

    def labels(self, texts: list[str]) -> list[str]:
        if self._many is None:
            self._many = self._session("padded")
        rows = [self._vocabulary.ids(text) for text in texts]
        labels = [""] * len(rows)
        for group in groups_of_like_length([len(row) for row in rows], MOST_TEXTS, PADDED_SHARE):
            lengths = np.array([len(rows[place]) for place in group], np.int32)
            ids = np.zeros((len(group), int(lengths.max())), np.int32)
            for row, place in zip(ids, group, strict=True):
                row[: len(rows[place])] = rows[place]
            (logits,) = self._many.run(["logits"], {"ids": ids, "lengths": lengths})
            for place, number in zip(group, logits.argmax(axis=1).tolist(), strict=True):
                labels[place] = self._vocabulary.labels[number]
        return labels

    def about(self) -> str:
        return f"up to {MOST_TEXTS} texts of like length a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, variant, threads)
