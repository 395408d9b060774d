"""A report of plausible numbers, with every optional part, as large as the page is designed for."""

from __future__ import annotations

import math
import random
from typing import Any

from drupelet.comparison import GATES, compare
from drupelet.engines import ENGINES
from drupelet.reliability import reliability
from drupelet_export.report.document import difference_histogram
from drupelet_export.report.typed_json import to_json

N = 2000
TYPICAL_DIFFERENCE = {"f32": 1e-7, "f16": 1e-4, "wi8": 3e-3, "wi4": 5e-3}
SIZE_BYTES = {"f32": 4_195_976, "f16": 2_139_000, "wi8": 1_110_000, "wi4": 617_000}
SPEED = {"litert": 1.0, "onnx": 1.6, "native": 0.35, "numpy": 14.0}
SPEED_OF_SCHEME = {"f32": 1.0, "f16": 1.05, "wi8": 0.55, "wi4": 0.6}
REVIEW = (
    "I went in expecting very little, and for the first hour that is what I got: a plot one has seen before, and music that "
    "tells you what to feel. Then the brother comes home. What follows is so quiet and so well acted that I forgave the rest. "
)


def a_histogram(differences: list[float]) -> Any:
    """The JSON of a histogram."""
    return to_json(difference_histogram(differences))


def a_result(engine: str, scheme: str, rng: random.Random, positive: list[float], truth: list[int]) -> dict[str, Any]:
    """A plausible result. Its comparison is computed by the code that compares real answers."""
    file_format = ENGINES[engine].format
    reference, answers, differences = [], [], []
    for p in positive:
        dp = rng.gauss(0, 1) * TYPICAL_DIFFERENCE[scheme] * 4 * p * (1 - p)
        dp = 0.0 if scheme == "f32" and rng.random() < 0.4 else dp
        reference.append([1 - p, p])
        answers.append([1 - p - dp, p + dp])
        differences.append(abs(dp))
    held_out = compare(reference, answers, GATES[scheme], truth)
    edge = compare(reference[:23], answers[:23], GATES[scheme])
    p50 = 1900 * SPEED[engine] * SPEED_OF_SCHEME[scheme]
    return {
        "file": f"model.{scheme}.{file_format}",
        "engine": engine,
        "version": "1.32.0",
        "format": file_format,
        "scheme": scheme,
        "size_bytes": SIZE_BYTES[scheme] + {"litert": 9000, "onnx": -60_000}.get(engine, 0),
        "latency_us": {"p50": p50, "p95": p50 * 1.9, "n": 300, "tokens_mean": 231.4},
        "passed": held_out.passed and edge.passed,
        "not_run_because": None,
        "suites": {"held_out": held_out.to_json(), "edge": edge.to_json()},
        "histogram": a_histogram(differences),
        "reliability": reliability(answers, truth).to_json(),
    }


def a_report() -> dict[str, Any]:
    """The JSON of a document: 3 formats x 4 schemes, those of the native engine on two engines; one file fails a gate."""
    rng = random.Random(7)  # noqa: S311 - plausible numbers, no secrets
    positive = [1 / (1 + math.exp(-rng.gauss(0, 3.2))) for _ in range(N)]
    truth = [int(rng.random() < p) for p in positive]
    results = [a_result(engine, scheme, rng, positive, truth) for engine in SPEED for scheme in SIZE_BYTES]
    native = next(result for result in results if result["file"] == "model.wi4.drupelet")
    native["suites"]["held_out"]["failures"] = ["9 of 2000 labels flipped, allowed 0.3%"]
    native["suites"]["held_out"].update(passed=False, flips=9)
    native["passed"] = False
    results[7].update(suites={}, histogram=None, reliability=None, latency_us=None, passed=None, version=None)
    results[7]["not_run_because"] = "onnxruntime 1.32.0 has no kernel for MatMulNBits on this processor"
    quantized = [r for r in results if r["scheme"] in ("wi8", "wi4")]
    return {
        "schema_version": 1,
        "bundle": "build/imdb",
        "passed": False,
        "findings": [],
        "text_checks": [
            {"name": "unreachable-words", "verdict": "noted", "found": "no text can give 2 of the 20,000 words of the "
             "vocabulary by these text rules (0.0%): '\\x85', '<br'", "advice": None},
            {"name": "unknown-words", "verdict": "passed", "found": "the model knows 451,233 of the 467,800 words of the "
             "texts given (96.5%)", "advice": None},
            {"name": "accuracy", "verdict": "accepted", "found": "accuracy 0.480 on 2,000 texts with labels; to answer "
             "'positive' always has 0.500: expected a model that is better than that", "advice": "check the labels"},
        ],
        "results": results,
        "name": "imdb",
        "created_by": "drupelet-export 0.2.0",
        "network": ["embedding 20000 x 50", "lstm 64 forward", "last step", "dense 2", "softmax"],
        "labels": ["negative", "positive"],
        "source": {"model": "model.keras", "sha256": "890c96292bd3a75e" * 4, "data": "imdb", "keras": "3.15.1",
                   "tensorflow": "2.21.0"},
        "machine": {"processor": "Cortex-A76, 4 cores, dotprod", "python": "3.11.2", "system": "Linux 6.6 aarch64"},
        "reference_reliability": reliability([[1 - p, p] for p in positive], truth).to_json(),
        "flipped": [
            {"name": f"review {n}", "text": (REVIEW * (n * n + 1))[:1500], "characters": len(REVIEW) * (n * n + 1),
             "label": "positive", "keras": {"label": "positive", "probability": 0.5021 + n / 1e4},
             "answers": [
                {"file": result["file"], "engine": result["engine"], "label": "negative", "probability": 0.5008 + n / 1e4}
                for result in quantized[n : n + 3]
             ]}
            for n in range(4)
        ],
        "ledger": {
            result["file"]: {
                "embedding": int(result["size_bytes"] * 0.93), "recurrent": int(result["size_bytes"] * 0.03),
                "vocabulary": 76_319, "head": 520, "container": 2200,
            }
            for result in results
        },
        "explanation": [
            {"scheme": scheme, "tensor": tensor, "max_dp": cost * factor, "mean_dp": cost * factor / 14, "flips": flips}
            for scheme, factor in (("wi8", 1), ("wi4", 2.5))
            for tensor, cost, flips in (("embedding.table", 0.0041, 2), ("lstm_0.kernel", 0.0022, 1),
                                        ("lstm_0.recurrent_kernel", 0.0063, 3), ("dense_0.kernel", 0.0002, 0))
        ] + [{"scheme": "wi8", "stage": "pooling", "relative_error": 0.006}],
        "pruning": [
            {"words": words, "size_bytes": words * 54 + 130_000, "accuracy": 0.871 - 40 / words, "flips": 90_000 // words}
            for words in (1000, 2000, 5000, 10_000, 20_000)
        ],
    }  # fmt: skip
