"""fastText (Joulin et al.: *Bag of Tricks for Efficient Text Classification*, EACL 2017), where it is installed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drupelet.errors import InputError
from drupelet_train.baselines.questions import Decisions, Question

NAME = "fastText"

EPOCHS = (5, 25)
"""Fewest and most epochs: the tool's default, and what its tutorial takes for some thousand texts."""

TEXTS_IN_ALL = 100_000
"""Texts in all epochs, within ``EPOCHS``."""

BUCKETS = 200_000
"""Rows for pairs of words: 40 MB. The default takes ten times as much memory and is filled before the first text."""

MOST_REPEATS = 10
"""Most times that a text of a large weight is written."""

LABEL = "__label__"


def answer(question: Question) -> Decisions | None:
    """The answers; None where no fastText that trains is installed. Raises InputError when it fails."""
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
        epochs = int(np.clip(TEXTS_IN_ALL // question.training, *EPOCHS))
        try:
            model = fasttext.train_supervised(
                input=str(path),
                loss="ova" if question.each else "softmax",
                wordNgrams=2,
                dim=50,
                epoch=epochs,
                lr=0.5,
                minCount=1,
                bucket=BUCKETS,
                thread=1,
                verbose=0,
            )
            k, threshold = (-1, 0.5) if question.each else (1, 0.0)
            answered, _ = model.predict(lines[question.training :], k=k, threshold=threshold)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"fastText cannot be trained here ({error}); go without it with --no-baselines") from error
    found = np.zeros((len(answered), question.labels.shape[1]), np.bool_)
    for row, names in enumerate(answered):
        found[row, [int(name.removeprefix(LABEL)) for name in names]] = True
    return found


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
