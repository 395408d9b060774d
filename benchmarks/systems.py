"""The compared systems, each as a function from text to label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
import numpy.typing as npt

from drupelet.bundle import Bundle
from drupelet.classifier import Classifier
from drupelet.engines.foreign_library import import_library
from drupelet.text.named import ALNUM
from drupelet.text.words import splitter

onnxruntime = import_library("onnxruntime")

FASTTEXT_PREFIX = "__label__"


def label_of(classifier: Classifier) -> Callable[[str], str | None]:
    """The function from text to label of one of our engines."""
    return lambda text: classifier(text).label


class PlainOnnx:
    """onnxruntime as a user would call it directly: the Python tokenizer, a dict of words, a session, the largest logit.

    It uses nothing else of Drupelet: our compact vocabulary would be slower than the network, and the comparison unfair.
    """

    def __init__(self, bundle: Bundle, scheme: str) -> None:
        model = bundle.model("onnx", scheme)
        if model is None:
            raise ValueError(f"{bundle.path}: no {scheme} ONNX file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        content = bundle.read(model.entry)
        self._run: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"]).run
        tokenizer, vocabulary = bundle.manifest.text_rules, bundle.vocabulary()
        self._words_of = splitter(tokenizer)
        self._id_of = {word: number for number, word in zip(vocabulary.ids(), vocabulary, strict=True)}.get
        self._unknown_id = tokenizer.unknown_id
        self._max_tokens = tokenizer.max_tokens
        self._labels = bundle.manifest.labels

    def ids(self, text: str) -> list[int | None]:
        """The ids of the first words of a text."""
        id_of, unknown_id = self._id_of, self._unknown_id
        return [id_of(word, unknown_id) for word in self._words_of(text)[: self._max_tokens]]

    def label(self, text: str) -> str:
        """The label of one text."""
        return self.labels_of_ids(np.array([self.ids(text)], np.int32))[0]

    def labels(self, texts: Sequence[str], batch_texts: int) -> list[str]:
        """The labels of texts that all have the same number of tokens, ``batch_texts`` per run."""
        labels: list[str] = []
        for start in range(0, len(texts), batch_texts):
            batch = texts[start : start + batch_texts]
            labels += self.labels_of_ids(np.array([self.ids(text) for text in batch], np.int32))
        return labels

    def labels_of_ids(self, ids: Any) -> list[str]:
        """The label of each row of ``ids`` (texts, tokens) int32."""
        lengths = np.full(len(ids), ids.shape[1], np.int32)
        (logits,) = self._run(["logits"], {"ids": ids, "lengths": lengths})
        return [self._labels[number] for number in logits.argmax(axis=1).tolist()]


class FastText:
    """A fastText model, called as its package documents."""

    def __init__(self, path: Path) -> None:
        self._predict = fasttext.load_model(str(path)).predict

    def label_of_words(self, words: str) -> str:
        """The label of words that are joined by spaces already."""
        labels, _ = self._predict(words)
        return str(labels[0][len(FASTTEXT_PREFIX) :])

    def probabilities(self, lines: Iterable[str], labels: Sequence[str]) -> npt.NDArray[np.float32]:
        """(lines, labels) float32 for lines of words that are joined by spaces already."""
        answers = (self._predict(words, k=len(labels)) for words in lines)
        shares = [dict(zip(names, values, strict=True)) for names, values in answers]
        return np.array([[share[FASTTEXT_PREFIX + label] for label in labels] for share in shares], np.float32)


def joined_words(max_tokens: int | None) -> Callable[[str], str]:
    """The function from a text to its first words in fastText's form: lower case, no punctuation, joined by spaces."""
    words_of = splitter(ALNUM)
    return lambda text: " ".join(words_of(text)[:max_tokens])
