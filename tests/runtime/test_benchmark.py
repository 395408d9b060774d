"""The costs of a tiny bundle: every figure is there, and a figure that cannot be measured has a reason."""

import json
import math

import pytest

from drupelet import benchmark
from drupelet.benchmark import run_benchmark
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import EngineUnavailableError, InputError


@pytest.fixture(autouse=True)
def one_cold_start(monkeypatch):
    monkeypatch.setattr(benchmark, "COLD_STARTS", 1)


@pytest.fixture(scope="module")
def outcome(full_bundle_folder):
    """A tiny bundle on every engine, with one cold start each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark, "COLD_STARTS", 1)
        return run_benchmark(open_bundle(full_bundle_folder))


def test_every_engine_that_runs_is_measured(outcome):
    usable = {name for name, engine in ENGINES.items() if engine.check() is None}
    assert {cost.engine for cost in outcome.costs if cost.reason is None} == usable
    for cost in [cost for cost in outcome.costs if cost.reason is None]:
        assert cost.latency.n == 4  # the held-out texts; the edge suite is no workload
        assert 0 < cost.latency.p50_us <= cost.latency.p95_us
        assert cost.texts_per_s > 0
        assert math.isfinite(cost.cold_start.first_answer_ms)


def test_the_native_engine_needs_less_memory_than_the_others(outcome):
    memory_mb = {cost.engine: cost.cold_start.peak_memory_mb for cost in outcome.costs if cost.cold_start is not None}
    if "native" not in memory_mb:
        pytest.skip(ENGINES["native"].check())
    native_mb = memory_mb.pop("native")
    assert native_mb < 8  # a tenth of the others' libraries
    assert all(native_mb < other_mb for other_mb in memory_mb.values())


def test_json_says_where_and_how(full_bundle, monkeypatch, usable_engines):
    monkeypatch.setattr(ENGINES["onnx"], "check", lambda: "not today", raising=False)
    document = json.loads(json.dumps(run_benchmark(full_bundle, threads=2).to_json(), allow_nan=False))
    assert document["schema_version"] == 1
    assert (document["threads"], document["cold_starts"], document["warm_up_texts"]) == (2, 1, 5)
    (onnx,) = [result for result in document["results"] if result["engine"] == "onnx"]
    assert (onnx["reason"], onnx["latency_us"], onnx["cold_start"], onnx["version"]) == ("not today", None, None, None)
    measured = [result for result in document["results"] if result["engine"] in usable_engines]
    assert len(measured) == len(usable_engines)
    assert set(measured[0]["latency_us"]) == {"p50", "p95", "n", "tokens_mean"}
    assert set(measured[0]["cold_start"]) == {"first_answer_ms", "peak_memory_mb"}


def test_a_named_engine_that_cannot_run_is_an_error(full_bundle, monkeypatch):
    monkeypatch.setattr(ENGINES["onnx"], "check", lambda: "not today", raising=False)
    with pytest.raises(EngineUnavailableError, match=r"engine 'onnx' cannot run: not today"):
        run_benchmark(full_bundle, "onnx")


def test_a_bundle_without_texts_is_refused(bundle_copy, replace_file, edit_manifest):
    edges = [line for line in (bundle_copy / "goldens.jsonl").read_bytes().splitlines(True) if b'"edge"' in line]
    replace_file(bundle_copy, "goldens.jsonl", b"".join(edges))
    with pytest.raises(InputError, match=r"no texts to measure with except edge cases"):
        run_benchmark(open_bundle(bundle_copy), "native")
    edit_manifest(bundle_copy, lambda data: data.update(goldens=None))
    with pytest.raises(InputError, match=r"no texts to measure with; use a bundle that drupelet export wrote"):
        run_benchmark(open_bundle(bundle_copy), "native")


def test_a_process_that_fails_says_why(full_bundle, monkeypatch):
    monkeypatch.setattr(benchmark, "COLD_PROGRAM", "raise SystemExit('out of luck')")
    with pytest.raises(EngineUnavailableError, match=r"a process that loads it on engine '' failed: out of luck"):
        run_benchmark(full_bundle, "native")
