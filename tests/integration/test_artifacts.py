"""What is committed is what the code makes, small enough, and answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import drupelet
from drupelet_export.emitters.native import emit_native
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.passes import SCHEMES, run_passes
from drupelet_export.report import render_verification
from drupelet_export.source import compile_source, read_run_folder

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "artifacts" / "imdb"
SOURCE = ROOT / "artifacts" / "imdb-source"

MAX_ARTIFACTS_BYTES = 10_000_000
MAX_FILE_BYTES = 5_000_000
MAX_VOCABULARY_BYTES_PER_WORD = 4.0


def test_artifacts_and_files_stay_small() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    sizes = {name: (ROOT / name.decode()).stat().st_size for name in listed if name and (ROOT / name.decode()).exists()}
    assert len(sizes) > 50
    assert sum(size for name, size in sizes.items() if name.startswith(b"artifacts/")) < MAX_ARTIFACTS_BYTES
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_BYTES} == {}


def test_the_committed_bundle_is_what_export_makes_of_the_committed_model() -> None:
    bundle = drupelet.open_bundle(BUNDLE)
    source = read_run_folder(SOURCE)
    final = compile_source(source).final
    words = [word for word in final.vocabulary if word is not None]
    vocabulary = emit_vocabulary(words, len(final.vocabulary) - len(words))
    native = bundle.model("native")
    assert native is not None
    assert bundle.read(bundle.manifest.vocabulary) == vocabulary
    assert native.scheme == "wi8"
    assert bundle.read(native.entry) == emit_native(run_passes(final, SCHEMES["wi8"]), vocabulary, "wi8")
    assert bundle.manifest.source["sha256"] == source.sha256()
    assert bundle.manifest.verdict == "passed"


def test_the_committed_bundle_verifies_with_256_reviews_and_the_edge_suite() -> None:
    outcome = drupelet.verify(drupelet.open_bundle(BUNDLE))
    assert outcome.passed
    assert [verdict.engine for verdict in outcome.verdicts] == ["native", "litert", "onnx", "numpy"]
    for verdict in outcome.verdicts:
        assert {suite: comparison.n for suite, comparison in verdict.comparisons.items()} == {
            "held_out": 256,
            "edge": 23,
        }


def test_the_vocabulary_takes_at_most_four_bytes_a_word() -> None:
    bundle = drupelet.open_bundle(BUNDLE)
    assert bundle.manifest.vocabulary.size_bytes / len(bundle.vocabulary()) <= MAX_VOCABULARY_BYTES_PER_WORD


@pytest.mark.parametrize(("scheme", "payload_bytes"), [("wi8", 1_150_000), ("wi4", 650_000)])
def test_the_payload_of_a_quantized_bundle_is_small(scheme: str, payload_bytes: int) -> None:
    report = json.loads((ROOT / "docs" / "reports" / "parity-imdb.json").read_text())
    vocabulary = drupelet.open_bundle(BUNDLE).manifest.vocabulary.size_bytes
    manifest = (BUNDLE / "manifest.json").stat().st_size
    for result in report["results"]:
        if result["scheme"] == scheme:
            inside = result["format"] == "native"  # that file holds the vocabulary itself
            assert result["size_bytes"] + (0 if inside else vocabulary) + manifest <= payload_bytes, result["file"]


def test_the_reference_model_reached_its_accuracy_on_the_held_out_reviews() -> None:
    run = json.loads((SOURCE / "run.json").read_text())
    assert run["metrics"]["held_out"]["n"] == 2000
    assert run["metrics"]["held_out"]["accuracy"] >= 0.85
    assert run["training_seconds"] < 600


def test_the_table_of_the_readme_is_the_report() -> None:
    report = json.loads((ROOT / "docs" / "reports" / "parity-imdb.json").read_text())
    assert report["passed"]
    assert {(result["engine"], result["scheme"]) for result in report["results"]} == {
        (engine, scheme) for engine in ("native", "litert", "onnx", "numpy") for scheme in SCHEMES
    }
    for result in report["results"]:
        assert result["suites"]["held_out"]["n"] == 2000
        if result["scheme"] == "f32":
            assert result["suites"]["held_out"]["flips"] == 0
            assert result["suites"]["held_out"]["max_difference"] <= 1e-5
    table = render_verification(report, "").split("\n\n")[0]
    assert table in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("text", ["a quiet, wonderful film"])
def test_the_line_of_the_readme(text: str) -> None:
    assert drupelet.load(BUNDLE)(text).label == "positive"
