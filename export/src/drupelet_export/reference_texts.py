"""The texts on which Keras and the engines are compared, with Keras's answers: goldens in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points

import numpy as np

from drupelet.errors import InputError
from drupelet.goldens import Golden
from drupelet_export.description import ModelDescription
from drupelet_export.edge_suite import edge_suite
from drupelet_export.source import Compiled

DATASETS_GROUP = "drupelet.datasets"
"""Entry points that read data: a function name or path -> (texts, names of their labels). drupelet-train has one."""

GOLDEN_TEXTS = 256
"""Held-out texts that travel with the bundle."""
SAMPLED_TEXT_WORDS = 60
SEED = 20_260_101


@dataclass(frozen=True)
class HeldOut:
    """Real texts with the numbers of their true classes."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]


def load_held_out(data: str, labels: Sequence[str]) -> HeldOut:
    """The held-out part of a data set, by name or path, with class numbers in the order of ``labels``.

    Raises InputError when no installed distribution reads data, or when the data has other labels than the model.
    """
    readers = list(entry_points(group=DATASETS_GROUP))
    if not readers:
        raise InputError(f"data {data!r}: nothing installed reads data sets; install drupelet-train")
    texts, names = readers[0].load()(data)
    unknown = sorted(set(names) - set(labels))
    if unknown:
        raise InputError(
            f"data {data!r}: has labels {', '.join(unknown[:5])} that the model does not ({', '.join(labels)}); "
            "use data with the model's labels"
        )
    number = {label: place for place, label in enumerate(labels)}
    return HeldOut(tuple(texts), tuple(number[name] for name in names))


def reference_goldens(
    compiled: Compiled, held_out: HeldOut | None, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Golden]:
    """Every text to compare, with the ids an engine must get and the probabilities that Keras gives.

    Without held-out texts, as many as travel with a bundle are drawn from the vocabulary. The edge suite is always there.
    """
    rows: list[tuple[str, str, str, int, int | None]] = []
    if held_out is not None:
        pairs = zip(held_out.texts, held_out.labels, strict=True)
        rows += [("held_out", f"held-out {n}", text, 1, label) for n, (text, label) in enumerate(pairs)]
    else:
        rows += [("sampled", f"sampled {n}", text, 1, None) for n, text in enumerate(sample_texts(compiled.read))]
    rows += [("edge", edge.name, edge.text, edge.times, None) for edge in edge_suite(compiled.read)]
    texts = [text * times for _, _, text, times, _ in rows]
    answers = compiled.reference.predict(texts, lambda done: progress(done, len(texts)))
    return [
        Golden(suite, name, text, times, tuple(compiled.final.engine_ids(text * times)), probabilities, label)
        for (suite, name, text, times, label), probabilities in zip(rows, answers, strict=True)
    ]


def goldens_for_bundle(goldens: Sequence[Golden]) -> list[Golden]:
    """The goldens that travel with a bundle: evenly spread held-out (or sampled) texts, and the whole edge suite."""
    texts = [golden for golden in goldens if golden.suite != "edge"]
    count = min(GOLDEN_TEXTS, len(texts))
    chosen = [texts[place * len(texts) // count] for place in range(count)]
    return chosen + [golden for golden in goldens if golden.suite == "edge"]


def sample_texts(model: ModelDescription) -> list[str]:
    """Texts of random words of the vocabulary, the same ones every time; some words are not in it."""
    words = [word for word in model.vocabulary if word is not None] or ["word"]
    random = np.random.default_rng(SEED)
    longest = min(SAMPLED_TEXT_WORDS, (model.tokenizer.max_tokens or SAMPLED_TEXT_WORDS) + 5)
    texts = []
    for length in random.integers(1, longest + 1, GOLDEN_TEXTS):
        picked = [words[place] for place in random.integers(0, len(words), length)]
        unknown = random.random(length) < 0.05
        texts.append(
            " ".join(model.unheard_of_word if odd else word for word, odd in zip(picked, unknown, strict=True))
        )
    return texts
