"""``drupelet report`` shows a saved verdict again. Anything but a saved verdict is an error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.report.made_up_run import made_up_run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bundle(exported: Any, tmp_path: Path) -> Path:
    """A copy of a bundle in a folder where tests may write."""
    shutil.copytree(exported.bundle.path, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_bundle_is_drawn_again_as_its_own_page(run: Run, bundle: Path, tmp_path: Path) -> None:
    status, out, err = run("report", bundle, "--out", tmp_path / "page.html")
    assert (status, err) == (0, f"wrote {tmp_path / 'page.html'}\n")
    assert out.splitlines()[-1] == f"{bundle}: answers like Keras from the ids on; text to ids was not checked"
    assert (tmp_path / "page.html").read_bytes() == (bundle / "report.html").read_bytes()


def test_json_is_the_document_that_the_bundle_holds(run: Run, bundle: Path) -> None:
    status, out, _ = run("report", bundle, "--json")
    assert (status, json.loads(out)) == (0, json.loads((bundle / "parity.json").read_text()))


def test_the_wide_table_is_markdown_alone(run: Run, bundle: Path) -> None:
    status, out, _ = run("report", bundle, "--wide")
    lines = out.splitlines()
    assert status == 0
    assert len(lines) == 2 + len(json.loads((bundle / "parity.json").read_text())["results"])
    assert {line.count("|") for line in lines} == {14}


def test_a_verdict_that_failed_is_shown_all_the_same(run: Run, bundle: Path, tmp_path: Path) -> None:
    document = json.loads((bundle / "parity.json").read_text())
    (tmp_path / "parity.json").write_text(json.dumps({**document, "passed": False, "findings": ["model.onnx: is odd"]}))
    status, out, _ = run("report", tmp_path / "parity.json", "--out", tmp_path / "page.html")
    assert status == 0
    assert "FAILED: model.onnx: is odd" in out
    assert "model.onnx: is odd" in (tmp_path / "page.html").read_text()


def test_no_page_goes_into_the_bundle(run: Run, bundle: Path) -> None:
    before = (bundle / "report.html").read_bytes()
    status, out, err = run("report", bundle, "--out", bundle / "report.html")
    assert (status, out) == (2, "")
    assert "report.html: is inside a bundle" in err
    assert (bundle / "report.html").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "drupelet report: nowhere: not found; expected a bundle, or JSON"),
        (("notes.txt",), "drupelet report: notes.txt: not JSON "),
        (("other.json",), "drupelet report: other.json: not a report of drupelet, it has no schema_version; expected"),
        (("newer.json",), "drupelet report: newer.json: schema_version 9, this release reads 1; upgrade drupelet"),
        (
            ("good.json", "--out", "missing/page.html"),
            "drupelet report: missing/page.html: there is no folder missing; make it, or give another path for the page",
        ),
        (
            ("good.json", "--out", "."),
            "drupelet report: .: is a folder, expected the name of a file for the page; give another path",
        ),
        (
            ("good.json", "--out", "./good.json"),
            "drupelet report: good.json: is the saved verdict itself, expected another file",
        ),
        (
            ("good.json", "--out", "notes.txt"),
            "notes.txt: exists and is not a page, so it is not replaced; give another path",
        ),
        (("good.json", "--json", "--wide"), "argument --wide: not allowed with argument --json"),
        ((), "the following arguments are required: BUNDLE"),
    ],
)
def test_bad_input_is_a_sentence(
    run: Run, bundle: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(bundle.parent)
    Path("notes.txt").write_text("no JSON")
    Path("other.json").write_text("{}")
    Path("newer.json").write_text('{"schema_version": 9}')
    shutil.copy(bundle / "parity.json", "good.json")
    status, out, err = run("report", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_training_run_is_shown(run: Run, tmp_path: Path) -> None:
    folder = made_up_run(tmp_path / "messages")
    status, out, err = run("report", folder, "--out", tmp_path / "page.html")
    assert (status, err) == (0, f"wrote {tmp_path / 'page.html'}\n")
    assert out.startswith("messages: 8 validation texts")
    assert "messages: training run" in (tmp_path / "page.html").read_text()
    status, out, _ = run("report", folder, "--json")
    assert (status, json.loads(out)["evaluation"]["parts"]["validation"]["texts"]) == (0, 8)
    status, out, err = run("report", folder, "--wide")
    assert (status, out) == (2, "")
    assert "is a training run, which --wide does not fit" in err
