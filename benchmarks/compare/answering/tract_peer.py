"""tract, with the text side in plain Python. It runs one text at a time: its LSTM takes no lengths, and the batch is fixed."""

from __future__ import annotations

import numpy as np
import tract

from benchmarks.compare.answering.words import Vocabulary


class Answerer:
    """A runnable model for one text of any length."""

    def __init__(self, folder: str) -> None:
        model = tract.onnx().load(f"{folder}/exact.f32.onnx")
        model.set_input_fact(0, "1,T,i32")
        self._run = model.into_model().into_runnable().run
        self._vocabulary = Vocabulary(folder)

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        (logits,) = self._run([np.array([self._vocabulary.ids(text)], np.int32)])
        return self._vocabulary.labels[int(logits.to_numpy().argmax())]

    def labels(self, texts: list[str]) -> list[str]:
        return [self.label(text) for text in texts]

    def about(self) -> str:
        return "one text a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder)
