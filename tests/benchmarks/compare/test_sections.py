"""Figures of the sections, from peers whose answers are given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.compare.failure import PeerError
from benchmarks.compare.sections import measure_accuracy, measure_batch, measure_single
from benchmarks.compare.workloads import QUICK


class Fake:
    """A peer that takes ``us`` a text, and fails at a request that is named."""

    def __init__(self, us: float, fails: str = "") -> None:
        self.us, self.fails, self.asked = us, fails, list[tuple[str, dict[str, Any]]]()
        self.texts: list[str] = []

    def ask(self, limit_s: float, do: str, **given: Any) -> dict[str, Any]:
        self.asked.append((do, given))
        if do == self.fails:
            raise PeerError(f"{do} broke")
        if do == "keep":
            self.texts = given["texts"]
        if do == "time":
            return {"us": [self.us] * 19 + [self.us * 3], "cpu_share": 0.75}
        if do == "batch":
            count = min(given["most"], len(self.texts))
            return {"texts": count, "seconds": count * self.us / 1e6}
        return {"labels": ["good"] * len(self.texts)}


def test_single_texts_have_quantiles_rounds_and_a_ratio() -> None:
    peers: Any = {"ours": Fake(10.0), "theirs": Fake(40.0), "broken": Fake(1.0, "time"), "lost": Fake(1.0, "keep")}
    figures, failed = measure_single(peers, "20", ["a"] * 20, QUICK, "ours")
    assert failed == {"broken": "time broke", "lost": "keep broke"}
    assert set(figures) == {"ours", "theirs"}
    assert figures["theirs"] == {
        "p50_us": 40.0,
        "p95_us": 120.0,
        "rounds_us": [40.0, 40.0],
        "calls": 40,
        "cpu_share": 0.75,
        "ratio": {"median": 4.0, "lowest": 4.0, "highest": 4.0},
    }


def test_without_the_reference_there_is_no_ratio() -> None:
    peers: Any = {"theirs": Fake(40.0)}
    figures, _ = measure_single(peers, "20", ["a"], QUICK, "ours")
    assert "ratio" not in figures["theirs"]


def test_a_slow_peer_gets_fewer_texts_a_call() -> None:
    quick, slow = Fake(10.0), Fake(4000.0)
    peers: Any = {"quick": quick, "slow": slow, "broken": Fake(1.0, "batch")}
    figures, failed = measure_batch(peers, "x", ["a"] * 1000, replace(QUICK, batch_seconds=0.1, batch_rounds=2))
    assert failed == {"broken": "batch broke"}
    assert figures["quick"] == {"median": 1e5, "lowest": 1e5, "highest": 1e5}
    assert figures["slow"]["median"] == 250.0
    assert [given["together"] for do, given in quick.asked if do == "batch"] == [16, 256, 256]
    assert [given["together"] for do, given in slow.asked if do == "batch"] == [16, 25, 25]


def test_accuracy_is_the_share_of_right_labels() -> None:
    peers: Any = {"one": Fake(1.0), "broken": Fake(1.0, "label")}
    figures, failed = measure_accuracy(peers, ["a"] * 4, ["good", "good", "bad", "good"])
    assert figures["one"]["accuracy"] == pytest.approx(0.75)
    assert figures["one"]["interval_95"][0] < 0.75 < figures["one"]["interval_95"][1]
    assert failed == {"broken": "label broke"}
