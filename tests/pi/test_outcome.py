from __future__ import annotations

import dataclasses
import json
import math

import pytest

from pi.outcome import Outcome, Row, greatest_difference, judged
from pi.rounds import Finding

KEY = ("imdb", "model.wi8.drupelet", "edge")
NETWORKS = {"lstm.f32.drupelet": [["0x1p-1"]], "gru.f32.drupelet": [["0x1p-2"]]}
NATIVE = Finding("wheel", "native", "drupelet 0.1.0", "neon", 2, 0, 0.0, (), {KEY: [[0.25, 0.75]]}, NETWORKS)
LITERT = Finding("ai-edge-litert", "litert", "ai-edge-litert 2.3.0", None, 2, 0, 0.0, (), {KEY: [[0.25, 0.75]]})
ROW = Row(
    root="arm64-bookworm",
    board="Pi 4",
    python="3.11.2",
    machine="aarch64",
    environment="wheel",
    engine="native",
    library="drupelet 0.1.0",
    tier="neon",
    installed_bytes=314_000,
    memory_mb=None,
    n=2,
    flips=0,
    max_difference=0.0,
    difference_to_x86_64=0.0,
    failures=(),
)


def test_the_same_answers_differ_by_nothing() -> None:
    assert judged(NATIVE, [LITERT, NATIVE]) == (0.0, ())


def test_other_bits_of_native_are_a_failure_however_small() -> None:
    other = dataclasses.replace(NATIVE, answers={KEY: [[math.nextafter(0.25, 1), 0.75]]})
    difference, failures = judged(other, [NATIVE])
    assert 0 < difference < 1e-16
    assert failures == ("other bits than on x86-64: probabilities differ by up to 5.6e-17",)


@pytest.mark.parametrize(
    ("networks", "failure"),
    [
        ({**NETWORKS, "gru.f32.drupelet": [["0x1p-3"]]}, "1 of 2 networks, the first gru.f32.drupelet"),
        ({"lstm.f32.drupelet": [["0x1p-1"]]}, "1 of 2 networks, the first gru.f32.drupelet"),
        ({}, "2 of 2 networks, the first gru.f32.drupelet, lstm.f32.drupelet"),
        (None, "2 of 2 networks, the first gru.f32.drupelet, lstm.f32.drupelet"),
    ],
)
def test_networks_that_answer_differently_are_a_failure(networks: dict[str, list[list[str]]], failure: str) -> None:
    other = dataclasses.replace(NATIVE, networks=networks)
    assert judged(other, [NATIVE]) == (0.0, (f"other bits than on x86-64: {failure}",))


def test_no_networks_anywhere_are_a_failure() -> None:
    nothing = dataclasses.replace(NATIVE, networks={})
    assert judged(nothing, [nothing])[1] == ("other bits than on x86-64: 0 of 0 networks, the first none was run",)


def test_other_libraries_may_differ_and_the_difference_is_reported() -> None:
    other = dataclasses.replace(LITERT, answers={KEY: [[0.25 + 2**-20, 0.75]]})
    assert judged(other, [LITERT]) == (2**-20, ())


def test_answers_that_are_missing_are_a_failure() -> None:
    other = dataclasses.replace(LITERT, answers={})
    assert judged(other, [LITERT]) == (math.inf, ("answers are missing or NaN that x86-64 has",))


def test_a_library_is_compared_with_itself_only() -> None:
    old = dataclasses.replace(LITERT, library="tflite-runtime 2.14.0")
    assert judged(old, [LITERT]) == (math.inf, ("the workstation has no answers of this library",))


@pytest.mark.parametrize(
    ("rows", "expected", "difference"),
    [
        ([[0.5]], [[0.25]], 0.25),
        ([[math.nan]], [[math.nan]], 0.0),
        ([[math.nan]], [[0.25]], math.inf),
        ([[0.5]], [[0.5], [0.5]], math.inf),
        ([[0.5]], [[0.5, 0.5]], math.inf),
        ([[0.5]], [], math.inf),
    ],
)
def test_the_greatest_difference(rows: list[list[float]], expected: list[list[float]], difference: float) -> None:
    assert greatest_difference({KEY: rows}, {KEY: expected}) == difference


def test_an_outcome_passes_when_every_row_does_and_there_is_one() -> None:
    failed = dataclasses.replace(ROW, failures=("no",))
    assert Outcome((ROW,), {}, {}).passed
    assert not Outcome((ROW, failed), {}, {}).passed
    assert not Outcome((), {}, {}).passed


def test_numbers_that_json_lacks_become_null() -> None:
    document = Outcome((dataclasses.replace(ROW, difference_to_x86_64=math.inf),), {}, {"qemu": "7.2"}).to_json()
    assert json.loads(json.dumps(document, allow_nan=False))["rows"][0]["difference_to_x86_64"] is None
    assert (document["schema_version"], document["passed"]) == (1, True)
