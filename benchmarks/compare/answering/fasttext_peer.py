"""fastText's quantized model, read by any package whose module is ``fasttext``."""

from __future__ import annotations

import fasttext

from benchmarks.compare.answering.words import words_of

PREFIX = len("__label__")


class Answerer:
    """A model that reads words which are joined by spaces. ``from_text``: joining them is a part of the answer."""

    def __init__(self, folder: str, from_text: bool) -> None:
        self._predict = fasttext.load_model(f"{folder}/fasttext.ftz").predict
        self._from_text = from_text

    def prepare(self, text: str) -> str:
        return text if self._from_text else " ".join(words_of(text))

    def label(self, item: str) -> str:
        words = " ".join(words_of(item)) if self._from_text else item
        label: str = self._predict(words)[0][0][PREFIX:]
        return label

    def labels(self, items: list[str]) -> list[str]:
        return [self.label(item) for item in items]

    def about(self) -> str:
        return "reads the text" if self._from_text else "reads words"


def load(folder: str, variant: str, threads: int) -> Answerer:
    return Answerer(folder, variant == "text")
