"""Tables of a document show every file on every engine, the failures and the verdict, in the width of a terminal."""

import json
import re
from pathlib import Path

import pytest

from drupelet.comparison import GATES, compare
from drupelet.latency import Latency
from drupelet.manifest import FileEntry, ModelEntry
from drupelet.proof import HOW_TO_CHECK, IDS_SENTENCE
from drupelet.verification import EngineVerdict, Verification
from drupelet_export.report.document import CHECKS_FAILED, Document
from drupelet_export.report.page import render_html
from drupelet_export.report.table import (
    EXPLANATION_HEADER,
    HEADER,
    LONG_HEADER,
    markdown_table,
    render_verification,
)

IMDB = Path(__file__).parents[3] / "docs" / "reports" / "parity-imdb.json"
MODEL = ModelEntry(FileEntry("model.f32.onnx", 3, "0" * 64), "onnx", "f32", {})
REFERENCE = [(0.25, 0.75), (0.5, 0.5)]
RIGHT = compare(REFERENCE, REFERENCE, GATES["f32"])
LABELLED = compare(REFERENCE, REFERENCE, GATES["f32"], [1, 1])
FLIPPED = compare(REFERENCE, [(0.25, 0.75), (0.2, 0.8)], GATES["f32"])


SENTENCES = ("FAILED", "not run", "noted", "accepted", "numpy: ")


def saved(*comparisons, reason=None):
    """The JSON of a verification with these comparisons of one file on one engine."""
    suites = dict(zip(("held_out", "edge"), comparisons, strict=False))
    verdict = EngineVerdict("onnx", "onnxruntime 1.2", MODEL, suites, reason)
    return json.loads(json.dumps(Verification("bundle", (verdict,)).to_json()))


def lines_of(report, title="b"):
    return render_verification(Document.from_json(report), title).splitlines()


def test_the_texts_that_the_owner_answered_have_a_line_beside_held_out_texts():
    report = saved(LABELLED, RIGHT)
    suites = report["results"][0]["suites"]
    suites["answers"] = suites["edge"] | {"n": 3, "total": 3}
    lines = lines_of(report)
    assert lines[4:7] == [
        "texts: 2 held-out; accuracy of Keras 0.5000",
        "texts that the owner answered: 3; in the worst file 0 flips, max dp 0.0e+00",
        "edge texts: 2; in the worst file 0 flips, max dp 0.0e+00",
    ]
    del suites["held_out"]
    assert [line for line in lines_of(report) if "answer" in line][:1] == ["texts: 3 answers"]


def test_a_sample_says_of_how_many_texts_and_why():
    report = saved(LABELLED, RIGHT)
    whole = report["results"][0]
    why = "spread evenly over their lengths: numpy is slow"
    sample = whole["suites"]["held_out"] | {"n": 512, "total": 2000, "why": why}
    nearest = whole["suites"]["edge"] | {"n": 7, "total": 1488, "why": "those of the others that came nearest"}
    suites = {**whole["suites"], "held_out": sample, "nearest": nearest}
    report["results"].append(whole | {"engine": "numpy", "suites": suites})
    lines = lines_of(report)
    assert lines[5:9] == [
        "texts: 2 held-out; accuracy of Keras 0.5000",
        f"numpy: 512 of 2,000 held-out texts, {why}",
        "texts on which other engines came nearest to their gates: 7; in the worst file 0 flips, max dp 0.0e+00",
        "edge texts: 2; in the worst file 0 flips, max dp 0.0e+00",
    ]
    long = markdown_table(Document.from_json(report)).splitlines()
    assert [line.split("|")[5].strip() for line in long[2:]] == ["2", "512 of 2000"]
    page = render_html(Document.from_json(report))
    assert f"numpy was compared on 512 of 2,000 held out texts: {why}." in page
    assert ">512 of 2,000</td>" in page


def test_checks_that_are_worth_a_line_have_one():
    report = saved(LABELLED, RIGHT)
    verdicts = ("passed", "noted", "accepted", "not checked")
    report["text_checks"] = [{"name": f"check-{v}", "verdict": v, "found": "what\x1b"} for v in verdicts]
    lines = [line for line in lines_of(report) if "check-" in line]
    assert lines == ["noted: check-noted: what\\x1b", "accepted: check-accepted: what\\x1b"]


