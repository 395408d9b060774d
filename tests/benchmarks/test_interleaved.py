"""Timing in turn, on a fake clock that the systems themselves advance."""

from __future__ import annotations

import gc
import time

import pytest

from benchmarks.interleaved import Ratio, System, Times, ratio, time_in_turn


class Clock:
    """A clock that each call of a system advances by its item, in microseconds. It records every call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 0
        self.calls: list[tuple[str, int]] = []
        monkeypatch.setattr(time, "perf_counter_ns", lambda: self.now_ns)

    def system(self, name: str, items: list[int], warm_up: tuple[int, ...] = ()) -> System:
        def answer(item: int) -> None:
            assert gc.isenabled() is (item in warm_up)
            self.calls.append((name, item))
            self.now_ns += 1000 * item

        return System(name, answer, items, warm_up)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_systems_take_turns_and_each_round_starts_with_another(clock: Clock) -> None:
    times = time_in_turn([clock.system("a", [1, 3]), clock.system("b", [2])], rounds=3)
    assert clock.calls == [("a", 1), ("a", 3), ("b", 2), ("b", 2), ("a", 1), ("a", 3), ("a", 1), ("a", 3), ("b", 2)]
    assert times == {"a": Times(((1.0, 3.0),) * 3), "b": Times(((2.0,),) * 3)}


def test_the_warm_up_is_not_timed(clock: Clock) -> None:
    times = time_in_turn([clock.system("a", [5], warm_up=(100, 200))], rounds=2)
    assert clock.calls == [("a", 100), ("a", 200), ("a", 5)] * 2
    assert times["a"].rounds_us == ((5.0,), (5.0,))


def test_the_garbage_collector_is_enabled_again_after_a_failure() -> None:
    def fail(item: int) -> None:
        raise RuntimeError("no answer")

    with pytest.raises(RuntimeError, match="no answer"):
        time_in_turn([System("a", fail, [1], [])], rounds=1)
    assert gc.isenabled()


def test_quantiles_cover_all_calls() -> None:
    times = Times((tuple(map(float, range(1, 51))), tuple(map(float, range(51, 101)))))
    assert (times.p50_us, times.p95_us) == (50.0, 95.0)
    assert times.round_medians_us == (25.5, 75.5)
    assert times.to_json() == {"p50_us": 50.0, "p95_us": 95.0, "round_medians_us": [25.5, 75.5], "calls": 100}


def test_a_ratio_compares_round_by_round() -> None:
    ours, theirs = Times(((1.0,), (10.0,), (3.0,))), Times(((2.0,), (10.0,), (12.0,)))
    assert ratio(ours, theirs) == Ratio(0.5, 0.25, 1.0)


def test_a_slow_spell_of_both_systems_does_not_change_the_ratio() -> None:
    calm, slow = Times(((2.0,), (2.0,))), Times(((8.0,), (800.0,)))
    assert ratio(Times(((1.0,), (1.0,))), calm) == Ratio(0.5, 0.5, 0.5)
    assert ratio(Times(((4.0,), (400.0,))), slow) == Ratio(0.5, 0.5, 0.5)
