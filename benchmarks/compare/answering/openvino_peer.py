"""OpenVINO on the CPU, with the text side in plain Python.

The file is that for texts of one length, and the number of texts of a run is fixed: OpenVINO 2026.4 crashes on this LSTM when
each text has a length of its own, and when the number of texts is open. So texts of equal length run sixteen at a time, others
alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino

from benchmarks.compare.answering.words import Vocabulary, groups_of_like_length

TOGETHER = 16


class Answerer:
    """Two compiled models, for one text and for sixteen; the second is made when texts come together.

    The precision is OpenVINO's own choice: bfloat16 where the processor computes with it.
    """

    def __init__(self, folder: str, threads: int) -> None:
        self._core = openvino.Core()
        self._path = f"{folder}/exact.f32.onnx"
        self._settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        self._one = self._compiled(1)
        self._request: Any = self._one.create_infer_request()
        self._many: Any = None
        self._vocabulary = Vocabulary(folder)

    def _compiled(self, texts: int) -> Any:
        model = self._core.read_model(self._path)
        model.reshape({"ids": [texts, -1]})
        return self._core.compile_model(model, "CPU", self._settings)

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        return self._labels_of_rows(self._request, [self._vocabulary.ids(text)])[0]

    def labels(self, texts: list[str]) -> list[str]:
        if self._many is None:
            self._many = self._compiled(TOGETHER).create_infer_request()
        rows = [self._vocabulary.ids(text) for text in texts]
        labels = [""] * len(rows)
        for group in groups_of_like_length([len(row) for row in rows], TOGETHER, 1.0):
            runs = [(self._many, group)] if len(group) == TOGETHER else [(self._request, [place]) for place in group]
            for request, places in runs:
                found = self._labels_of_rows(request, [rows[place] for place in places])
                for place, label in zip(places, found, strict=True):
                    labels[place] = label
        return labels

    def _labels_of_rows(self, request: Any, rows: list[list[int]]) -> list[str]:
        (logits,) = request.infer([np.array(rows, np.int32)]).values()
        return [self._vocabulary.labels[number] for number in logits.argmax(axis=1).tolist()]

    def about(self) -> str:
        precision = self._one.get_property("INFERENCE_PRECISION_HINT").to_string()
        return f"precision {precision}; texts of equal length together, {TOGETHER} a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, threads)