def test_a_verdict_that_only_checks_failed_says_what_is_wrong():
    report = saved(LABELLED, RIGHT)
    report["text_checks"] = [{"name": "accuracy", "verdict": "failed", "found": "accuracy 0.1"}]
    report.update(passed=False, findings=["accuracy: accuracy 0.1"])
    assert lines_of(report)[-2:] == ["FAILED: accuracy: accuracy 0.1", f"b: {CHECKS_FAILED}"]


def cells_of(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_line_for_every_file_and_engine():
    lines = lines_of(saved(LABELLED, RIGHT), "wrote b")
    assert lines[3:] == [
        "",
        "texts: 2 held-out; accuracy of Keras 0.5000",
        "edge texts: 2; in the worst file 0 flips, max dp 0.0e+00",
        "expected calibration error: 0.3750 to 0.3750, Keras 0.3750",  # 0.75 right, 0.5 wrong
        "onnx: onnxruntime 1.2",
        HOW_TO_CHECK,
        f"wrote b: {IDS_SENTENCE}",
    ]
    assert cells_of(lines[0]) == list(HEADER)
    cells = cells_of(lines[2])
    assert cells[:6] == ["model.f32.onnx", "onnx", "3", "0", "0.0e+00", "0.0e+00"]
    assert re.fullmatch(r"0\.5000 \(0\.\d{3} to 0\.\d{3}\)", cells[6])
    assert cells[7:] == ["", "passed"]


def test_the_long_table_says_all_of_it_in_a_line():
    lines = markdown_table(Document.from_json(saved(LABELLED, RIGHT))).splitlines()
    assert len(lines) == 3
    assert cells_of(lines[0]) == list(LONG_HEADER)
    cells = cells_of(lines[2])
    assert cells[:4] == ["model.f32.onnx", "onnx (onnxruntime 1.2)", "3", "held_out"]
    assert cells[4:8] == ["2", "0", "0.0e+00", "0.0e+00"]
    assert cells[8].startswith("0.5000 (0.")
    assert re.fullmatch(r"\+0\.0000 \(-0\.\d{4} to \+0\.\d{4}\)", cells[9])
    assert cells[10:] == ["2, 0 flips, 0.0e+00", "", "passed"]


def test_a_whole_report_fits_a_terminal_of_120_columns():
    lines = lines_of(json.loads(IMDB.read_text()), "docs/reports/parity-imdb.json")
    assert sum(line.startswith("| model.") for line in lines) == 16
    assert max(len(line) for line in lines if not line.startswith(SENTENCES)) <= 120


def test_a_report_with_everything_fits_as_well(full):
    lines = lines_of(full)
    assert max(len(line) for line in lines if not line.startswith(SENTENCES)) <= 120
    assert "FAILED: model.wi4.drupelet on native, held_out: 9 of 2000 labels flipped, allowed 0.3%" in lines


def test_the_calibration_of_all_files_is_a_range_and_needs_true_labels():
    files = [
        EngineVerdict("onnx", "1", MODEL, {"held_out": compare(REFERENCE, answers, GATES["f32"], [1, 1])}, None)
        for answers in (REFERENCE, [(0.0, 1.0), (0.0, 1.0)], [(float("nan"), 1.0)] * 2)
    ]
    report = Verification("b", tuple(files)).to_json()
    assert "expected calibration error: 0.0000 to 0.3750, Keras 0.3750" in lines_of(report)
    for result in report["results"]:  # a report of a version that did not measure it
        del result["suites"]["held_out"]["expected_calibration_error"]
    assert not any("calibration" in line for line in lines_of(report))
    assert not any("calibration" in line for line in lines_of(saved(RIGHT)))


def test_a_latency_that_was_measured_is_shown():
    report = saved(RIGHT)
    report["results"][0]["latency_us"] = Latency(35512.0, 40000.0, 7, 3.5).to_json()
    assert cells_of(lines_of(report)[2])[7:] == ["35.5 ms", "passed"]
    assert cells_of(markdown_table(Document.from_json(report)).splitlines()[2])[10:] == ["", "35.51 ms", "passed"]


def test_edge_texts_without_other_texts_have_a_row():
    verdict = EngineVerdict("onnx", "1", MODEL, {"edge": RIGHT}, None)
    report = Verification("b", (verdict,)).to_json()
    lines = lines_of(report)
    assert cells_of(lines[2])[3:] == ["0", "0.0e+00", "0.0e+00", "", "", "passed"]
    assert "texts: 2 edge" in lines
    assert not any(line.startswith("edge texts") for line in lines)
    assert cells_of(markdown_table(Document.from_json(report)).splitlines()[2])[3] == "edge"


def test_failures_on_edge_texts_are_printed():
    lines = lines_of(saved(RIGHT, FLIPPED))
    assert cells_of(lines[2])[3:] == ["0", "0.0e+00", "0.0e+00", "", "", "FAILED"]
    assert "edge texts: 2; in the worst file 1 flips, max dp 3.0e-01" in lines
    assert any(line.startswith("FAILED: model.f32.onnx on onnx, edge: 1 of 2 labels flipped") for line in lines)


def test_findings_are_printed():
    verdict = EngineVerdict("onnx", "1", MODEL, {"edge": RIGHT}, None)
    lines = lines_of(Verification("b", (verdict,), ("model.f32.onnx: embedding [0] is not in the file",)).to_json())
    assert "FAILED: model.f32.onnx: embedding [0] is not in the file" in lines
    assert lines[-1] == "b: DOES NOT answer like Keras"


def test_an_explanation_is_a_table():
    report = saved(RIGHT)
    report["explanation"] = [
        {"scheme": "wi8", "tensor": "embedding", "max_dp": 0.25, "mean_dp": 0.125, "flips": 3},
        {"scheme": "wi8", "stage": "pooling", "relative_error": 0.0123},
    ]
    lines = lines_of(report)
    start = next(place for place, line in enumerate(lines) if cells_of(line) == list(EXPLANATION_HEADER))
    assert cells_of(lines[start + 2]) == ["wi8", "embedding", "2.5e-01", "1.2e-01", "3", ""]
    assert cells_of(lines[start + 3]) == ["wi8", "after pooling", "", "", "", "1.23%"]


def test_failures_are_printed():
    lines = lines_of(saved(compare(REFERENCE, [(0.8, 0.2), (0.5, 0.5)], GATES["f32"])), "bundle")
    assert cells_of(lines[2])[-1] == "FAILED"
    assert "FAILED: model.f32.onnx on onnx, held_out: 1 of 2 labels flipped, allowed 0.0%" in lines
    assert "FAILED: model.f32.onnx on onnx, held_out: a probability is off by 0.55, allowed 1e-05" in lines
    assert lines[-1] == "bundle: DOES NOT answer like Keras"


def test_an_engine_that_did_not_run_is_printed():
    assert lines_of(saved(reason="onnxruntime is not installed"), "bundle") == [
        "not run: model.f32.onnx on onnx: onnxruntime is not installed",
        "bundle: DOES NOT answer like Keras",
    ]


def test_a_difference_that_is_not_finite_is_named():
    report = saved(compare(REFERENCE, [(float("nan"), 1.0), (0.5, 0.5)], GATES["f32"]), FLIPPED)
    report["results"][0]["suites"]["edge"]["max_difference"] = None
    lines = lines_of(report)
    assert cells_of(lines[2])[4] == "not finite"
    assert "edge texts: 2; in the worst file 1 flips, max dp not finite" in lines


@pytest.mark.parametrize("title", ["wrote [bold]x[/bold]", "/a/very/long/path/" * 20])
def test_titles_are_shown_as_they_are(title):
    assert lines_of(saved(RIGHT), title)[-1] == f"{title}: {IDS_SENTENCE}"


def test_names_in_a_report_cannot_act_as_markup_or_control_codes():
    report = saved(compare(REFERENCE, [(0.8, 0.2), (0.5, 0.5)], GATES["f32"]))
    report["findings"] = ["odd\r\x1b[2J finding"]
    result = report["results"][0]
    result.update(version="1.2[red]\x1b[2J", file="a|b\n" + "c" * 100)
    result["suites"]["held_out"]["failures"] = ["odd [/red] text"]
    lines = lines_of(report, "bundle")
    assert "onnx: 1.2[red]\\x1b[2J" in lines
    assert "FAILED: odd\\r\\x1b[2J finding" in lines
    assert any(line.endswith("odd [/red] text") for line in lines)
    assert lines[2].startswith(r"| a\|b\nccc")
    assert max(map(len, lines[:3])) <= 150
    assert "\x1b" not in "".join(lines)


def test_a_document_says_what_it_proves():
    report = {**saved(RIGHT), "proof": "text", "reference": "its training run"}
    lines = lines_of(report, "wrote b")
    assert lines[-1] == "wrote b: answers like Keras from the text on, compared with its training run"
    assert HOW_TO_CHECK not in lines
