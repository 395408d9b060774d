"""What the peers load: the committed network compiled for each engine, and other models trained on the same reviews.

A model is a folder below ``models``. It is made again when what it is made of has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.compare.child import ROOT, quiet_environment
from benchmarks.compare.failure import PeerError, reason_of
from benchmarks.compare.onnx_variants import write_variants
from benchmarks.workload_bundle import write_workload_bundle
from benchmarks.workload_folder import WorkloadFolder, write_lines
from drupelet_export.model.description import ModelDescription

ARTIFACTS = ROOT / "artifacts"
MADE = ".made"
FILES = (("drupelet", "wi8"), ("drupelet", "f32"), ("onnx", "f32"), ("tflite", "f32"))
HEAD_REVIEWS = 2000
"""Training reviews whose vectors the regression behind MiniLM is fitted on. All 23,000 would take half an hour on two cores."""
EMBED_LIMIT_S = 1800.0
MINILM = "benchmarks.compare.answering.minilm_peer"


@dataclass(frozen=True)
class Making:
    """What the makers of models need: the prepared workload, and the Python of an environment by its name."""

    workload: WorkloadFolder
    python_of: Callable[[str], Path]


def make_model(name: str, models: Path, making: Making) -> Path:
    """The folder of a model, made unless it is there. Raises PeerError with the reason why it cannot be made."""
    maker, sources = MAKERS[name]
    folder = models / name
    wanted = _digest(sources(making.workload))
    stamp = folder / MADE
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        maker(folder, making)
        stamp.write_text(wanted, encoding="utf-8")
    return folder


def write_network(
    folder: Path, model: ModelDescription, with_int8: bool, files: Sequence[tuple[str, str]] = FILES
) -> None:
    """Writes everything that the peers of a network load: the bundle, ONNX files, and words with their ids."""
    write_workload_bundle(folder / "bundle", model, files)
    write_variants(folder, with_int8)
    settings = {
        "labels": model.labels,
        "words": model.vocabulary,
        "unknown_id": model.text_rules.unknown_id,
        "max_tokens": model.text_rules.max_tokens,
    }
    (folder / "text.json").write_text(json.dumps(settings), encoding="utf-8")


def _make_imdb(folder: Path, making: Making) -> None:
    from drupelet_export.compiled import compile_source
    from drupelet_export.reading.source import read_run_folder

    source = ARTIFACTS / "imdb-source"
    compiled = compile_source(read_run_folder(source))
    write_network(folder, compiled.read, with_int8=True)
    shutil.copy(source / "model.keras", folder / "model.keras")


def _make_shipped(name: str) -> Callable[[Path, Making], None]:
    def make(folder: Path, making: Making) -> None:
        shutil.copytree(ARTIFACTS / name, folder / "bundle")

    return make


def _make_fasttext(folder: Path, making: Making) -> None:
    if not making.workload.fasttext_model.is_file():
        raise PeerError(f"{making.workload.fasttext_model} is not there; make compare trains it")
    shutil.copy(making.workload.fasttext_model, folder / "fasttext.ftz")


def _make_ngram_regression(folder: Path, making: Making) -> None:
    from benchmarks.term_regression import fit_ngram_regression
    from drupelet_train.corpora.corpus import read_corpus

    corpus = read_corpus("imdb")
    texts = [corpus.texts[place] for place in corpus.training]
    fit_ngram_regression(texts, corpus.label_ids[corpus.training] == 1).write(folder / "ngram_regression.npz")


def _make_minilm_head(folder: Path, making: Making) -> None:
    from sklearn.linear_model import LogisticRegression

    from drupelet_train.corpora.corpus import read_corpus

    corpus = read_corpus("imdb")
    places = corpus.training[:: max(1, len(corpus.training) // HEAD_REVIEWS)][:HEAD_REVIEWS]
    texts, vectors = folder / "texts.txt", folder / "vectors.npy"
    write_lines(texts, (corpus.texts[place] for place in places))
    cores = os.cpu_count() or 1
    command: list[str | Path] = [making.python_of("minilm"), "-m", MINILM, texts, vectors, str(cores)]
    try:
        subprocess.run(
            command,
            cwd=ROOT,
            env=quiet_environment(cores),
            check=True,
            capture_output=True,
            text=True,
            timeout=EMBED_LIMIT_S,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"its vectors: {reason_of(error)}") from error
    regression = LogisticRegression(C=10.0, max_iter=1000).fit(np.load(vectors), corpus.label_ids[places] == 1)
    head = {"weights": regression.coef_[0].tolist(), "intercept": float(regression.intercept_[0])}
    (folder / "minilm_head.json").write_text(json.dumps(head), encoding="utf-8")
    vectors.unlink()
    texts.unlink()


def _code(*parts: str) -> list[Path]:
    """The Python files of folders and files of the project."""
    places = [ROOT / part for part in parts]
    return [path for place in places for path in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]


COMPILER = ("export/src", "runtime/src", "benchmarks/workload_bundle.py", "benchmarks/compare/onnx_variants.py")
OWN = "benchmarks/compare/models.py"

MAKERS: Mapping[str, tuple[Callable[[Path, Making], None], Callable[[WorkloadFolder], list[Path]]]] = {
    "imdb": (_make_imdb, lambda _: [ARTIFACTS / "imdb-source/model.keras", *_code(*COMPILER, OWN)]),
    "imdb-tiny": (_make_shipped("imdb-tiny"), lambda _: [ARTIFACTS / "imdb-tiny/manifest.json"]),
    "imdb-nano": (_make_shipped("imdb-nano"), lambda _: [ARTIFACTS / "imdb-nano/manifest.json"]),
    "fasttext": (_make_fasttext, lambda workload: [workload.fasttext_model]),
    "scikit-learn": (
        _make_ngram_regression,
        lambda _: _code("benchmarks/term_regression.py", "train/src/drupelet_train/teaching"),
    ),
    "minilm": (_make_minilm_head, lambda _: _code("benchmarks/compare/answering/minilm_peer.py")),
}
"""Name of a model -> what makes it, and the files that it depends on."""


def _digest(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.name}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()
