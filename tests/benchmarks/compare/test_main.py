"""The command line: help, mistakes, and a page that is drawn from a report without measuring."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare import __main__ as command
from benchmarks.compare import runner
from benchmarks.compare.page import PICTURE_FILES, page
from benchmarks.compare.peers import PEERS
from benchmarks.compare.reports import report


def test_help_names_every_peer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(key in shown.replace("- ", "-") for key in PEERS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["x", "--draw"], "--draw needs --json FILE"), (["x"], "--workload FOLDER is missing; make compare prepares it")],
)
def test_a_command_that_lacks_a_part_says_which(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_an_unknown_peer_ends_before_anything_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path), "--workload", str(tmp_path), "--peers", "trakt"]) == 2
    assert "cannot compare: no peer 'trakt'; did you mean 'tract'?" in capsys.readouterr().err


def test_a_report_is_drawn_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report()))
    outputs = ["--page", str(tmp_path / "page.md"), "--pictures", str(tmp_path / "pictures")]
    assert command.main([str(tmp_path), "--draw", "--json", str(tmp_path / "report.json"), *outputs]) == 0
    assert (tmp_path / "page.md").read_text() == page(report())
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == sorted(PICTURE_FILES)
    assert "broken: not installed" in capsys.readouterr().out


def test_a_note_is_kept_in_the_report(tmp_path: Path) -> None:
    target, drawn = tmp_path / "report.json", tmp_path / "page.md"
    target.write_text(json.dumps(report()))
    options = ["--draw", "--json", str(target), "--page", str(drawn)]
    assert command.main([str(tmp_path), *options, "--note", "beside other work"]) == 0
    assert command.main([str(tmp_path), *options]) == 0
    assert json.loads(target.read_text())["method"]["note"] == "beside other work"
    assert "**Of this run**: beside other work\n" in drawn.read_text()


def test_a_workload_that_is_not_prepared_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(tmp_path / "c"), "--workload", str(tmp_path / "w")]) == 2
    assert "w: no prepared workload (held_out.txt is missing); make compare prepares it" in capsys.readouterr().err
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("content", ["[]", "{}", "3"])
def test_json_that_is_no_report_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (tmp_path / "report.json").write_text(content)
    assert command.main([str(tmp_path), "--draw", "--json", str(tmp_path / "report.json")]) == 2
    assert "report.json: JSON, but no report of this command" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{"])
def test_a_report_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    assert command.main([str(tmp_path), "--draw", "--json", str(tmp_path / "report.json")]) == 2
    assert "report.json: no report that can be read" in capsys.readouterr().err


def test_a_run_writes_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[Any] = []

    def compare(order: Any) -> dict[str, Any]:
        orders.append(order)
        return report()

    monkeypatch.setattr(runner, "compare", compare)
    target = tmp_path / "report.json"
    (tmp_path / "held_out.txt").touch()
    given = [
        str(tmp_path / "c"),
        "--workload",
        str(tmp_path),
        "--quick",
        "--peers",
        "tract,litert",
        "--json",
        str(target),
    ]
    assert command.main(given) == 0
    assert json.loads(target.read_text()) == report()
    (order,) = orders
    assert [peer.key for peer in order.peers] == ["drupelet-wi8", "litert", "tract"]
    assert order.quick
    assert order.extent.rounds == 2


def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    progress = command.Progress()
    progress("step one")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(command.sys.stderr, "isatty", lambda: True)
    progress("step two")
    assert capsys.readouterr().err == " 0:00 step two\n"
