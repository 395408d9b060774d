"""A small report for tests of the page, the headline and the pictures."""

from __future__ import annotations

from typing import Any

from benchmarks.compare.curves import CURVES


def row(key: str, title: str, family: str, us: float, **other: Any) -> dict[str, Any]:
    """A row with every figure; ``us`` is the time of a review in each of two rounds, the second a tenth longer."""
    rounds = [us, us * 1.1]
    single = {
        name: {
            "p50_us": us * share,
            "p95_us": us,
            "rounds_us": rounds,
            "calls": 8,
            "cpu_share": share,
            "ratio": {"median": us / 100, "lowest": us / 101, "highest": us / 99},
        }
        for name, share in (("20", 0.1), ("review", 1.0))
    }
    rate = {"median": 1e6 / us, "lowest": 9e5 / us, "highest": 1.1e6 / us}
    return {
        "key": key,
        "title": title,
        "family": family,
        "settings": "as it is",
        "environment": "here",
        "failed": None,
        "about": "one text a run",
        "packages": {"numpy": "1.0", "other": "2.0"},
        "installed_bytes": 705_830,
        "model_bytes": 1_067_656,
        "single": single,
        "batch": {"20": {"one": rate, "all": rate}, "review": {"one": rate}},
        "start_ms": {"median": 5.0, "lower_quarter": 4.0, "upper_quarter": 6.0},
        "memory_mb": {"first": 2.0, "after": 3.0},
        "accuracy": {"accuracy": 0.888, "interval_95": [0.873, 0.901], "n": 2000},
        **other,
    }


def report() -> dict[str, Any]:
    """Two of ours, two elsewhere, one of them failed, and two readers of fastText's model."""
    failed = {
        "key": "broken", "title": "Broken | engine", "family": "network", "settings": "as it is", "environment": "here",
        "failed": "not installed: no such package",
    }  # fmt: skip
    point = {"median": 2.0, "lowest": 1.0, "highest": 3.0}
    return {
        "schema_version": 1,
        "quick": False,
        "machine": {
            "cpu": "A processor", "cpu_family": "26", "cpu_model": "2", "architecture": "x86_64", "features": ["avx2", "fma"],
            "cores": 2, "system": "Linux 1.0", "python": "3.11.7",
        },
        "engine": "drupelet 0.1.0, avx2",
        "method": {
            "core": 1, "cores": 2, "rounds": 2, "batch_rounds": 2, "starts": 3, "remembered": 20, "load_average": [0.5, 1.5],
            "seconds": 600, "reference": "drupelet-wi8",
        },
        "peers": [
            row("drupelet-wi8", "Ours", "drupelet", 100.0),
            row("drupelet-tiny", "Tiny", "drupelet", 40.0),
            row("elsewhere", "Elsewhere", "network", 500.0, single_all_cores={"review": {"p50_us": 600.0}}),
            row("quicker", "Quicker elsewhere", "network", 400.0),
            failed,
            row("fasttext-predict", "Reader", "other", 50.0),
            row("fasttext-turbo", "Quick reader", "other", 40.0),
        ],
        "growth": {
            name: {
                "values": [1, 20, 300],
                "points": {key: [point, None, point] for key in curve.systems},
                "failed": {"onnxruntime-f32": "it broke"},
            }
            for name, curve in CURVES.items()
        },
    }  # fmt: skip
