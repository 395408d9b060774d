"""Any damage to a model file is a finding of parity, and never an error of a library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from drupelet.bundle import open_bundle
from drupelet_export.parity.check import check_parity

ENGINES = {"onnx": "onnx", "tflite": "litert", "drupelet": "numpy"}


@pytest.mark.parametrize("damage", ["half", "empty", "first byte", "garbage"])
@pytest.mark.parametrize("suffix", list(ENGINES))
@pytest.mark.parametrize("named", [False, True], ids=["every engine", "its engine"])
def test_a_damaged_file_is_found(
    exported: Any, source: Any, tmp_path: Path, suffix: str, named: bool, damage: str
) -> None:
    shutil.copytree(exported.bundle.path, tmp_path / "bundle")
    path = tmp_path / "bundle" / f"model.f32.{suffix}"
    content = path.read_bytes()
    damaged = {
        "half": content[: len(content) // 2],
        "empty": b"",
        "first byte": bytes([content[0] ^ 0xFF]) + content[1:],
        "garbage": b"\xff" * 100,
    }
    path.write_bytes(damaged[damage])
    engine = ENGINES[suffix] if named else None
    verification = check_parity(open_bundle(tmp_path / "bundle"), source, engine).verification
    assert not verification.passed
    assert any(path.name in finding for finding in verification.findings)
