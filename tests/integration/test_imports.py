"""Dependencies point one way, and importing the runtime costs nothing that it does not need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Breach:
    """An import that a contract forbids: the line, the module that gets it, and what the linter has to name."""

    module: str
    line: str
    named: tuple[str, ...]


BREACHES = (
    Breach("drupelet/version.py", "import drupelet_export.exporter", ("drupelet.version", "drupelet_export.exporter")),
    Breach("drupelet/bundle.py", "from drupelet.classifier import load", ("drupelet.bundle", "drupelet.classifier")),
    Breach(
        "drupelet/engines/smoke_test.py",
        "def later(): from drupelet.smoke_test_process import main",
        ("drupelet.engines", "drupelet.smoke_test_process"),
    ),
    Breach(
        "drupelet/engines/onnx_engine.py",
        "from drupelet.engines.numpy_engine import NumpyEngine",
        ("drupelet.engines.onnx_engine", "drupelet.engines.numpy_engine"),
    ),
    Breach("drupelet/cli/table.py", "from drupelet.cli import bench", ("drupelet.cli.table", "drupelet.cli.bench")),
    Breach("drupelet/errors.py", "from drupelet import value, tokenizer", ("drupelet.errors", "drupelet.tokenizer")),
)


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit status and output of import-linter on the sources in this folder, with the pyproject.toml of that folder."""
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    sources = os.pathsep.join(str(folder / name / "src") for name in ("runtime", "export", "train"))
    command = [sys.executable, "-c", program, "--no-cache"]
    outcome = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": sources, "COLUMNS": "300"}, capture_output=True, text=True
    )
    return outcome.returncode, outcome.stdout + outcome.stderr


def test_import_linter_keeps_its_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    status, said = lint_imports(ROOT)
    assert status == 0, said
    assert f"Contracts: {len(contracts)} kept, 0 broken" in said


@pytest.fixture(scope="module")
def copied_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the three distributions' Python, for imports that no contract allows."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for source in ROOT.glob("*/src/**/*.py"):
        target = folder / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return folder


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.module}: {breach.line}")
def test_import_linter_finds_an_import_against_the_order(copied_sources: Path, breach: Breach) -> None:
    (module,) = copied_sources.glob(f"*/src/{breach.module}")
    sound = module.read_text()
    module.write_text(f"{sound}\n{breach.line}\n")
    try:
        status, said = lint_imports(copied_sources)
    finally:
        module.write_text(sound)
    assert status == 1, said
    assert "BROKEN" in said
    for name in breach.named:
        assert name in said.partition("Broken contracts")[2]


def test_import_linter_finds_a_module_that_no_layer_has(copied_sources: Path) -> None:
    stray = copied_sources / "runtime" / "src" / "drupelet" / "stray.py"
    stray.touch()
    try:
        status, said = lint_imports(copied_sources)
    finally:
        stray.unlink()
    assert status == 1, said
    assert "drupelet.stray" in said.partition("Broken contracts")[2], said


def test_importing_the_runtime_imports_the_standard_library_only() -> None:
    program = (
        "import sys; before = set(sys.modules); import drupelet, drupelet.cli; print(*(set(sys.modules) - before))"
    )
    outcome = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in outcome.stdout.split()}
    assert imported - set(sys.stdlib_module_names) == {"drupelet"}


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    program = (
        "import sys; from drupelet.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*({'keras', 'tensorflow', 'numpy', 'onnx'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert all(command in outcome.stdout for command in ("train", "export", "parity", "verify", "predict"))
    assert outcome.stdout.splitlines()[-1] == ""


WAY_TO_AN_ANSWER = """
import sys
before = set(sys.modules)
import drupelet
classifier = drupelet.load(sys.argv[1])
assert classifier("a quiet, wonderful film").label == "positive"
assert classifier.engine == "native"
print(*sorted(set(sys.modules) - before))
"""

NEEDED = {"__future__", "_json", "_sha2", "_sha256", "_struct", "errno", "itertools", "struct"}
NEEDED_FOR_A_SINGLE_FILE = {"math", "zlib"}


def imported_on_the_way(bundle: Path) -> tuple[set[str], set[str]]:
    """What is imported from import to answer: modules of the standard library, modules of drupelet."""
    outcome = subprocess.run(
        [sys.executable, "-c", WAY_TO_AN_ANSWER, bundle], capture_output=True, text=True, check=True
    )
    modules = set(outcome.stdout.split())
    ours = {name for name in modules if name.partition(".")[0] == "drupelet"}
    return modules - ours, {name.removeprefix("drupelet.") for name in ours}


def test_the_first_answer_of_a_folder_imports_next_to_nothing() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb")
    assert library <= NEEDED
    assert ours == {
        *("drupelet", "_native", "architecture", "bundle", "classifier", "digest", "engines", "engines.native_engine"),
        *("errors", "labels", "manifest", "model_sections", "prediction", "strict_json", "tokenizer", "value"),
    }


def test_the_first_answer_of_a_single_file_imports_little_more() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb" / "model.wi8.drupelet")
    assert library <= NEEDED | NEEDED_FOR_A_SINGLE_FILE
    assert {"encoder", "vocabulary", "zip_bundle", "encoded_session"}.isdisjoint(ours)


def test_importing_drupelet_imports_its_name_and_the_list_of_engines() -> None:
    program = "import sys; before = set(sys.modules); import drupelet; print(*sorted(set(sys.modules) - before))"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["__future__", "drupelet", "drupelet.engines"]
