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


TESTS = ROOT / "tests"
WORKSTATION = {
    *("drupelet_export", "drupelet_train", "keras", "tensorflow", "docs", "tools"),
    *(folder.name for folder in TESTS.iterdir() if folder.is_dir() and folder.name != "runtime"),
}
"""Packages that need a workstation: two distributions, their libraries, the project's tools, the other folders of tests."""


def modules_imported_by(path: Path) -> set[str]:
    """All modules that a file imports by an import statement, in functions too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return imported | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def packages_imported_by(path: Path) -> set[str]:
    """The packages that these modules belong to."""
    return {module.partition(".")[0] for module in modules_imported_by(path)}


def test_the_other_folders_of_tests_need_a_workstation() -> None:
    folders = {"benchmarks", "device", "docs", "export", "fuzz", "golden", "integration", "pi", "project", "train"}
    assert folders <= WORKSTATION


@pytest.mark.parametrize(
    "path", sorted((TESTS / "runtime").rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix()
)
def test_a_test_of_the_runtime_imports_nothing_of_the_workstation(path: Path) -> None:
    """Imports need not be followed: a helper that a file imports is in tests/runtime, so this test checks that file too."""
    assert not WORKSTATION & packages_imported_by(path)
    helpers = [module for module in modules_imported_by(path) if module.partition(".")[0] == "runtime"]
    for place in (TESTS / module.replace(".", "/") for module in helpers):
        assert place.is_dir() or place.with_suffix(".py").is_file()


@pytest.mark.parametrize("code", ["import export.report", "from project.rooms import x", "def f(): import keras.ops"])
def test_an_import_of_the_workstation_is_seen(tmp_path: Path, code: str) -> None:
    (tmp_path / "test_one.py").write_text(code)
    assert WORKSTATION & packages_imported_by(tmp_path / "test_one.py")


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

NEEDED = {"__future__", "_json"}


def imported_on_the_way(bundle: Path) -> tuple[set[str], set[str]]:
    """The modules imported up to the first answer: those of the standard library, and those of drupelet."""
    outcome = subprocess.run(
        [sys.executable, "-c", WAY_TO_AN_ANSWER, bundle], capture_output=True, text=True, check=True
    )
    modules = set(outcome.stdout.split())
    ours = {name for name in modules if name.partition(".")[0] == "drupelet"}
    return modules - ours, {name.removeprefix("drupelet.") for name in ours}


NEEDED_OF_OURS = {
    *("drupelet", "_native", "bundle", "classifier", "engines", "engines.native_engine", "prediction"),
    *("bounded_read", "control_characters", "digest", "errors", "folder_bundle", "regular_file", "schemes", "value"),
    *("manifest", "proof", "strict_json"),
}


def test_the_first_answer_of_a_folder_imports_few_modules() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb")
    assert library <= NEEDED
    assert ours == NEEDED_OF_OURS


def test_the_first_answer_of_a_single_file_imports_no_more() -> None:
    library, ours = imported_on_the_way(ROOT / "artifacts" / "imdb" / "model.wi8.drupelet")
    assert library <= NEEDED
    assert ours == NEEDED_OF_OURS


SLOW_OR_OF_OTHER_COMMANDS = {
    *("dataclasses", "difflib", "hashlib", "importlib.metadata", "inspect", "json", "pathlib", "typing", "zipfile"),
    *(
        "drupelet.benchmark",
        "drupelet.cli.inspect",
        "drupelet.cli.tokens",
        "drupelet.cli.explain",
        "drupelet.explanation",
        "drupelet.following",
        "drupelet.graph",
        "drupelet.verification",
    ),
}


def test_the_command_predict_imports_no_other_command_and_nothing_slow(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a quiet, wonderful film\n")
    program = (
        "import sys; from drupelet.cli.process import run_process; sys.argv[1:1] = ['predict']; assert run_process() == 0\n"
        "print(*sys.modules)"
    )
    arguments = [sys.executable, "-I", "-c", program, str(ROOT / "artifacts" / "imdb")]
    before = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    for texts in (["a quiet, wonderful film"], ["--file", str(tmp_path / "lines")]):
        outcome = subprocess.run([*arguments, *texts], capture_output=True, text=True, check=True)
        label, modules = outcome.stdout.splitlines()
        assert label.startswith("positive")
        assert not SLOW_OR_OF_OTHER_COMMANDS & (set(modules.split()) - set(before.stdout.split()))


def test_importing_drupelet_imports_its_name_and_the_list_of_engines() -> None:
    program = "import sys; before = set(sys.modules); import drupelet; print(*sorted(set(sys.modules) - before))"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["__future__", "drupelet", "drupelet.engines"]
