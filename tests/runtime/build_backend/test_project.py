"""The project's metadata: pyproject.toml is read as a reader of TOML reads it, and METADATA says the same."""

from __future__ import annotations

import importlib.util
import sys
from email.parser import HeaderParser
from pathlib import Path

import pytest

from drupelet import __version__
from drupelet_build.project import read_project, read_tables, version_of

RUNTIME = Path(__file__).parents[3] / "runtime"


def test_the_project_is_read_as_toml_is() -> None:
    if importlib.util.find_spec("tomllib") is None:
        pytest.skip(f"Python {sys.version_info[0]}.{sys.version_info[1]} has no reader of TOML")
    import tomllib

    text = (RUNTIME / "pyproject.toml").read_text(encoding="utf-8")
    expected = tomllib.loads(text)["project"]
    extras, scripts = expected.pop("optional-dependencies"), expected.pop("scripts")
    assert read_tables(text) == {
        "project": expected,
        "project.optional-dependencies": extras,
        "project.scripts": scripts,
    }


def test_lists_over_lines_and_comments_are_read_and_other_tables_are_not() -> None:
    text = '[project] # a\na = [ # b\n  "x#y", # c\n\n  "z",\n] # d\n# e\n\n[tool]\nt = { u = 1 }\n'
    assert read_tables(text) == {"project": {"a": ["x#y", "z"]}}


@pytest.mark.parametrize("line", ["a = { b = 1 }", 'a = ["b"', "a = true"])
def test_what_is_no_string_and_no_list_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"pyproject\.toml: a = .*: expected a string or a list of strings"):
        read_tables(f"[project]\n{line}\n")


def test_metadata_has_each_field_of_the_project() -> None:
    project = read_project(RUNTIME)
    found = HeaderParser().parsestr(project.metadata())
    assert (found["Metadata-Version"], found["Name"], found["Version"]) == ("2.4", "drupelet", __version__)
    assert found["License-Expression"] == "Apache-2.0 AND Unicode-3.0"
    assert found.get_all("License-File") == ["LICENSE", "LICENSE-Unicode-3.0"]
    assert found["Requires-Python"] == ">=3.9"
    assert found.get_all("Provides-Extra") == [
        "numpy",
        "onnx",
        "litert",
        "serve",
        "completion",
        "parquet",
        "ray",
        "all",
    ]
    required = found.get_all("Requires-Dist") or []
    assert all(" extra == " in line for line in required)
    assert 'numpy>=1.24; extra == "numpy"' in required
    assert "tflite-runtime>=2.14; (python_version < '3.10') and extra == \"litert\"" in required
    assert found.get_payload() == (RUNTIME / "README.md").read_text(encoding="utf-8")


def test_packaging_understands_the_metadata() -> None:
    metadata = pytest.importorskip("packaging.metadata")
    found = metadata.Metadata.from_email(read_project(RUNTIME).metadata(), validate=True)
    assert {str(one.marker) for one in found.requires_dist if one.name == "ai-edge-litert"} == {
        'python_version >= "3.10" and extra == "litert"'
    }


def test_the_command_is_an_entry_point() -> None:
    assert read_project(RUNTIME).entry_points() == "[console_scripts]\ndrupelet = drupelet.__main__:main\n"


def test_a_version_file_without_a_version_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "version.py").write_text("version = 1\n")
    with pytest.raises(ValueError, match=r"version\.py: no line '__version__ = "):
        version_of(tmp_path / "version.py")
