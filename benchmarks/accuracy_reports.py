"""Made-up accuracy reports, for tests."""

from __future__ import annotations

from typing import Any

from drupelet_train.training.scores import wilson_interval


def scores_of(accuracy: float, n: int) -> dict[str, Any]:
    return {
        "n": n,
        "accuracy": accuracy,
        "loss": 0.3,
        "interval_95": list(wilson_interval(accuracy, n)),
        "expected_calibration_error": 0.0123,
    }


def report_of(*systems: tuple[str, str, int, float]) -> dict[str, Any]:
    """A report on systems. Each is a name, a family, a size in bytes and an accuracy on 2,000 reviews."""
    return {
        "schema_version": 1,
        "rows": [
            {
                "name": name,
                "family": family,
                "file": f"{name}.bin",
                "holds": "all of it",
                "bytes": size_bytes,
                "sha256": "0" * 64,
                "scores": {"held_out": scores_of(accuracy, 2000), "rotten_tomatoes": scores_of(0.75, 8530)},
            }
            for name, family, size_bytes, accuracy in systems
        ],
    }
