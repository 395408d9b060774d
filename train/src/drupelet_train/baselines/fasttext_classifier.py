"""fastText (Joulin et al.: *Bag of Tricks for Efficient Text Classification*, EACL 2017), where it is installed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drupelet_train.baselines.questions import BaselineError, Decisions, Question

NAME = "fastText"

EPOCHS = (5, 25)
"""Fewest and most epochs: the tool's default, and what its tutorial takes for some thousand texts."""

WORDS_IN_ALL = 12_000_000
"""Words in all epochs, within ``EPOCHS``: five seconds."""

LEARNING_RATES = (0.5, 0.1)
"""Tried in this order: some texts end the first in numbers that are none."""

DIMENSIONS = 50

BUCKETS = 200_000
"""Rows for pairs of words: 40 MB. The default takes ten times as much memory and is filled before the first text."""

MOST_REPEATS = 10
"""Most times that a text of a large weight is written."""

LABEL = "__label__"


def answer(question: Question) -> Decisions | None:
    """The answers; None where no fastText that trains is installed. Raises BaselineError when it fails."""
    fasttext = _module()
    if fasttext is None:
        return None
    lines = _lines(question)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts"
        repeats = [max(0, round(weight)) for weight in _weights(question)]
        named = zip(question.labels, lines, repeats, strict=False)
        order = np.random.default_rng(0).permutation(
            question.training
        )  # it reads texts in order, and classes lie in runs
        written = [f"{_names(labels)} {line}\n" * repeat for labels, line, repeat in named]
        path.write_text("".join(written[place] for place in order), encoding="utf-8")
        words = int(question.texts.starts[question.training])
        epochs = int(np.clip(WORDS_IN_ALL // max(1, words), *EPOCHS))
        settings = {
            "input": str(path),
            "loss": "ova" if question.each else "softmax",
            "wordNgrams": 2,
            "dim": DIMENSIONS,
            "epoch": epochs,
            "minCount": 1,
            "bucket": BUCKETS,
            "thread": 1,
            "verbose": 0,
        }
        model = _trained(fasttext, settings)
    k, threshold = (-1, 0.5) if question.each else (1, 0.0)
    answered, _ = model.predict(lines[question.training :], k=k, threshold=threshold)
    found = np.zeros((len(answered), question.labels.shape[1]), np.bool_)
    for row, names in enumerate(answered):
        found[row, [int(name.removeprefix(LABEL)) for name in names]] = True
    return found


def _trained(fasttext: Any, settings: dict[str, Any]) -> Any:
    """A model at the first learning rate with which it can be trained. Raises BaselineError when there is none."""
    for rate in LEARNING_RATES:
        try:
            return fasttext.train_supervised(**settings, lr=rate)
        except (RuntimeError, ValueError) as error:
            reason = error
    raise BaselineError(f"{NAME} cannot be trained on these texts ({reason})") from reason


def _module() -> Any:
    """The module of a fastText that trains; None without one. A package that only predicts has the same name."""
    try:
        import fasttext
    except ImportError:
        return None
    return fasttext if hasattr(fasttext, "train_supervised") else None


def _lines(question: Question) -> list[str]:
    """A line a text. White space that is a word, of rules that split texts into characters, is left out."""
    words, texts = question.texts.words, question.texts
    return [
        " ".join("".join(words[number].split()) for number in texts.numbers[start:stop])
        for start, stop in zip(texts.starts[:-1], texts.starts[1:], strict=True)
    ]


def _weights(question: Question) -> Sequence[float]:
    """How often a text is written, before rounding: fastText has no weights."""
    if question.weights is None:
        return [1.0] * question.training
    lowest = float(question.weights[question.weights > 0].min())
    return [float(weight) for weight in (question.weights / lowest).clip(0, MOST_REPEATS)]


def _names(labels: Decisions) -> str:
    return " ".join(f"{LABEL}{place}" for place in np.flatnonzero(labels))
