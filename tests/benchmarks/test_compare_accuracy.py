"""The comparison works on made-up systems, and README and report belong to the committed bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import drupelet
from benchmarks import compare_accuracy
from benchmarks.accuracy_table import markdown_accuracies, markdown_short
from benchmarks.compare_accuracy import ScoredTexts, System, bundle_system, fasttext_systems, main, measure, row_of
from benchmarks.workload_folder import WorkloadFolder
from drupelet.errors import InputError

ROOT = Path(__file__).parents[2]
BUNDLES = ROOT / "tests" / "golden"
REPORT = ROOT / "docs" / "reports" / "accuracy-size.json"
LABELS = ("negative", "positive")
PARTS = {
    "held_out": ScoredTexts(("good", "bad", "good", "bad"), np.eye(2, dtype=np.float32)[[1, 0, 0, 0]]),
    "rotten_tomatoes": ScoredTexts(("good", "good"), np.eye(2, dtype=np.float32)[[1, 1]]),
}


def system(path: Path, size_bytes: int) -> System:
    def probabilities(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.array([[0.1, 0.9] if text == "good" else [0.9, 0.1] for text in texts], np.float32)

    path.write_bytes(bytes(size_bytes))
    return System(path.stem, "regression", path, "zeros", probabilities)


def test_a_row_has_the_content_of_a_file_and_its_scores(tmp_path: Path) -> None:
    row = row_of(system(tmp_path / "made-up.bin", 3), PARTS)
    assert (row["name"], row["file"], row["holds"], row["bytes"]) == ("made-up", "made-up.bin", "zeros", 3)
    assert row["sha256"] == hashlib.sha256(bytes(3)).hexdigest()
    held_out, sentences = row["scores"]["held_out"], row["scores"]["rotten_tomatoes"]
    assert (held_out["n"], held_out["accuracy"], sentences["n"], sentences["accuracy"]) == (4, 0.75, 2, 1.0)
    assert held_out["expected_calibration_error"] == pytest.approx(0.15)
    assert held_out["interval_95"][0] < 0.75 < held_out["interval_95"][1]


def test_the_smallest_file_comes_first(tmp_path: Path) -> None:
    systems = (system(tmp_path / f"{size}.bin", size) for size in (7, 5, 9))
    assert [row["bytes"] for row in measure(systems, PARTS)] == [5, 7, 9]


def test_a_bundle_answers_like_its_loaded_classifier() -> None:
    found = bundle_system(BUNDLES / "bundle-v3", LABELS)
    assert (found.name, found.path) == ("tiny f32", BUNDLES / "bundle-v3" / "model.f32.drupelet")
    texts = ["good", "bad film", ""]
    expected = [answer.probabilities for answer in drupelet.load(BUNDLES / "bundle-v3").predict(texts)]
    answers = found.probabilities(texts)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, expected, atol=1e-7)


def test_a_bundle_with_other_labels_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"answers with label 0, label 1, label 2, expected negative, positive; give a"
    ):
        bundle_system(BUNDLES / "bundle-schemes", LABELS)


def test_a_missing_bundle_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "imdb-nano"
    outputs = ["--json", str(tmp_path / "report.json"), "--picture", str(tmp_path / "picture.svg")]
    assert main([str(tmp_path), str(missing), *outputs]) == 2
    assert f"cannot compare: {missing}: not found; expected a bundle folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_fasttext_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fasttext\.ftz: no such file; expected a fastText model; make compare-accur"):
        next(fasttext_systems(WorkloadFolder(tmp_path), LABELS))


def test_one_run_writes_report_and_picture_and_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = system(tmp_path / "made-up.bin", 3)
    monkeypatch.setattr(compare_accuracy, "systems_of", lambda *_: [made_up])
    monkeypatch.setattr(compare_accuracy, "versions_of", lambda _: {})
    report, picture = tmp_path / "out" / "report.json", tmp_path / "out" / "picture.svg"
    assert main([str(tmp_path), "bundle", "--json", str(report), "--picture", str(picture)]) == 0
    document = json.loads(report.read_text())
    assert document["schema_version"] == 1
    assert document["training_reviews"] == 23_000
    (row,) = document["rows"]
    assert [score["n"] for score in row["scores"].values()] == [2000, 8530]
    assert [score["accuracy"] for score in row["scores"].values()] == [0.5, 0.5]  # it calls no text good
    assert "<!-- made-up -->" in picture.read_text()
    assert capsys.readouterr().out == markdown_accuracies(document) + "\n"


def test_the_report_covers_the_committed_bundles() -> None:
    rows = json.loads(REPORT.read_text())["rows"]
    measured = {row["name"]: row["sha256"] for row in rows if row["family"] == "drupelet"}
    committed = {}
    for manifest in sorted((ROOT / "artifacts").glob("*/manifest.json")):
        bundle = drupelet.open_bundle(manifest.parent)
        model = bundle.model("drupelet")
        assert model is not None
        committed[f"{bundle.manifest.name} {model.scheme}"] = model.entry.sha256
    assert measured == committed, "artifacts/ has changed; run: make compare-accuracy"


STANDARD_TEST_REVIEWS = 24_877
"""Reviews of the standard test that the training half does not have; the report was made with STANDARD_TEST=PATH."""

PRINTED_BY = "which is printed by: .venv/bin/python -m benchmarks.accuracy_table docs/reports/accuracy-size.json"


def test_the_pages_show_the_report() -> None:
    report, readme = json.loads(REPORT.read_text()), (ROOT / "README.md").read_text()
    measurements = (ROOT / "docs" / "measurements.md").read_text()
    assert markdown_accuracies(report) in measurements, (
        f"docs/measurements.md lacks the table of the report, {PRINTED_BY}"
    )
    assert markdown_short(report) in readme, f"README.md lacks the short table of the report, {PRINTED_BY}"
    assert {row["family"] for row in report["rows"]} == {"drupelet", "fastText", "regression"}
    assert {score["n"] for row in report["rows"] for score in row["scores"].values()} == {
        STANDARD_TEST_REVIEWS,
        2000,
        8530,
    }
    assert "(pictures/accuracy-size.svg)" in measurements
    picture = (ROOT / "docs" / "pictures" / "accuracy-size.svg").read_text()
    for row in report["rows"]:
        assert f"<!-- {row['name']} -->" in picture, "the picture is of another report; run: make compare-accuracy"
