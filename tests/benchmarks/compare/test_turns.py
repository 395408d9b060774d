"""Peers take turns, and one that fails is asked no more."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.compare.failure import PeerError
from benchmarks.compare.turns import in_turn, ratio_of_rounds, short, summary
from benchmarks.interleaved import Ratio


class Fake:
    """Answers with its calls; from call ``fails`` on, it fails."""

    def __init__(self, name: str, log: list[str], fails: int = 99) -> None:
        self.name, self.log, self.fails, self.calls = name, log, fails, 0

    def ask(self, *_: object) -> dict[str, Any]:
        self.log.append(self.name)
        self.calls += 1
        if self.calls >= self.fails:
            raise PeerError(f"{self.name} is broken")
        return {"call": self.calls}


def test_each_round_starts_with_another_and_a_broken_one_is_left_out() -> None:
    log: list[str] = []
    peers: Any = {"a": Fake("a", log), "b": Fake("b", log, fails=2), "c": Fake("c", log)}
    turns = in_turn(peers, 3, lambda peer: peer.ask(1, "x"))
    assert log == ["a", "b", "c", "b", "c", "a", "c", "a"]
    assert turns.answers == {"a": [{"call": n} for n in (1, 2, 3)], "c": [{"call": n} for n in (1, 2, 3)]}
    assert turns.failed == {"b": "b is broken"}


def test_no_peer_is_no_question() -> None:
    turns = in_turn({}, 3, lambda peer: peer.ask(1, "x"))
    assert (turns.answers, turns.failed) == ({}, {})


def test_ratios_are_of_rounds() -> None:
    assert ratio_of_rounds([1, 10, 3], [2, 10, 12]) == Ratio(0.5, 0.25, 1.0)
    assert summary([3.0, 1.0, 2.0]) == {"median": 2.0, "lowest": 1.0, "highest": 3.0}


@pytest.mark.parametrize(("given", "kept"), [(123456.0, 123500.0), (0.0123456, 0.01235), (0.0, 0.0)])
def test_the_report_keeps_four_digits(given: float, kept: float) -> None:
    assert short(given) == kept
