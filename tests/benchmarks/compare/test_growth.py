"""The networks of growth have the sizes that are asked for, and a curve keeps a place for what failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.compare import growth
from benchmarks.compare.curves import CURVES, SYSTEMS, TITLES
from benchmarks.compare.growth import Setting, measure_growth
from benchmarks.compare.growth_models import random_network, vocabulary
from benchmarks.compare.workloads import QUICK
from benchmarks.workload_folder import WorkloadFolder, write_lines


def test_the_most_frequent_words_come_first_and_made_up_ones_fill() -> None:
    assert vocabulary(["b a b", "word0 b"], 2) == ["b", "a"]
    assert vocabulary(["b a b"], 5) == ["b", "a", "word0", "word1", "word2"]
    assert vocabulary(["word0 a"], 4) == ["a", "word0", "word1", "word2"]


def test_a_network_has_its_units_layers_and_words() -> None:
    model = random_network(["a", "b", "c"], units=4, layers=3)
    assert len(model.nodes) == 5
    assert [word for word in model.vocabulary if word] == ["a", "b", "c"]
    assert model.text_rules.max_tokens is None


def test_every_system_of_a_curve_is_known() -> None:
    for curve in CURVES.values():
        assert set(curve.systems) <= set(TITLES)
        assert set(curve.quick) <= set(curve.values) or not curve.values
    assert set(SYSTEMS) <= set(TITLES)


def test_a_curve_keeps_a_place_for_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = WorkloadFolder(tmp_path)
    write_lines(workload.fasttext_training, ["__label__x a b"])
    write_lines(workload.held_out, ["word " * 210_000])
    one = {"median": 1.0, "lowest": 1.0, "highest": 1.0}

    def latency(*given: object) -> tuple[dict[str, object], dict[str, str]]:
        return {"drupelet-wi8": one}, {"onnxruntime-f32": "it broke"}

    monkeypatch.setattr(growth, "_latency", latency)
    monkeypatch.setattr(growth, "_rates", lambda *_: ({"drupelet-f32": one}, {}))
    monkeypatch.setattr(growth, "_lines", lambda *_: ({}, {}))
    lines: list[str] = []
    setting = Setting(tmp_path, workload, tmp_path, {}, 0, QUICK, True, lines.append)
    found = measure_growth(setting)
    assert list(found) == list(CURVES)
    assert found["units"] == {
        "values": [16, 64],
        "points": {"drupelet-wi8": [one, one], "drupelet-f32": [None, None], "onnxruntime-f32": [None, None]},
        "failed": {"onnxruntime-f32": "it broke"},
    }
    assert "growth: units 64" in lines


def test_a_system_without_its_environment_is_a_reason(tmp_path: Path) -> None:
    workload = WorkloadFolder(tmp_path)
    setting = Setting(tmp_path, workload, tmp_path, {}, 0, QUICK, True, print)
    figures, failed = growth._lines(setting, ["a"], ["a b"], 3)
    assert figures == {}
    assert set(failed) == set(CURVES["lines"].systems)
    assert set(failed.values()) == {"its environment is not there"}
