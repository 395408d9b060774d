"""The floors that make test-floor installs are those of the distributions."""

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from tools import floors as floors_module
from tools.floors import floors

ROOT = Path(__file__).parents[2]


def test_floors_are_those_of_the_distributions():
    found = floors()
    assert {"keras", "tensorflow", "onnx", "onnxruntime", "numpy"} <= found.keys()
    assert found["numpy"] >= Version("1.26")  # export needs a newer one than the runtime
    assert not any(name.startswith("drupelet") for name in found)


def test_train_and_export_need_the_same_keras():
    export, train = floors(("export",)), floors(("train",))
    assert {name: export[name] for name in ("keras", "tensorflow", "numpy")} == {
        name: train[name] for name in ("keras", "tensorflow", "numpy")
    }


def test_a_requirement_without_a_floor_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "pyproject.toml").write_text(
        '[project]\n[tool.hatch.metadata.hooks.custom]\ndependencies = ["keras<4"]\n'
    )
    monkeypatch.setattr(floors_module, "ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"export/pyproject.toml: keras<4 has 0 floors, expected one >= or =="):
        floors(("export",))


def test_the_command_prints_requirements_of_pip():
    ran = subprocess.run(
        [sys.executable, "tools/floors.py", "runtime"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "onnxruntime==1.15" in ran.stdout.splitlines()
