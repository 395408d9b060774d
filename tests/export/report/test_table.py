"""A report shows every file on every engine, what failed, and the verdict."""

import json
import re

import pytest

from drupelet.comparison import GATES, compare
from drupelet.latency import Latency
from drupelet.manifest import FileEntry, ModelEntry
from drupelet.verification import EngineVerdict, Verification
from drupelet_export.report.table import EXPLANATION_HEADER, HEADER, render_verification

MODEL = ModelEntry(FileEntry("model.f32.onnx", 3, "0" * 64), "onnx", "f32", {})
REFERENCE = [(0.25, 0.75), (0.5, 0.5)]


def report(*comparisons, reason=None):
    """The JSON of a verification with these comparisons of one file on one engine."""
    suites = dict(zip(("held_out", "edge"), comparisons, strict=False))
    verdict = EngineVerdict("onnx", "onnxruntime 1.2", MODEL, suites, reason)
    return json.loads(json.dumps(Verification("bundle", (verdict,)).to_json()))


def cells_of(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_line_for_every_file_and_engine():
    passed = compare(REFERENCE, REFERENCE, GATES["f32"], [1, 1])
    lines = render_verification(report(passed, compare(REFERENCE, REFERENCE, GATES["f32"])), "wrote b").splitlines()
    calibration = "expected calibration error on 2 texts: 0.3750 to 0.3750, Keras 0.3750"  # 0.75 right, 0.5 wrong
    assert lines[3:] == ["", calibration, "wrote b: answers like Keras"]
    assert cells_of(lines[0]) == list(HEADER)
    cells = cells_of(lines[2])
    assert cells[:4] == ["model.f32.onnx", "onnx (onnxruntime 1.2)", "3", "held_out"]
    assert cells[4:8] == ["2", "0", "0.0e+00", "0.0e+00"]
    assert cells[8].startswith("0.5000 (0.")
    assert re.fullmatch(r"\+0\.0000 \(-0\.\d{4} to \+0\.\d{4}\)", cells[9])
    assert cells[10:] == ["2, 0 flips, 0.0e+00", "", "passed"]


def test_the_calibration_of_all_files_is_a_range_and_needs_true_labels():
    files = [
        EngineVerdict("onnx", "1", MODEL, {"held_out": compare(REFERENCE, answers, GATES["f32"], [1, 1])}, None)
        for answers in (REFERENCE, [(0.0, 1.0), (0.0, 1.0)], [(float("nan"), 1.0)] * 2)
    ]
    document = Verification("b", tuple(files)).to_json()
    line = "expected calibration error on 2 texts: 0.0000 to 0.3750, Keras 0.3750"
    assert line in render_verification(document, "b").splitlines()
    for result in document["results"]:  # a report of a version that did not measure it
        del result["suites"]["held_out"]["expected_calibration_error"]
    assert "calibration" not in render_verification(document, "b")
    assert "calibration" not in render_verification(report(compare(REFERENCE, REFERENCE, GATES["f32"])), "b")


def test_a_latency_that_was_measured_is_shown():
    document = report(compare(REFERENCE, REFERENCE, GATES["f32"]))
    document["results"][0]["latency_us"] = Latency(1234.0, 2000.0, 7, 3.5).to_json()
    assert cells_of(render_verification(document, "b").splitlines()[2])[10:] == ["", "1.23 ms", "passed"]


def test_edge_texts_alone_are_a_line_too():
    verdict = EngineVerdict("onnx", "1", MODEL, {"edge": compare(REFERENCE, REFERENCE, GATES["f32"])}, None)
    lines = render_verification(Verification("b", (verdict,)).to_json(), "b").splitlines()
    assert cells_of(lines[2])[3:] == [
        "edge",
        "2",
        "0",
        "0.0e+00",
        "0.0e+00",
        "",
        "",
        "2, 0 flips, 0.0e+00",
        "",
        "passed",
    ]


def test_edge_texts_that_fail_are_said():
    good, bad = (
        compare(REFERENCE, REFERENCE, GATES["f32"]),
        compare(REFERENCE, [(0.25, 0.75), (0.2, 0.8)], GATES["f32"]),
    )
    text = render_verification(report(good, bad), "b")
    assert cells_of(text.splitlines()[2])[10:] == ["2, 1 flips, 3.0e-01", "", "FAILED"]
    assert "FAILED: model.f32.onnx on onnx, edge: 1 of 2 labels flipped" in text


def test_findings_are_said():
    verdict = EngineVerdict("onnx", "1", MODEL, {"edge": compare(REFERENCE, REFERENCE, GATES["f32"])}, None)
    document = Verification("b", (verdict,), ("model.f32.onnx: embedding [0] is not in the file",)).to_json()
    text = render_verification(document, "b")
    assert "FAILED: model.f32.onnx: embedding [0] is not in the file" in text.splitlines()
    assert text.endswith("b: DOES NOT answer like Keras")


def test_an_explanation_is_a_table():
    document = report(compare(REFERENCE, REFERENCE, GATES["f32"]))
    document["explanation"] = [
        {"scheme": "wi8", "tensor": "embedding", "max_dp": 0.25, "mean_dp": 0.125, "flips": 3},
        {"scheme": "wi8", "stage": "pooling", "relative_error": 0.0123},
    ]
    lines = render_verification(document, "b").splitlines()
    start = next(place for place, line in enumerate(lines) if cells_of(line) == list(EXPLANATION_HEADER))
    assert cells_of(lines[start + 2]) == ["wi8", "embedding", "2.5e-01", "1.2e-01", "3", ""]
    assert cells_of(lines[start + 3]) == ["wi8", "after pooling", "", "", "", "1.23%"]


def test_what_failed_is_said():
    text = render_verification(report(compare(REFERENCE, [(0.8, 0.2), (0.5, 0.5)], GATES["f32"])), "bundle")
    assert "FAILED" in text
    assert "FAILED: model.f32.onnx on onnx, held_out: 1 of 2 labels flipped, allowed 0.0%" in text
    assert "FAILED: model.f32.onnx on onnx, held_out: a probability is off by 0.55, allowed 1e-05" in text
    assert text.endswith("bundle: DOES NOT answer like Keras")


def test_an_engine_that_did_not_run_is_said():
    text = render_verification(report(reason="onnxruntime is not installed"), "bundle")
    assert "not run: model.f32.onnx on onnx: onnxruntime is not installed" in text
    assert text.endswith("DOES NOT answer like Keras")


def test_a_difference_that_is_not_finite_is_named():
    text = render_verification(report(compare(REFERENCE, [(float("nan"), 1.0), (0.5, 0.5)], GATES["f32"])), "bundle")
    assert "not finite" in text


@pytest.mark.parametrize("title", ["wrote [bold]x[/bold]", "/a/very/long/path/" * 20])
def test_titles_are_shown_as_they_are(title):
    assert f"{title}: answers like Keras" in render_verification(
        report(compare(REFERENCE, REFERENCE, GATES["f32"])), title
    )


def test_names_in_a_report_are_no_markup():
    document = report(compare(REFERENCE, [(0.8, 0.2), (0.5, 0.5)], GATES["f32"]))
    document["results"][0]["version"] = "1.2[red]"
    document["results"][0]["suites"]["held_out"]["failures"] = ["odd [/red] text"]
    text = render_verification(document, "bundle")
    assert "1.2[red]" in text
    assert "odd [/red] text" in text
