"""LiteRT or tflite-runtime, whichever is installed, with the text side in plain Python. A file reads one text a run."""

from __future__ import annotations

import numpy as np

from benchmarks.compare.answering.words import Vocabulary

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter


class Answerer:
    """An interpreter. Its input is resized only when the length is another one than before."""

    def __init__(self, folder: str, scheme: str, threads: int) -> None:
        self._interpreter = Interpreter(model_path=f"{folder}/bundle/model.{scheme}.tflite", num_threads=threads)
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._output: int = self._interpreter.get_output_details()[0]["index"]
        self._vocabulary = Vocabulary(folder)
        self._tokens = 0

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        ids = np.array(self._vocabulary.ids(text), np.int32)
        if len(ids) != self._tokens:
            self._interpreter.resize_tensor_input(self._input, [len(ids)])
            self._interpreter.allocate_tensors()
            self._tokens = len(ids)
        self._interpreter.set_tensor(self._input, ids)
        self._interpreter.invoke()
        return self._vocabulary.labels[int(self._interpreter.get_tensor(self._output).argmax())]

    def labels(self, texts: list[str]) -> list[str]:
        return [self.label(text) for text in texts]

    def about(self) -> str:
        return "one text a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, variant, threads)
