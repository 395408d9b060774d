"""Tests mirror sources: each module has a test file of its name in the same folder, or a reason why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from drupelet.operations.table import OPERATIONS

ROOT = Path(__file__).parents[2]
SOURCES = {
    "runtime": ROOT / "runtime/src/drupelet",
    "export": ROOT / "export/src/drupelet_export",
    "train": ROOT / "train/src/drupelet_train",
}
"""Folder below tests/ -> the package that it tests."""

EXCEPTIONS = {
    "runtime/__init__.py": "public names, pinned by test_public_api.py",
    "runtime/__main__.py": "starts cli/process.py; cli/test_process.py runs python -m drupelet, and interrupts its start",
    "runtime/bulk/__init__.py": "names the class of bulk/scorer.py",
    "runtime/cli/__init__.py": "names the function of cli/main.py",
    "runtime/engines/__init__.py": "the list of engines; engines/test_engines.py tests it",
    "runtime/engines/protocol.py": "types only, which no module imports at run time; mypy checks them",
    "runtime/run_folder.py": "names of files; tests/export/reading/test_source.py reads them",
    "runtime/text/__init__.py": "the version of Unicode; text/test_unicode_data.py compares it with the tables",
    "runtime/text/unicode_tables.py": "numbers that a program wrote; text/test_unicode_data.py compares them with str",
    "runtime/version.py": "one number; test_public_api.py and tests/project/test_version.py compare it",
    "export/__init__.py": "public names, pinned by test_public_api.py",
    "export/emitters/storage.py": "a value without code; emitters/test_tensor_audit.py shows what each of its fields is for",
    "export/reading/text_options.py": "a value without code; reading/test_keras_reader.py gives it each kind of text",
    "export/passes/__init__.py": "the list of passes; passes/test_pipeline.py and test_compiled.py run it",
    "train/__init__.py": "public names, pinned by test_public_api.py",
}
"""Modules without a test file of their name, and why."""


ONE_FOR_EACH_OPERATION = {
    "export/emitters/onnx_operations",
    "export/model/oracle",
    "export/model/tensorflow_operations",
    "runtime/engines/numpy_operations",
}
"""Folders with a module for each operation. The test_table.py of the folder tries every operation in every case."""


def has_code(module: Path) -> bool:
    """Whether a module is more than a docstring, as the ``__init__.py`` of most folders is not."""
    return len(ast.parse(module.read_text(encoding="utf-8")).body) > 1


def is_of_an_operation(folder: str, module: Path, tests: Path) -> bool:
    """Whether a module is that of an operation in a folder whose table is tested."""
    room = f"{folder}/{module.parent.as_posix()}"
    return room in ONE_FOR_EACH_OPERATION and module.stem in OPERATIONS and (tests / room / "test_table.py").is_file()


def untested(sources: dict[str, Path], tests: Path) -> set[str]:
    """The modules that have code and no test file of their name, as tests/ would name them."""
    return {
        f"{folder}/{module.relative_to(package).as_posix()}"
        for folder, package in sources.items()
        for module in package.rglob("*.py")
        if has_code(module)
        and not (tests / folder / module.relative_to(package).parent / f"test_{module.name}").is_file()
        and not is_of_an_operation(folder, module.relative_to(package), tests)
    }


def test_every_module_has_a_test_file_of_its_name_or_a_reason() -> None:
    found = untested(SOURCES, ROOT / "tests")
    missing, stale = sorted(found - set(EXCEPTIONS)), sorted(set(EXCEPTIONS) - found)
    assert not missing, (
        f"without a test file of their name: {missing}; write one, or say in EXCEPTIONS why there is none"
    )
    assert not stale, f"EXCEPTIONS names {stale}, which have a test file now or are gone: take them out"


@pytest.fixture
def tree(tmp_path: Path) -> dict[str, Path]:
    """A package with a tested module, an untested one, and a folder whose ``__init__.py`` is a docstring."""
    package = tmp_path / "src" / "part"
    (package / "room").mkdir(parents=True)
    (package / "room" / "__init__.py").write_text('"""A room."""\n')
    (package / "room" / "one.py").write_text('"""One."""\nONE = 1\n')
    (package / "two.py").write_text('"""Two."""\nTWO = 2\n')
    tests = tmp_path / "tests" / "part"
    tests.mkdir(parents=True)
    (tests / "test_two.py").touch()
    return {"part": package}


def test_a_module_without_a_test_file_is_found(tree: dict[str, Path], tmp_path: Path) -> None:
    assert untested(tree, tmp_path / "tests") == {"part/room/one.py"}


def test_a_test_file_in_another_folder_does_not_count(tree: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "tests/part/test_one.py").touch()
    assert untested(tree, tmp_path / "tests") == {"part/room/one.py"}
    (tmp_path / "tests/part/room").mkdir()
    (tmp_path / "tests/part/room/test_one.py").touch()
    assert untested(tree, tmp_path / "tests") == set()
