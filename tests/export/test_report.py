"""A report shows every file on every engine, what failed, and the verdict."""

import json

import pytest

from drupelet.comparison import GATES, compare
from drupelet.manifest import FileEntry, ModelEntry
from drupelet.verification import EngineVerdict, Verification
from drupelet_export.report import HEADER, render_verification

MODEL = ModelEntry(FileEntry("model.f32.onnx", 3, "0" * 64), "onnx", "f32", {})
REFERENCE = [(0.25, 0.75), (0.5, 0.5)]


def report(*comparisons, reason=None):
    """The JSON of a verification with these comparisons of one file on one engine."""
    suites = dict(zip(("held_out", "edge"), comparisons, strict=False))
    verdict = EngineVerdict("onnx", "onnxruntime 1.2", MODEL, suites, reason)
    return json.loads(json.dumps(Verification("bundle", (verdict,)).to_json()))


def test_a_line_for_every_suite():
    passed = compare(REFERENCE, REFERENCE, GATES["f32"], [1, 1])
    lines = render_verification(report(passed, compare(REFERENCE, REFERENCE, GATES["f32"])), "wrote b").splitlines()
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == list(HEADER)
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells[:7] == ["model.f32.onnx", "onnx (onnxruntime 1.2)", "held_out", "2", "0", "0.0e+00", "0.0e+00"]
    assert cells[7].startswith("0.5000 (0.")
    assert cells[8:] == ["0.5000", "passed"]
    assert [cell.strip() for cell in lines[3].strip("|").split("|")][7:] == ["", "", "passed"]
    assert lines[-1] == "wrote b: answers like Keras"


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
