"""The whole comparison with fake peers: one that hangs, crashes or lacks its package is a row with its reason."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare import growth, runner, sections
from benchmarks.compare.environments import Environment, Installed
from benchmarks.compare.failure import PeerError
from benchmarks.compare.page import page, short_table
from benchmarks.compare.peers import Peer
from benchmarks.compare.runner import Order, compare
from benchmarks.compare.workloads import REVIEWS, Extent
from benchmarks.workload_folder import WorkloadFolder, write_lines

EXTENT = Extent(
    lengths={5: 3},
    reviews=4,
    rounds=2,
    seconds=0.2,
    batch_texts=1,
    batch_reviews=4,
    batch_rounds=1,
    batch_seconds=0.2,
    starts=1,
    labelled=4,
    remembered=2,
)


def peer(key: str, variant: str = "well", **other: Any) -> Peer:
    given = Peer(key, f"Fake {key}", "network", "peer", variant, "here", "model", ("file",), "as it is")
    return replace(given, **other)


@pytest.fixture
def order(fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    workload = WorkloadFolder(tmp_path / "workload")
    workload.path.mkdir()
    write_lines(workload.held_out, ["a good film of the year"] * 3 + ["a bad one", "good"] * 2)
    write_lines(workload.labels, ["positive"] * 3 + ["negative", "positive"] * 2)

    def install(environment: Environment, *_: object) -> Installed:
        if environment.name == "nowhere":
            raise PeerError("not installed: no such package")
        return Installed(Path(sys.executable), 1234, {"numpy": "1.0"})

    def make_model(name: str, models: Path, _: object) -> Path:
        if name == "impossible":
            raise PeerError("it cannot be made")
        (models / name).mkdir(parents=True, exist_ok=True)
        (models / name / "file").write_bytes(b"12345")
        return models / name

    monkeypatch.setattr(runner, "build_wheel", lambda source, folder: folder / "a.whl")
    monkeypatch.setattr(runner, "install", install)
    monkeypatch.setattr(runner, "make_model", make_model)
    monkeypatch.setattr(runner, "ENVIRONMENTS", {name: Environment(name) for name in ("here", "nowhere")})
    monkeypatch.setattr(growth, "measure_growth", lambda setting: {})
    monkeypatch.setattr(runner, "SYSTEMS", {})
    monkeypatch.setattr(runner, "REFERENCE", "one")
    for name in ("LIMIT_S", "LABEL_LIMIT_S"):
        monkeypatch.setattr(sections, name, 2.0)
    peers = [
        peer("one"),
        peer("two", uses_threads=False),
        peer("slow", "slow"),
        peer("crash", "crash"),
        peer("crash-on-load", "crash on load"),
        peer("missing", module="missing"),
        peer("nowhere", environment="nowhere"),
        peer("impossible", model="impossible"),
    ]
    lines: list[str] = []
    return Order(peers, tmp_path / "compare", workload, EXTENT, True, lines.append)


def test_every_peer_is_a_row_with_figures_or_with_a_reason(order: Order) -> None:
    report = compare(order)
    rows = {row["key"]: row for row in report["peers"]}
    assert list(rows) == [one.key for one in order.peers]
    assert {key: row["failed"] for key, row in rows.items()} == {
        "one": None,
        "two": None,
        "slow": "time: not done after 2.4 s",
        "crash": "exit status 3",
        "crash-on-load": "does not load: out of luck (killed by SIGABRT)",
        "missing": "does not load: ModuleNotFoundError: No module named 'no_such_library'",
        "nowhere": "not installed: no such package",
        "impossible": "it cannot be made",
    }
    for key in ("one", "two"):
        row = rows[key]
        assert set(row["single"]) == {"5", REVIEWS}
        assert row["single"][REVIEWS]["calls"] == 8
        assert len(row["single"][REVIEWS]["rounds_us"]) == 2
        assert row["accuracy"]["accuracy"] == 1.0
        assert row["accuracy"]["n"] == 4
        assert set(row["memory_mb"]) == {"first", "after"}
        assert set(row["start_ms"]) == {"median", "lower_quarter", "upper_quarter"}
        assert (row["installed_bytes"], row["model_bytes"], row["packages"]) == (1234, 5, {"numpy": "1.0"})
        assert row["about"] == "a fake, well"
    assert rows["one"]["single"]["5"]["ratio"] == {"median": 1.0, "lowest": 1.0, "highest": 1.0}
    assert set(rows["one"]["batch"][REVIEWS]) == {"one", "all"}
    assert set(rows["two"]["batch"][REVIEWS]) == {"one"}
    assert set(rows["one"]["single_all_cores"]) == {REVIEWS}
    assert "single_all_cores" not in rows["two"]


def test_the_report_says_what_machine_it_is_from_and_becomes_a_page(order: Order) -> None:
    report = compare(order)
    assert {"cpu", "cpu_family", "cpu_model", "cores"} <= set(report["machine"])
    assert report["engine"].startswith("drupelet ")
    assert len(report["method"]["load_average"]) == 2
    shown = page(report)
    assert "| Fake crash | - | - | **exit status 3** |" in shown
    assert "crash: exit status 3" in short_table(report)


def test_progress_names_the_steps(order: Order) -> None:
    lines: list[str] = []
    compare(replace(order, progress=lines.append))
    assert "installing here" in lines
    assert "text -> label, review" in lines
    assert "accuracy on 4 held-out reviews" in lines
