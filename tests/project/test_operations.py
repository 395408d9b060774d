"""Every side has an entry and a file for each operation, in the order of the runtime's table: a missing one is named here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from drupelet.engines.numpy_operations.table import FUNCTIONS, function_of
from drupelet.operations.table import OPERATIONS, operation_class
from drupelet_export.emitters.onnx_operations.table import WRITERS
from drupelet_export.model.oracle.table import ORACLES
from drupelet_export.model.tensorflow_operations.table import TENSORFLOW_OPERATIONS
from runtime.operation_cases import CASES
from runtime.oracle_operations import OPERATIONS as TEST_ORACLES

ROOT = Path(__file__).parents[2]
CSRC = ROOT / "runtime/csrc"
EXPORT = ROOT / "export/src/drupelet_export"

TABLES: dict[str, tuple[Mapping[str, Any], str]] = {
    "numpy": (FUNCTIONS, "runtime/src/drupelet/engines/numpy_operations"),
    "oracle": (ORACLES, "export/src/drupelet_export/model/oracle"),
    "ONNX": (WRITERS, "export/src/drupelet_export/emitters/onnx_operations"),
    "TFLite": (TENSORFLOW_OPERATIONS, "export/src/drupelet_export/model/tensorflow_operations"),
}
"""Side -> its table, and the folder that has a file for each operation."""

SHARED = {
    "runtime/src/drupelet/operations": {"activation_names", "operation", "table", "value_type"},
    "runtime/src/drupelet/engines/numpy_operations": {"table"},
    "export/src/drupelet_export/model/oracle": {"call", "table"},
    "export/src/drupelet_export/emitters/onnx_operations": {"onnx_graph", "recurrent_scan", "table"},
    "export/src/drupelet_export/model/tensorflow_operations": {"call", "empty_text", "table"},
}
"""Folder -> its modules that are of no single operation."""


def operations_of_kernel() -> list[str]:
    """The names in the table of the kernel, whose place is the code of an operation."""
    return re.findall(r"^DRP_PRESENT\((\w+)\)$", (CSRC / "operation_table.h").read_text(encoding="utf-8"), re.MULTILINE)


def imports_of(modules: Iterable[Path]) -> set[str]:
    """The names of all modules that the files import from."""
    trees = [ast.parse(module.read_text(encoding="utf-8")) for module in modules]
    return {
        node.module for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }


@pytest.mark.parametrize("folder", SHARED)
def test_every_operation_has_a_file_and_no_other_file_is_there(folder: str) -> None:
    found = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert found == set(OPERATIONS) | SHARED[folder]


@pytest.mark.parametrize("side", TABLES)
def test_the_table_of_a_side_has_every_operation_in_order(side: str) -> None:
    assert list(TABLES[side][0]) == list(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_entry_is_from_the_file_of_its_operation(name: str) -> None:
    entries = {side: table[name] for side, (table, _) in TABLES.items()} | {"numpy": function_of(name)}
    for side, entry in entries.items():
        folder = TABLES[side][1].partition("/src/")[2].replace("/", ".")
        assert entry.__module__ == f"{folder}.{name}", side
    assert operation_class(name).__module__ == f"drupelet.operations.{name}"


def test_the_kernel_has_every_operation_in_the_order_of_the_codes() -> None:
    assert operations_of_kernel() == list(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_kernel_has_a_file_of_each_operation(name: str) -> None:
    text = (CSRC / f"op_{name}.c").read_text(encoding="utf-8")
    found = re.findall(r"^const drp_operation (\w+) = \{\s*\.name = \"(\w+)\"", text, re.MULTILINE)
    assert found == [(f"drp_op_{name}", name)]


def test_the_tests_of_the_runtime_have_an_oracle_and_a_case_for_each_operation() -> None:
    assert set(TEST_ORACLES) == set(OPERATIONS)
    assert {node.operation.name for graph in CASES.values() for node in graph.nodes} == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_layer_of_keras_or_a_pass_makes_each_operation(name: str) -> None:
    makers = [*(EXPORT / "reading").rglob("*.py"), *(EXPORT / "passes").rglob("*.py")]
    assert f"drupelet.operations.{name}" in imports_of(makers)


def test_the_page_on_formats_has_every_operation_with_its_code() -> None:
    page = (ROOT / "docs/format.md").read_text(encoding="utf-8")
    table = page.partition("\n### Operations\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| (\d+) \| `(\w+)` \|", table, re.MULTILINE) == [
        (str(code), name) for code, name in enumerate(OPERATIONS)
    ]


def test_the_page_on_operations_names_the_folders() -> None:
    page = (ROOT / "docs/adding_an_operation.md").read_text(encoding="utf-8")
    for folder in SHARED:
        assert f"`{folder}/NAME.py`" in page
    assert "`runtime/csrc/op_NAME.c`" in page
