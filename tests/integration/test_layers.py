"""The contracts of import-linter fail when a module imports a module above it, and the failure names both modules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("runtime/src", "export/src", "train/src")
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


@pytest.fixture
def copy(tmp_path):
    """A copy of the Python sources and of the contracts."""
    for source in SOURCES:
        shutil.copytree(
            ROOT / source,
            tmp_path / source,
            ignore=shutil.ignore_patterns("__pycache__", "*.so", "kernel", "*.egg-info"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(folder / source) for source in SOURCES)
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def test_the_unchanged_copy_keeps_every_contract(copy):
    outcome = lint_imports(copy)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert " 0 broken" in outcome.stdout


UPWARDS = [
    ("runtime/src/drupelet/version.py", "drupelet_export.exporter"),
    ("runtime/src/drupelet/bundle.py", "drupelet.classifier"),
    ("runtime/src/drupelet/engines/smoke_test.py", "drupelet.smoke_test_process"),
    ("runtime/src/drupelet/engines/onnx_engine.py", "drupelet.engines.numpy_engine"),
    ("runtime/src/drupelet/cli/table.py", "drupelet.cli.bench"),
    ("runtime/src/drupelet/errors.py", "drupelet.value"),
    ("export/src/drupelet_export/model/quantized.py", "drupelet_export.parity.check"),
    ("export/src/drupelet_export/passes/rounding.py", "drupelet_export.emitters.onnx"),
    ("export/src/drupelet_export/report/table.py", "drupelet_export.exporter"),
    ("export/src/drupelet_export/executable/targets.py", "drupelet_export.reading.source"),
    ("export/src/drupelet_export/report/typed_json.py", "drupelet_export.report.page"),
    ("train/src/drupelet_train/words/vocabulary.py", "drupelet_train.training.loop"),
    ("train/src/drupelet_train/network/embedding.py", "drupelet_train.teaching.lessons"),
    ("train/src/drupelet_train/corpora/labelled_file.py", "drupelet_train.config"),
]


@pytest.mark.parametrize(("file", "imported"), UPWARDS, ids=lambda value: Path(value).stem)
def test_an_import_upwards_is_found_and_both_modules_are_named(copy, file, imported):
    broken = copy / file
    broken.write_text(broken.read_text() + f"\n\ndef _upwards() -> None:\n    import {imported}\n")
    outcome = lint_imports(copy)
    assert outcome.returncode == 1
    importer = file.split("/src/")[1].removesuffix(".py").replace("/", ".")
    pairs = zip(importer.split("."), imported.split("."), strict=False)
    shared = next(depth for depth, (a, b) in enumerate(pairs) if a != b)
    room, other = (".".join(module.split(".")[: shared + 1]) for module in (importer, imported))
    assert f"{room} is not allowed to import {other}" in outcome.stdout
    assert f"{importer} -> {imported}" in outcome.stdout


PACKAGES = [
    "runtime/src/drupelet",
    "runtime/src/drupelet/cli",
    "export/src/drupelet_export",
    "train/src/drupelet_train",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_that_no_layer_names_is_found(copy, package):
    (copy / package / "helpers.py").write_text('"""A module that no layer names."""\n')
    outcome = lint_imports(copy)
    assert outcome.returncode == 1
    assert "helpers" in outcome.stdout


CIRCLES = [
    ("drupelet_export.emitters", "storage", "emission"),
    ("drupelet_train.corpora", "splits", "corpus"),
]


@pytest.mark.parametrize(("package", "lower", "upper"), CIRCLES)
def test_a_circle_inside_a_room_is_found_and_both_modules_are_named(copy, package, lower, upper):
    distribution = package.split(".")[0].partition("_")[2]
    broken = copy / distribution / "src" / package.replace(".", "/") / f"{lower}.py"
    broken.write_text(broken.read_text() + f"\n\ndef _circle() -> None:\n    import {package}.{upper}\n")
    outcome = lint_imports(copy)
    assert outcome.returncode == 1
    assert f"no circles inside {package.split('.')[0]} BROKEN" in outcome.stdout
    assert f"{package}.{lower}" in outcome.stdout or f".{lower} -> .{upper}" in outcome.stdout, outcome.stdout
