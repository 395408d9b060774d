"""The committed bundles are what the code makes, are small enough, and answer correctly."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import drupelet
from drupelet.text_choice import SLOW_ENGINES
from drupelet_export.compiled import compile_source
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.passes import SCHEME_PASSES, run_passes
from drupelet_export.reading.source import read_run_folder
from drupelet_export.report.document import Document
from drupelet_export.report.table import markdown_table
from drupelet_train.config import named_config
from drupelet_train.run_record import read_record

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"

MAX_ARTIFACTS_BYTES = 10_000_000
MAX_FILE_BYTES = 5_000_000
MAX_VOCABULARY_BYTES_PER_WORD = {"table": 5.6, "rank": 4.4}
"""More than for a large vocabulary: with few words, neighbours in the alphabet share fewer letters. The ids of Keras,
in the kind ``table``, take 1.5 to 1.9 bytes of it."""

MAX_TRAINING_S = 40 * 60

ENGINES = ["native", "litert", "onnx", "numpy"]


@dataclass(frozen=True)
class Shipped:
    """A committed model. ``accuracy`` is the minimum accuracy of Keras on the held-out reviews.

    Engines may lose 0.2 points of the accuracy. ``max_bytes`` bounds the .drupelet file, vocabulary included. The other formats
    need the vocabulary beside them, with Keras's ids in it; ``max_foreign_bytes`` bounds both together.
    """

    name: str
    scheme: str
    max_bytes: int
    max_foreign_bytes: int
    accuracy: float

    @property
    def bundle(self) -> Path:
        return ARTIFACTS / self.name

    @property
    def source(self) -> Path:
        return ARTIFACTS / f"{self.name}-source"


IMDB = Shipped("imdb", "wi8", 1_200_000, 1_200_000, 0.885)
SHIPPED = [
    IMDB,
    Shipped("imdb-tiny", "wi4", 200_000, 210_000, 0.878),
    Shipped("imdb-nano", "wi4", 64_000, 68_000, 0.85),
]
every_model = pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)


def test_artifacts_and_files_stay_small() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    sizes = {name: (ROOT / name.decode()).stat().st_size for name in listed if name and (ROOT / name.decode()).exists()}
    assert len(sizes) > 50
    assert sum(size for name, size in sizes.items() if name.startswith(b"artifacts/")) < MAX_ARTIFACTS_BYTES
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_BYTES} == {}


@every_model
def test_a_committed_bundle_is_what_export_makes_of_the_committed_model(shipped: Shipped) -> None:
    bundle = drupelet.open_bundle(shipped.bundle)
    source = read_run_folder(shipped.source)
    compiled = compile_source(source)
    final = compiled.final
    native = bundle.model("drupelet")
    assert native is not None
    assert bundle.read(bundle.manifest.vocabulary) == bundle_vocabulary(final)
    assert native.scheme == shipped.scheme
    emitted = emit_drupelet(in_rank_order(run_passes(final, SCHEME_PASSES[shipped.scheme])), shipped.scheme)
    assert bundle.read(native.entry) == emitted
    assert bundle.manifest.source["sha256"] == compiled.sha256
    assert bundle.manifest.verdict == "passed"


@every_model
def test_a_committed_bundle_verifies_with_256_reviews_and_the_edge_suite(shipped: Shipped) -> None:
    outcome = drupelet.verify(drupelet.open_bundle(shipped.bundle))
    assert outcome.passed
    assert [verdict.engine for verdict in outcome.verdicts] == ENGINES
    for verdict in outcome.verdicts:
        assert {suite: comparison.n for suite, comparison in verdict.comparisons.items()} == {
            "held_out": 256,
            "edge": 23,
        }


@every_model
def test_a_vocabulary_takes_few_bytes_a_word(shipped: Shipped) -> None:
    bundle = drupelet.open_bundle(shipped.bundle)
    native = bundle.model("drupelet")
    assert native is not None
    for one in (bundle, bundle.alone(native)):
        vocabulary = one.vocabulary()
        most = MAX_VOCABULARY_BYTES_PER_WORD[vocabulary.kind]
        assert one.manifest.vocabulary.size_bytes / len(vocabulary) <= most


@every_model
def test_every_format_with_its_vocabulary_is_small(shipped: Shipped) -> None:
    bundle = drupelet.open_bundle(shipped.bundle)
    vocabulary = bundle.manifest.vocabulary.size_bytes
    for name in ("drupelet", "tflite", "onnx"):
        model = bundle.model(name)
        assert model is not None
        if name == "drupelet":
            assert model.entry.size_bytes <= shipped.max_bytes
        else:
            assert model.entry.size_bytes + vocabulary <= shipped.max_foreign_bytes, name


@every_model
def test_a_shipped_model_reached_its_accuracy_on_the_held_out_reviews(shipped: Shipped) -> None:
    run = read_record(shipped.source)
    assert run is not None
    assert run.held_out is not None
    assert run.held_out.n == 2000
    assert run.held_out.accuracy >= shipped.accuracy
    assert run.training_seconds < MAX_TRAINING_S
    results = json.loads((shipped.bundle / "parity.json").read_text())["results"]
    assert {result["engine"]: result["scheme"] for result in results} == dict.fromkeys(ENGINES, shipped.scheme)
    for result in results:
        suite = result["suites"]["held_out"]
        assert (suite["total"] or suite["n"]) == 2000  # numpy answers some of them
        assert suite["accuracy"]["share"] >= suite["reference_accuracy"]["share"] - 0.002, result["engine"]
        if shipped.scheme == "wi4":
            assert suite["accuracy"]["share"] >= shipped.accuracy, result["engine"]


@every_model
def test_a_shipped_model_is_what_its_configuration_says(shipped: Shipped) -> None:
    run = read_record(shipped.source)
    assert run is not None
    config = named_config(shipped.name)
    assert run.config == config


def test_the_table_of_the_measurements_is_the_report() -> None:
    report = json.loads((ROOT / "docs" / "reports" / "parity-imdb.json").read_text())
    assert report["passed"]
    assert {(result["engine"], result["scheme"]) for result in report["results"]} == {
        (engine, scheme) for engine in ENGINES for scheme in SCHEME_PASSES
    }
    for result in report["results"]:
        # A slow engine answers a sample (decision 0028).
        assert result["suites"]["held_out"]["n"] == (512 if result["engine"] in SLOW_ENGINES else 2000)
        if result["scheme"] == "f32":
            assert result["suites"]["held_out"]["flips"] == 0
            assert result["suites"]["held_out"]["max_difference"] <= 1e-5
    assert markdown_table(Document.from_json(report)) in (ROOT / "docs" / "measurements.md").read_text()


@pytest.mark.parametrize("text", ["a quiet, wonderful film"])
def test_the_line_of_the_readme(text: str) -> None:
    assert drupelet.load(IMDB.bundle)(text).label == "positive"
