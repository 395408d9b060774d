"""Dependencies point one way, and importing the runtime imports nothing that it does not need."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_import_linter_keeps_its_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    outcome = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert f"Contracts: {len(contracts)} kept, 0 broken" in outcome.stdout


WORKSTATION = {"drupelet_export", "drupelet_train", "keras", "tensorflow", "golden", "device", "pi", "benchmarks"}
"""Packages that need a workstation, and packages of tests that import them."""


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "runtime").rglob("*.py")), ids=lambda path: path.stem)
def test_a_test_of_the_runtime_imports_nothing_of_the_workstation(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imported = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert not WORKSTATION & {name.partition(".")[0] for name in imported}


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
    """The modules imported up to the first answer: those of the standard library, and those of drupelet."""
    outcome = subprocess.run(
        [sys.executable, "-c", WAY_TO_AN_ANSWER, bundle], capture_output=True, text=True, check=True
    )
    modules = set(outcome.stdout.split())
    ours = {name for name in modules if name.partition(".")[0] == "drupelet"}
    return modules - ours, {name.removeprefix("drupelet.") for name in ours}


def test_the_first_answer_of_a_folder_imports_few_modules() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb")
    assert library <= NEEDED
    assert ours == {
        *("drupelet", "_native", "architecture", "bundle", "classifier", "digest", "engines", "engines.native_engine"),
        *("errors", "labels", "manifest", "model_sections", "prediction", "strict_json", "tokenizer", "value"),
    }


def test_the_first_answer_of_a_single_file_imports_few_more_modules() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb" / "model.wi8.drupelet")
    assert library <= NEEDED | NEEDED_FOR_A_SINGLE_FILE
    assert {"encoder", "vocabulary", "zip_bundle", "encoded_session"}.isdisjoint(ours)


def test_importing_drupelet_imports_its_name_and_the_list_of_engines() -> None:
    program = "import sys; before = set(sys.modules); import drupelet; print(*sorted(set(sys.modules) - before))"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["__future__", "drupelet", "drupelet.engines"]
