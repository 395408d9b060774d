"""Latency on a clock that the test turns, so that nothing depends on how fast the machine is."""

import json

import pytest

import drupelet
from drupelet import latency
from drupelet.latency import WARM_UP_TEXTS, Latency, measure_latency


class Clocked:
    """A classifier that takes as many microseconds as the text says, and remembers what it was asked."""

    def __init__(self, monkeypatch):
        self.now_ns = 0
        self.asked = []
        monkeypatch.setattr(latency.time, "perf_counter_ns", lambda: self.now_ns)

    def __call__(self, text):
        self.asked.append(text)
        self.now_ns += 1000 * int(text)

    def encode(self, text):
        return list(text)


@pytest.fixture
def clocked(monkeypatch):
    return Clocked(monkeypatch)


@pytest.mark.parametrize("n", [1, 2, 5, 6, 100])
def test_every_text_is_timed_once_after_a_warm_up(clocked, n):
    texts = [str(number) for number in range(n)]
    measured = measure_latency(clocked, texts)
    assert measured.n == n
    assert clocked.asked == texts[:WARM_UP_TEXTS] + texts


def test_median_and_95th_percentile(clocked):
    texts = [str(number) for number in range(1, 102)]
    assert measure_latency(clocked, texts[::-1]) == Latency(51.0, 96.0, 101, (9 + 90 * 2 + 2 * 3) / 101)


def test_one_slow_text_does_not_move_the_median(clocked):
    measured = measure_latency(clocked, ["10"] * 40 + ["90000"])
    assert (measured.p50_us, measured.p95_us, measured.n) == (10.0, 10.0, 41)


@pytest.mark.parametrize(
    "texts",
    [["7"], ["1", "1000"], ["1", "2", "1000"], ["3", "2", "1"] * 30, ["5"] * 200],
)
def test_the_percentiles_are_in_order_and_within_what_was_measured(clocked, texts):
    measured = measure_latency(clocked, texts)
    times = sorted(float(text) for text in texts)
    assert times[0] <= measured.p50_us <= times[-1]
    assert measured.p95_us in times
    assert measured.p50_us <= measured.p95_us


def test_a_real_classifier(bundle_folder, any_engine):
    measured = measure_latency(drupelet.load(bundle_folder, any_engine), ["", "a good film", "qzx"])
    assert measured.n == 3
    assert measured.tokens_mean == pytest.approx(4 / 3)
    assert measured.p50_us > 0


def test_the_json_has_no_unit_left_to_guess():
    document = Latency(1.5, 2.5, 200, 33.25).to_json()
    assert document == {"p50": 1.5, "p95": 2.5, "n": 200, "tokens_mean": 33.25}
    json.dumps(document, allow_nan=False)
