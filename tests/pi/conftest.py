from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pi.fakes import FakePlace, verified
from pi.rounds import STREAMED_LABELS


@pytest.fixture
def place(tmp_path: Path) -> FakePlace:
    return FakePlace(tmp_path)


@pytest.fixture
def healthy(place: FakePlace) -> FakePlace:
    """A fake place in which everything works."""
    engines = ("native", "litert", "onnx", "numpy")
    place.answers = {
        " doctor ": {
            "python": "3.11.2",
            "machine": "aarch64",
            "engines": [{"engine": name, "reason": None, "version": f"{name} 1.0, neon"} for name in engines],
        },
        "verify_bundles.py": verified,
        " predict ": subprocess.CompletedProcess([], 0, "".join(f"{label}\t0.9\n" for label in STREAMED_LABELS), ""),
        "tiers()": ["scalar", "neon"],
        "answer_networks.py": {"lstm.f32.drupelet": [["0x1p-1", "0x1p-1"]]},
    }
    return place
