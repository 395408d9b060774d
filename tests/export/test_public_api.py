"""The public names of drupelet_export, pinned."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import drupelet_export

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_public_names_are_pinned():
    assert drupelet_export.__all__ == [
        "PIPELINE",
        "SCHEME_PASSES",
        "Compiled",
        "EmitError",
        "Export",
        "ExportRequest",
        "ForeignTexts",
        "Given",
        "HeldOut",
        "KerasUnavailableError",
        "ModelDescription",
        "ModelError",
        "OwnerVocabulary",
        "Parity",
        "ParityError",
        "Pass",
        "Settled",
        "Source",
        "TextOptions",
        "check_parity",
        "compile_source",
        "export_bundle",
        "load_held_out",
        "read_foreign_texts",
        "read_owner_vocabulary",
        "read_rules_file",
        "read_run_folder",
        "run_passes",
    ]
    assert all(hasattr(drupelet_export, name) for name in drupelet_export.__all__)
    assert set(drupelet_export.__all__) <= set(dir(drupelet_export))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'drupelet_export' has no attribute 'compile_model'$"):
        drupelet_export.compile_model  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, drupelet_export; print(*({'keras', 'tensorflow', 'numpy', 'onnx', 'rich'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_examples_import_public_names_only(example):
    modules = set()
    for node in ast.walk(ast.parse(example.read_text())):
        if isinstance(node, ast.ImportFrom):
            modules.add(node.module)
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    ours = {module for module in modules if module.startswith("drupelet")}
    assert ours
    assert ours <= {"drupelet", "drupelet_export", "drupelet_train"}
